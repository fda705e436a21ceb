import { TPM_ST_NO_SESSIONS } from "../../spec/header.ts";
import { TPM_RC } from "../../spec/responseCodes.ts";
import { Core, type CoreExports, type TpmProfile } from "../core.ts";

/**
 * A core for tests of the engine, behind the real ABI. Its permanent state is a counter; its commands are one opcode
 * byte with arguments, its responses a header with a response code and the counter:
 */
export const OP = {
  /** Answers the counter. */
  read: 0,
  /** Adds 1 to the permanent counter. */
  increment: 1,
  /** Runs for as many slices as its argument says, then increments. TPM_RC_CANCELED when cancelled before. */
  slow: 2,
  trap: 3,
  /** Increments, and traps when the state is saved. */
  trapInSave: 4,
  /** Changes the volatile register to its argument. */
  setRegister: 5,
  failureMode: 6,
  /** Answers also in failure mode, as TPM2_GetTestResult does. */
  getTestResult: 7,
} as const;

export const command = (op: number, argument = 0) => Uint8Array.of(op, argument);

export interface FakeAnswer {
  responseCode: number;
  counter: number;
  register: number;
  locality: number;
}

export function decode(response: Uint8Array): FakeAnswer {
  const view = new DataView(response.buffer, response.byteOffset, response.length);
  const responseCode = view.getUint32(6);
  if (response.length < 19) return { responseCode, counter: -1, register: -1, locality: -1 };
  return { responseCode, counter: view.getUint32(10), register: view.getUint32(14), locality: view.getUint8(18) };
}

const COMMAND = 0;
const RESPONSE = 4096;
const STATE = 8192;
const CAPACITY = 8192;
/** It notes no reasons. */
const NOTE = 20480;
/** Something that must not outlive the power. */
const SECRET = 16384;
const MAGIC = 0xfa;
const VERSION = 1;

/** A state blob as the fake core writes it. */
export function fakeBlob(
  counter: number,
  { version = VERSION, profile = 0, established = 0, inits = 0 } = {},
): Uint8Array {
  const blob = new Uint8Array(16);
  const view = new DataView(blob.buffer);
  blob.set([MAGIC, version, profile, established]);
  view.setUint32(4, counter);
  view.setUint32(8, inits);
  view.setUint32(12, ~(counter + inits));
  return blob;
}

export function counterOf(blob: Uint8Array | null): number | null {
  return blob && new DataView(blob.buffer, blob.byteOffset).getUint32(4);
}

interface Permanent {
  profile: number;
  established: number;
  counter: number;
  /** How often power came: changes at each _TPM_Init when `initChangesState`. */
  inits: number;
}

export interface FakeCoreOptions {
  /** _TPM_Init leaves a commit pending. */
  initChangesState?: boolean;
  /** What it tells of itself, at most 8192 bytes. */
  record?: Uint8Array;
  /** Hears of each call across the border. */
  onCall?: (name: string) => void;
  /** Is given the memory of each instance. */
  onMemory?: (memory: ArrayBuffer) => void;
}

export function fakeCore(options: FakeCoreOptions = {}): Core {
  return new Core(fakeExports(options));
}

function fakeExports({
  initChangesState = false,
  record = new Uint8Array(0),
  onCall = () => {},
  onMemory = () => {},
}: FakeCoreOptions): CoreExports {
  const memory = { buffer: new ArrayBuffer(24576) };
  const view = new DataView(memory.buffer);
  onMemory(memory.buffer);
  let state: Permanent = { profile: 0, established: 0, counter: 0, inits: 0 };
  let before: Permanent | null = null;
  let register = 0;
  let slices = 0;
  let isCancelled = false;
  let isFailed = false;
  let trapsInSave = false;
  let locality = 0;

  const change = (next: Partial<Permanent>) => {
    before ??= state;
    state = { ...state, ...next };
  };
  const respond = (responseCode: number): number => {
    const size = responseCode === 0 ? 19 : 10;
    view.setUint16(RESPONSE, TPM_ST_NO_SESSIONS);
    view.setUint32(RESPONSE + 2, size);
    view.setUint32(RESPONSE + 6, responseCode);
    view.setUint32(RESPONSE + 10, state.counter);
    view.setUint32(RESPONSE + 14, register);
    view.setUint8(RESPONSE + 18, locality);
    return size;
  };
  const trap = (): never => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  const step = (): number => {
    onCall("step");
    if (isCancelled) return respond(TPM_RC.TPM_RC_CANCELED);
    if (--slices > 0) return 0;
    change({ counter: state.counter + 1 });
    return respond(0);
  };

  return {
    memory,
    commandBuffer: () => COMMAND,
    responseBuffer: () => RESPONSE,
    stateBuffer: () => STATE,
    stateCapacity: () => CAPACITY,
    manufacture(profile) {
      onCall("manufacture");
      change({ profile, established: 0, counter: 0, inits: 0 });
      view.setUint32(SECRET, 0x5eed);
      return 0;
    },
    bufferSize: () => {},
    profile: () => state.profile,
    loadState(size) {
      onCall("loadState");
      view.setUint32(SECRET, 0x5eed);
      if (size !== 16 || view.getUint8(STATE) !== MAGIC) return 1;
      if (view.getUint8(STATE + 1) > VERSION) return 2;
      const [counter, inits] = [view.getUint32(STATE + 4), view.getUint32(STATE + 8)];
      if (view.getUint32(STATE + 12) !== ~(counter + inits) >>> 0) return 1;
      state = { profile: view.getUint8(STATE + 2), established: view.getUint8(STATE + 3), counter, inits };
      return 0;
    },
    saveState() {
      onCall("saveState");
      if (trapsInSave) return trap();
      const { profile, established, counter, inits } = state;
      new Uint8Array(memory.buffer).set(fakeBlob(counter, { profile, established, inits }), STATE);
      return 16;
    },
    wipe() {
      onCall("wipe");
      new Uint8Array(memory.buffer).fill(0);
    },
    powerOn() {
      onCall("powerOn");
      view.setUint32(SECRET, 0x5ec2e7);
      if (initChangesState) change({ inits: state.inits + 1 });
    },
    execute(_size, commandLocality) {
      onCall("execute");
      before = null;
      isCancelled = false;
      locality = commandLocality;
      const [op, argument] = [view.getUint8(COMMAND), view.getUint8(COMMAND + 1)];
      if (isFailed) return respond(op === OP.getTestResult ? TPM_RC.TPM_RC_SUCCESS : TPM_RC.TPM_RC_FAILURE);
      switch (op) {
        case OP.read:
          return respond(0);
        case OP.increment:
          change({ counter: state.counter + 1 });
          return respond(0);
        case OP.slow:
          slices = argument;
          return 0;
        case OP.trap:
          change({ counter: state.counter + 1000 });
          return trap();
        case OP.trapInSave:
          change({ counter: state.counter + 1000 });
          trapsInSave = true;
          return respond(0);
        case OP.setRegister:
          register = argument;
          return respond(0);
        case OP.failureMode:
          isFailed = true;
          return respond(0);
        default:
          return respond(TPM_RC.TPM_RC_COMMAND_CODE);
      }
    },
    step,
    cancel() {
      onCall("cancel");
      isCancelled = true;
    },
    commitPending: () => (before === null ? 0 : 1),
    committed() {
      onCall("committed");
      before = null;
    },
    commitFailed() {
      onCall("commitFailed");
      if (before) state = before;
      before = null;
      return respond(TPM_RC.TPM_RC_NV_UNAVAILABLE);
    },
    hashStart() {
      onCall("hashStart");
      before = null;
      register = 0;
    },
    hashData(size) {
      onCall(`hashData ${size}`);
      for (let i = 0; i < size; i++) register += view.getUint8(COMMAND + i);
    },
    hashEnd() {
      onCall("hashEnd");
      change({ established: 1 });
    },
    established: () => state.established,
    resetEstablished(by) {
      onCall("resetEstablished");
      before = null;
      if (by < 3) return 0;
      change({ established: 0 });
      return 1;
    },
    failureMode: () => (isFailed ? 1 : 0),
    fail() {
      onCall("fail");
      isFailed = true;
    },
    enterFailureMode() {
      onCall("enterFailureMode");
      isFailed = true;
    },
    saveVolatile() {
      onCall("saveVolatile");
      view.setUint32(STATE, register);
      return 4;
    },
    loadVolatile(size) {
      onCall("loadVolatile");
      if (size !== 4) return 1;
      register = view.getUint32(STATE);
      return 0;
    },
    noteLater: () => {},
    keepLater: () => change({}),
    newIdentity: () => {},
    identity: () => 1,
    testInBackground: () => 0,
    actSignaled: () => 0,
    actDelay: () => -1,
    inspect() {
      onCall("inspect");
      new Uint8Array(memory.buffer).set(record, STATE);
      return record.length;
    },
    refusal: () => NOTE,
    physicalPresence(asserted) {
      onCall(`physicalPresence ${asserted}`);
    },
  };
}

export const PROFILE_NUMBER: Record<TpmProfile, number> = { full: 0, "libtpms-0.9": 1 };
