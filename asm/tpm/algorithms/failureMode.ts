// Failure mode (Part 1, 12.3): a self-test or an internal check failed. Until the next _TPM_Init only
// TPM2_GetTestResult and the vendor properties of TPM2_GetCapability answer.
import {
  TPM_CAP_TPM_PROPERTIES,
  TPM_CC_GetCapability,
  TPM_CC_GetTestResult,
  TPM_PT_FIRMWARE_VERSION_2,
  TPM_PT_MANUFACTURER,
  TPM_RC_FAILURE,
  TPM_RC_SUCCESS,
  TPM_ST_NO_SESSIONS,
} from "../../generated/constants";
import { REFUSAL_FAILURE_MODE } from "../../generated/refusals";
import {
  commandBuffer,
  get16,
  get32,
  refuse,
  writeFrom,
  writeHeader,
  writeU16,
  writeU32,
  writeU8,
  written,
} from "../../base/index";
import { vendorProperty } from "./vendor";

/** Where (FAILED_...) and why: reported by TPM2_GetTestResult. */
export let failureLocation: u32 = 0;
export let failureCode: u32 = 0;
let failed: bool = false;

export function inFailureMode(): bool {
  return failed;
}

/** Enters failure mode and returns the response code of the command that found out. */
export function fail(location: u32, code: u32): u32 {
  failed = true;
  failureLocation = location;
  failureCode = code;
  return TPM_RC_FAILURE;
}

/** _TPM_Init. */
export function leaveFailureMode(): void {
  failed = false;
  failureLocation = 0;
  failureCode = 0;
}

/** TPM2B_MAX_BUFFER of TPM2_GetTestResult: location, detail and response code. */
export function writeFailure(): void {
  writeU16(12);
  writeU32(failureLocation);
  writeU32(failureCode);
  writeU32(TPM_RC_FAILURE);
}

/** Answers a command in failure mode; returns the size of the response. */
export function executeInFailureMode(size: u32): u32 {
  writeFrom(10);
  const answered =
    size >= 10 && get16(commandBuffer) == TPM_ST_NO_SESSIONS && get32(commandBuffer + 2) == size && answer(size);
  if (!answered)
    return writeHeader(TPM_ST_NO_SESSIONS, 10, refuse(TPM_RC_FAILURE, REFUSAL_FAILURE_MODE, failureLocation));
  return writeHeader(TPM_ST_NO_SESSIONS, written(), TPM_RC_SUCCESS);
}

function answer(size: u32): bool {
  const code = get32(commandBuffer + 6);
  if (code == TPM_CC_GetTestResult && size == 10) {
    writeFailure();
    writeU32(TPM_RC_FAILURE);
    return true;
  }
  if (code != TPM_CC_GetCapability || size != 22 || get32(commandBuffer + 10) != TPM_CAP_TPM_PROPERTIES) return false;
  const property = max(get32(commandBuffer + 14), TPM_PT_MANUFACTURER);
  const count = get32(commandBuffer + 18) > 0 && property <= TPM_PT_FIRMWARE_VERSION_2 ? 1 : 0;
  writeU8(property < TPM_PT_FIRMWARE_VERSION_2 ? 1 : 0);
  writeU32(TPM_CAP_TPM_PROPERTIES);
  writeU32(count);
  if (count) {
    writeU32(property);
    writeU32(vendorProperty(property));
  }
  return true;
}
