/** A file that is to be a TPM's permanent state, looked at before a core is asked: what else it may be, and says so. */
import { describeSealed, isSealedWithPassphrase, openWithPassphrase } from "../passphrase/index.ts";
import type { Secret } from "../store/store.ts";
import { TpmStateError } from "./errors.ts";

/**
 * - `empty`: it has no bytes.
 * - `sealed`: a state of tabtpm, encrypted with a key (`tabtpm socket --key`).
 * - `volatile`: what `tabtpm socket` keeps of a suspended TPM, which is not the TPM.
 * - `variables`: the firmware's variables, which lie beside a state.
 * - `swtpm`: a state of swtpm.
 * - `cut`: a state of tabtpm of which a part is missing.
 * - `other`: nothing that is known.
 */
export type StateFileProblem = "empty" | "sealed" | "volatile" | "variables" | "swtpm" | "cut" | "other";

/** It is no state that could be loaded, whatever is in the rest of it. */
export class StateFileError extends Error {
  override name = "StateFileError";
  readonly reason: StateFileProblem;
  constructor(message: string, reason: StateFileProblem) {
    super(message);
    this.reason = reason;
  }
}

/** "TABTPM20", version, size; at the end an integrity value: asm/tpm/power/blob.ts. */
const STATE_MAGIC = "TABTPM20";
const SIZE_AT = 12;
const ENVELOPE = 48;

const messages: Readonly<Record<StateFileProblem, string>> = {
  empty: "The file is empty: choose the file that was saved.",
  sealed:
    "The state is encrypted: open it with its key where it was saved, and save it without one (tabtpm socket --key).",
  volatile: "This is a volatile state (tpm2.volatile): choose the permanent one beside it (tpm2.state).",
  variables: "These are the firmware's variables (tpm2.variables): choose the TPM's state beside them (tpm2.state).",
  swtpm:
    "This is a state of swtpm: bring it in with tabtpm import-swtpm --from DIR --export FILE, and choose that file.",
  cut: "The file is not whole: copy it again from where it was saved.",
  other: "This is no TPM state of tabtpm: choose a file that was exported from it.",
};

/** What tabtpm in Node keeps a state in: src/store/slots.ts. */
const SLOTS_MAGIC = "TABTPMFS";

/** What a state may be encrypted as with a passphrase: exported by a page, stored by tabtpm in Node, stored by a page. */
const PURPOSES: readonly string[] = ["export", "state", "permanent"];

/**
 * The state in a file: the file itself, or the last commit in one that has two slots, as tabtpm in Node writes it.
 * @param passphrase opens one that is encrypted with it; without it that one is returned as it is (`isSealedWithPassphrase`).
 * @throws StateFileError as {@link checkStateFile}, TpmStateError when a newer tabtpm wrote the file, PassphraseError.
 */
export async function stateInFile(bytes: Uint8Array, passphrase?: Secret): Promise<Uint8Array> {
  const stored = begins(bytes, SLOTS_MAGIC) ? await stateInSlots(bytes) : bytes;
  const isSealed = isSealedWithPassphrase(stored);
  if (isSealed && passphrase === undefined) return stored;
  const state = isSealed ? await unsealed(stored, passphrase as Secret) : stored;
  checkStateFile(state);
  return state;
}

async function unsealed(stored: Uint8Array, passphrase: Secret): Promise<Uint8Array> {
  const claimed = (await describeSealed(stored)).purpose;
  const purpose = PURPOSES.find((each) => each === claimed) ?? "export";
  return openWithPassphrase(stored, passphrase, { purpose });
}

async function stateInSlots(bytes: Uint8Array): Promise<Uint8Array> {
  const { NewerSlotsError, readSlotFile } = await import("../store/slots.ts");
  const sha256 = async (parts: readonly Uint8Array[]) =>
    new Uint8Array(
      await crypto.subtle.digest("SHA-256", await new Blob([...parts] as Uint8Array<ArrayBuffer>[]).arrayBuffer()),
    );
  try {
    const { newest } = await readSlotFile(bytes, sha256);
    if (newest === null) throw new StateFileError(messages.cut, "cut");
    return newest.content;
  } catch (cause) {
    if (!(cause instanceof NewerSlotsError)) throw cause;
    throw new TpmStateError("The file was written by a newer tabtpm. Update tabtpm.", "newer", { cause });
  }
}

/** Of the state itself: {@link stateInFile} finds it in a file. @throws StateFileError; the integrity check is the core's. */
export function checkStateFile(bytes: Uint8Array): void {
  const reason = problemOf(bytes);
  if (reason !== null) throw new StateFileError(messages[reason], reason);
}

function problemOf(bytes: Uint8Array): StateFileProblem | null {
  if (bytes.length === 0) return "empty";
  if (begins(bytes, STATE_MAGIC)) {
    const size = bytes.length < ENVELOPE ? Number.POSITIVE_INFINITY : view(bytes).getUint32(SIZE_AT);
    return bytes.length < size ? "cut" : null;
  }
  if (begins(bytes, "TABTPMVS")) return "volatile";
  if (begins(bytes, "TABTPMS")) return "sealed";
  if (begins(bytes, "TABTPMV")) return "variables";
  return isSwtpm(bytes) ? "swtpm" : "other";
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

const begins = (bytes: Uint8Array, magic: string) =>
  bytes.length >= magic.length && [...magic].every((character, index) => bytes[index] === character.charCodeAt(0));

/** swtpm's header of ten bytes, big-endian: version, oldest version that reads it, its own size, flags, size of the whole file. */
const SWTPM_HEADER = 10;
function isSwtpm(bytes: Uint8Array): boolean {
  if (bytes.length < SWTPM_HEADER) return false;
  const [version = 0, minimum = 0] = bytes;
  const isHeader = version >= 1 && minimum >= 1 && minimum <= version && view(bytes).getUint16(2) === SWTPM_HEADER;
  return isHeader && view(bytes).getUint32(6) === bytes.length;
}
