// From a command to its response, in the order of Part 3, 5: header, mode, handles, sessions, authorizations, parameter
// decryption, unmarshalling, the command itself; then response parameters, audit and the sessions of the response.
import {
  CC_NO_SESSIONS,
  commandFlags,
  commandIndex as indexOfCommand,
  handleCount,
  responseHandleCount,
} from "../generated/commandTable";
import { run, unmarshalHandles, unmarshalParameters } from "../generated/commands";
import {
  TPM_CC_ContextLoad,
  TPM_CC_Startup,
  TPM_RC_AUTH_CONTEXT,
  TPM_RC_AUTHSIZE,
  TPM_RC_COMMAND_CODE,
  TPM_RC_COMMAND_SIZE,
  TPM_RC_FAILURE,
  TPM_RC_INITIALIZE,
  TPM_RC_INSUFFICIENT,
  TPM_RC_NV_UNAVAILABLE,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_ST_NO_SESSIONS,
  TPM_ST_SESSIONS,
} from "../generated/constants";
import {
  REFUSAL_ALREADY_STARTED,
  REFUSAL_AUTHORIZATION_SHORT,
  REFUSAL_AUTHORIZATION_SIZE,
  REFUSAL_COMMAND_UNKNOWN,
  REFUSAL_FAILURE_MODE,
  REFUSAL_HANDLE_VALUE,
  REFUSAL_HEADER_SHORT,
  REFUSAL_HEADER_SIZE,
  REFUSAL_HEADER_TAG,
  REFUSAL_NOT_STARTED,
  REFUSAL_PARAMETER_SURPLUS,
  REFUSAL_PARAMETER_VALUE,
  REFUSAL_SESSIONS_FORBIDDEN,
  REFUSAL_STORE_REFUSED,
} from "../generated/refusals";
import {
  commandBuffer,
  commandCode,
  commandIndex,
  commandSize,
  forgetRefusal,
  get16,
  get32,
  handleAt,
  hasSessions,
  parametersAt,
  parametersSize,
  put32,
  rcSession,
  readerPosition,
  readerRemaining,
  readerStart,
  refuse,
  requestCancel,
  responseBuffer,
  scratchWipe,
  setCommand,
  setHeader,
  setParameters,
  settleRefusal,
  startCommand,
  startSlice,
  UNFINISHED,
  writeFrom,
  writeHeader,
  written,
} from "../base/index";
import {
  allTested,
  executeInFailureMode,
  failureLocation,
  inFailureMode,
  rcOfTag,
  runUntested,
} from "./algorithms/index";
import {
  auditResponse,
  checkNoSessions,
  checkSessions,
  decryptParameter,
  decryptSession,
  encryptParameter,
  encryptSession,
  entityLoadStatus,
  forgetHashes,
  isPassword,
  NONE,
  noSessions,
  parseSessions,
  respondPassword,
  respondSession,
  rollNonce,
  sessionCount,
} from "./authorization/index";
import { flushEvicts, flushUsedUp, forgetRsaKeys } from "./objects/index";
import { endDrtm, selfHeal, updateClock } from "./platform/index";
import { OBJECT_CONTEXT_SIZE } from "./protection/index";
import { beginCommand, rollBack, STARTED } from "./state/index";

/** Tag, size and code of a command; tag, size and response code of a response. */
const HEADER: u32 = 10;
/** Handle, nonce size, attributes and HMAC size: the least that a session takes. */
const SMALLEST_SESSION: u32 = 9;

let running: bool = false;

/** Runs the command in commandBuffer. Returns the size of the response, or 0 when `step` must go on. */
export function execute(size: u32, locality: u32): u32 {
  setCommand(size, locality);
  startCommand();
  forgetRefusal();
  beginCommand();
  if (inFailureMode()) return end(executeInFailureMode(commandSize));
  if (load<u8>(STARTED)) {
    updateClock();
    selfHeal();
  }
  endDrtm();
  const rc = prepare();
  if (rc != TPM_RC_SUCCESS) return finish(rc);
  running = true;
  return goOn();
}

/** One more slice. */
export function step(): u32 {
  if (!running) return 0;
  startSlice();
  return goOn();
}

export function cancel(): void {
  if (running) requestCancel();
}

/**
 * Between two commands: one of the self-tests that are still to be done. False when there are none, and before
 * TPM2_Startup, during a command and in failure mode, which a test that fails brings about.
 */
export function testInBackground(): bool {
  if (running || inFailureMode() || !load<u8>(STARTED) || allTested()) return false;
  startCommand();
  const rc = runUntested();
  scratchWipe();
  return rc == UNFINISHED;
}

/** _TPM_Init: a command in execution is lost, and what was kept beside the loaded objects. */
export function abandon(): void {
  running = false;
  scratchWipe();
  forgetRsaKeys();
}

/** The store could not take the change: everything is as before the command. Returns the size of the response. */
export function commitFailed(): u32 {
  const size = get32(responseBuffer + 2);
  const failed = rollBack();
  // The copy that went back may have held objects in slots that are free now, and the other way round.
  flushEvicts();
  forgetRsaKeys();
  if (!failed) return size;
  return writeHeader(TPM_ST_NO_SESSIONS, HEADER, refuse(TPM_RC_NV_UNAVAILABLE, REFUSAL_STORE_REFUSED));
}

function goOn(): u32 {
  const rc = run(commandIndex);
  if (rc == UNFINISHED) return 0;
  running = false;
  if (!inFailureMode()) return finish(rc);
  // A self-test on the way failed: what the command did rests on an algorithm that is broken.
  rollBack();
  return finish(refuse(TPM_RC_FAILURE, REFUSAL_FAILURE_MODE, failureLocation));
}

function finish(rc: u32): u32 {
  if (rc == TPM_RC_SUCCESS) {
    // A check that failed was got over.
    forgetRefusal();
    return end(respond());
  }
  settleRefusal(rc);
  return end(writeHeader(TPM_ST_NO_SESSIONS, HEADER, rc));
}

/** Nothing of the command stays: neither its parameters nor what it worked with. */
function end(size: u32): u32 {
  flushEvicts();
  memory.fill(commandBuffer, 0, commandSize);
  scratchWipe();
  noSessions();
  return size;
}

/** Everything before the command's own checks. */
function prepare(): u32 {
  let rc = checkHeader();
  if (rc != TPM_RC_SUCCESS) return rc;
  const commandEnd = commandBuffer + commandSize;
  readerStart(commandBuffer + HEADER, commandSize - HEADER);
  rc = unmarshalHandles(commandIndex);
  if (rc != TPM_RC_SUCCESS) return refuse(rc, REFUSAL_HANDLE_VALUE, stoppedAt());
  for (let i: u32 = 0; i < handleCount(commandIndex); i++) {
    rc = entityLoadStatus(handleAt(i), i + 1);
    if (rc != TPM_RC_SUCCESS) return rc;
  }
  forgetHashes();
  noSessions();
  let at = commandEnd - readerRemaining();
  if (hasSessions) {
    if (commandEnd - at < 4)
      return refuse(TPM_RC_INSUFFICIENT, REFUSAL_AUTHORIZATION_SHORT, (commandEnd - at) as u32);
    const authorizationSize = get32(at);
    at += 4;
    const left = (commandEnd - at) as u32;
    if (authorizationSize < SMALLEST_SESSION || authorizationSize > left)
      return refuse(TPM_RC_AUTHSIZE, REFUSAL_AUTHORIZATION_SIZE, authorizationSize, left);
    if (commandFlags(commandIndex) & CC_NO_SESSIONS)
      return refuse(TPM_RC_AUTH_CONTEXT, REFUSAL_SESSIONS_FORBIDDEN, commandCode);
    const sessionsEnd = at + authorizationSize;
    setParameters(sessionsEnd, (commandEnd - sessionsEnd) as u32);
    rc = parseSessions(commandIndex, at, sessionsEnd);
    if (rc == TPM_RC_SUCCESS) rc = checkSessions();
    if (rc != TPM_RC_SUCCESS) return rc;
    if (decryptSession != NONE) {
      rc = decryptParameter(decryptSession, parametersAt, parametersSize);
      if (rc != TPM_RC_SUCCESS) return rcSession(rc, decryptSession + 1);
    }
  } else {
    setParameters(at, (commandEnd - at) as u32);
    rc = checkNoSessions();
    if (rc != TPM_RC_SUCCESS) return rc;
  }
  readerStart(parametersAt, parametersSize);
  rc = unmarshalParameters(commandIndex);
  if (rc != TPM_RC_SUCCESS) return refuse(rc, REFUSAL_PARAMETER_VALUE, stoppedAt());
  if (readerRemaining() != 0 && !isPaddedContext())
    return refuse(TPM_RC_SIZE, REFUSAL_PARAMETER_SURPLUS, readerRemaining());
  writeFrom(HEADER + (responseHandleCount(commandIndex) << 2) + (hasSessions ? 4 : 0));
  return TPM_RC_SUCCESS;
}

/** Where the unmarshalling of the command has come to: what it refuses ends here, or begins here when octets are missing. */
function stoppedAt(): u32 {
  return (readerPosition() - commandBuffer) as u32;
}

/** Windows Server 2016 and 2019 fill the context of TPM2_ContextLoad up to TPM_PT_MAX_OBJECT_CONTEXT, with anything. */
function isPaddedContext(): bool {
  return commandCode == TPM_CC_ContextLoad && parametersSize == OBJECT_CONTEXT_SIZE;
}

function checkHeader(): u32 {
  if (commandSize < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_HEADER_SHORT, commandSize);
  const tag = get16(commandBuffer);
  if (tag != TPM_ST_SESSIONS && tag != TPM_ST_NO_SESSIONS) return refuse(rcOfTag(tag), REFUSAL_HEADER_TAG, tag);
  if (commandSize < 6) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_HEADER_SHORT, commandSize);
  const declared = get32(commandBuffer + 2);
  if (declared != commandSize) return refuse(TPM_RC_COMMAND_SIZE, REFUSAL_HEADER_SIZE, declared, commandSize);
  if (commandSize < HEADER) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_HEADER_SHORT, commandSize);
  const code = get32(commandBuffer + 6);
  const index = indexOfCommand(code);
  if (index < 0) return refuse(TPM_RC_COMMAND_CODE, REFUSAL_COMMAND_UNKNOWN, code);
  setHeader(index, code, tag == TPM_ST_SESSIONS);
  const isStarted = load<u8>(STARTED) != 0;
  if (code == TPM_CC_Startup) return isStarted ? refuse(TPM_RC_INITIALIZE, REFUSAL_ALREADY_STARTED) : TPM_RC_SUCCESS;
  return isStarted ? TPM_RC_SUCCESS : refuse(TPM_RC_INITIALIZE, REFUSAL_NOT_STARTED, code);
}

/** The command succeeded and has written its handle and parameters. */
function respond(): u32 {
  const parameters = HEADER + (responseHandleCount(commandIndex) << 2) + (hasSessions ? 4 : 0);
  const size = written() - parameters;
  const at = responseBuffer + parameters;
  if (hasSessions) {
    put32(at - 4, size);
    for (let i: u32 = 0; i < sessionCount; i++) rollNonce(i);
    if (encryptSession != NONE) encryptParameter(encryptSession, at);
  }
  auditResponse(at, size);
  for (let i: u32 = 0; i < sessionCount; i++) {
    if (isPassword(i)) respondPassword(i);
    else respondSession(i, at, size);
  }
  flushUsedUp();
  return writeHeader(hasSessions ? TPM_ST_SESSIONS : TPM_ST_NO_SESSIONS, written(), TPM_RC_SUCCESS);
}
