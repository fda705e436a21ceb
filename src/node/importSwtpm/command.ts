/** `tabtpm import-swtpm`: the TPM that swtpm keeps in a folder becomes one of ours. */
import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type LibtpmsState, openSwtpmFile, readPermanentAll, toPermanentBlob } from "../../libtpms/index.ts";
import { DurableFile } from "../../store/durableFile.ts";
import { FileStore } from "../../store/file.ts";
import { MemoryMedium, MemoryStore } from "../../store/memory.ts";
import type { StateSeal } from "../../store/seal.ts";
import { UsageError } from "../errors.ts";
import { createTpm } from "../index.ts";
import { sealOf } from "../keySource.ts";
import { readLimited } from "../limitedFile.ts";
import { checkLocation, type StateLocation } from "../stateLocation.ts";
import type { Streams } from "../terminal.ts";
import { type CheckedCertificate, checkEkCertificates } from "./ekCheck.ts";
import { useOfFolder } from "./inUse.ts";
import type { ImportCommand } from "./options.ts";
import { loadSwtpmKey } from "./swtpmKey.ts";

export { IMPORT_SWTPM_HELP, parseImportOptions } from "./options.ts";

const PERMANENT = "tpm2-00.permall";
const VOLATILE = "tpm2-00.volatilestate";
/** More than libtpms has room for: 172 kB of NV, and the rest. */
const LARGEST = 1 << 20;
const EXIT_REFUSED = 3;

/**
 * - `in use`: swtpm runs on it.
 * - `volatile`: there is a volatile state, of a TPM that was suspended.
 * - `other EK`: an EK certificate is of another key than the TPM makes.
 * - `occupied`: there is a TPM where the new one is to be.
 */
export type ImportRefusal = "in use" | "volatile" | "other EK" | "occupied";

/** It could be done, and is not without the user's word. Nothing was changed. */
export class ImportRefusedError extends Error {
  override name = "ImportRefusedError";
  readonly reason: ImportRefusal;
  constructor(message: string, reason: ImportRefusal) {
    super(message);
    this.reason = reason;
  }
}

/** @returns the exit code. @throws what the user is to read: LibtpmsStateError, StoreError, UsageError */
export async function importSwtpm(command: ImportCommand, streams: Streams, signal?: AbortSignal): Promise<number> {
  try {
    await work(command, (text) => void streams.stdout.write(`${text}\n`), signal);
    return 0;
  } catch (error) {
    if (!(error instanceof ImportRefusedError)) throw error;
    streams.stderr.write(`tabtpm: ${error.message}\n`);
    return EXIT_REFUSED;
  }
}

async function work(command: ImportCommand, say: (text: string) => void, signal: AbortSignal | undefined) {
  const { key, to, toKey, exportFile } = command;
  const source = sourceOf(command.from);
  if (to) checkLocation("--to", to);
  if (to && statSync(to.dir, { throwIfNoEntry: false }) && realpathSync(to.dir) === realpathSync(source.dir)) {
    throw new UsageError(`--to is swtpm's own folder, ${source.dir}, which is only read: choose another one.`);
  }
  if (exportFile !== undefined && statSync(exportFile, { throwIfNoEntry: false }) !== undefined)
    throw new Error(`${resolve(exportFile)} is there already: choose another name, or remove it.`);
  const swtpmKey = key && loadSwtpmKey(key);
  const seal = toKey && sealOf(toKey);
  refuseUse(source.dir, say);
  if (source.hasVolatile && !command.dropVolatile) {
    throw new ImportRefusedError(
      `There is a volatile state in ${source.dir} (${VOLATILE}): its TPM was suspended, not shut down. Resume it with swtpm and shut it down, or lose its PCRs, sessions and loaded objects with --drop-volatile.`,
      "volatile",
    );
  }
  const state = readPermanentAll(await openSwtpmFile(await readState(source.file), swtpmKey));
  const blob = await toPermanentBlob(state);
  await checkLoads(blob);
  signal?.throwIfAborted();
  if (state.nv.indices.length > 0) say("Making the Endorsement Keys, to compare them with the certificates ...");
  const certificates = await checkEkCertificates(state, signal);
  refuseOtherEks(certificates, command.acceptNewEk);
  signal?.throwIfAborted();
  // Whoever started it meanwhile has changed it.
  refuseUse(source.dir, () => {});
  if (to) await storeState(to, seal, blob);
  if (exportFile !== undefined) {
    await new DurableFile(exportFile, "the TPM's state", { createMode: 0o600 }).create(blob);
  }
  report(state, certificates, command, say);
}

interface Source {
  readonly dir: string;
  readonly file: string;
  readonly hasVolatile: boolean;
}

/** @throws Error when there is no state of swtpm */
function sourceOf(from: string): Source {
  const path = resolve(from);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`There is no ${path}.`);
  const file = stats.isDirectory() ? join(path, PERMANENT) : path;
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new Error(`There is no TPM of swtpm in ${path}: no file ${PERMANENT}.`);
  }
  const dir = dirname(file);
  // Of a file by another name there is no telling where its volatile state would be.
  const hasVolatile =
    basename(file) === PERMANENT && statSync(join(dir, VOLATILE), { throwIfNoEntry: false }) !== undefined;
  return { dir, file, hasVolatile };
}

async function readState(file: string): Promise<Uint8Array> {
  const bytes = await readLimited(file, LARGEST);
  if (bytes.length > LARGEST) throw new Error(`${file} is larger than any state of swtpm.`);
  return bytes;
}

function refuseUse(dir: string, say: (text: string) => void): void {
  const use = useOfFolder(dir);
  if (use.is === "unknown") say(`Whether swtpm has ${dir} in use was not checked: ${use.why}.`);
  if (use.is !== "in use") return;
  const who = use.pid === null ? "another process" : `process ${use.pid}`;
  throw new ImportRefusedError(`swtpm has ${dir} in use (${who} holds its lock): end it first.`, "in use");
}

function refuseOtherEks(certificates: readonly CheckedCertificate[], isAccepted: boolean): void {
  const others = certificates.filter(({ is }) => is === "other");
  if (others.length === 0 || isAccepted) return;
  throw new ImportRefusedError(
    `${others.map(describeOther).join(" ")} Whoever relies on the certificate will not accept the EK. To take the state all the same, say --accept-new-ek.`,
    "other EK",
  );
}

function describeOther({ key, index, persistent }: CheckedCertificate): string {
  const kept =
    persistent === undefined ? "" : ` Its key is the persistent object 0x${hex(persistent)}, which comes along.`;
  return `The EK certificate ${key} at 0x${hex(index)} is of another key than the EK that the TPM makes.${kept}`;
}

/** The core has the last word. @throws Error */
async function checkLoads(blob: Uint8Array): Promise<void> {
  const medium = new MemoryMedium();
  medium.blob = blob.slice();
  const tpm = createTpm({ store: new MemoryStore(medium) });
  try {
    await tpm.powerOn();
  } catch (cause) {
    throw new Error(
      `libtpms' state is damaged: it can be read, and what is in it is no TPM's state (${(cause as Error).message}).`,
      { cause },
    );
  } finally {
    await tpm.close();
  }
}

/** @throws ImportRefusedError when there is a TPM, StoreError */
async function storeState(to: StateLocation, seal: StateSeal | undefined, blob: Uint8Array): Promise<void> {
  // What is there is not read but looked at: it may be encrypted with whatever key.
  const store = new FileStore({ ...to, seal, replaces: true });
  try {
    if ((await store.open()) !== null) {
      const where = to.file === undefined ? resolve(to.dir) : resolve(to.dir, to.file);
      throw new ImportRefusedError(
        `There is a TPM in ${where} already, which stays: choose another folder.`,
        "occupied",
      );
    }
    await store.commitVariables(null);
    await store.commit(blob);
  } finally {
    await store.close();
  }
}

function report(
  { nv, saved, orderlyIndices }: LibtpmsState,
  certificates: readonly CheckedCertificate[],
  { from, to, exportFile, dropVolatile }: ImportCommand,
  say: (text: string) => void,
): void {
  const places = [
    to && (to.file === undefined ? resolve(to.dir) : resolve(to.dir, to.file)),
    exportFile && resolve(exportFile),
  ];
  say(`The TPM is in ${places.filter(Boolean).join(" and ")}: profile libtpms-0.9, the primary keys of libtpms.`);
  const orderly = orderlyIndices.length === 0 ? "" : `, ${orderlyIndices.length} of them orderly`;
  say(`${nv.indices.length} NV indices${orderly}, ${nv.objects.length} persistent objects.`);
  for (const certificate of certificates) say(certificateLine(certificate));
  if (saved !== undefined) {
    say(
      "TPM2_Shutdown(STATE) is on record, and TPM2_Startup(STATE) resumes. Contexts that were saved outside can't be loaded.",
    );
  }
  if (dropVolatile)
    say("A volatile state was left out: PCRs, sessions and loaded objects of a TPM that was suspended.");
  say(`${resolve(from)} is a clone now, with the same keys: never let both run, and delete that folder.`);
}

function certificateLine(certificate: CheckedCertificate): string {
  switch (certificate.is) {
    case "of the EK":
      return `EK certificate ${certificate.key} at 0x${hex(certificate.index)}: of the EK that the TPM makes.`;
    case "none":
      return `NV index 0x${hex(certificate.index)}: is no certificate.`;
    default:
      return describeOther(certificate);
  }
}

const hex = (handle: number) => handle.toString(16).padStart(8, "0");
