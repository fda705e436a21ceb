/** `tabtpm attest`: what a TPM attests, as files for a verifier. */
import { join } from "node:path";
import {
  activateCredential,
  createAk,
  createEk,
  createQuote,
  EVIDENCE_FILES,
  MAX_LOG_SIZE,
  quoteOf,
  readAttestation,
  readCertificateFile,
  readCredentialFile,
  VERIFIED_LIMITS,
  writePcrFile,
  writePublicFile,
} from "../../attest/index.ts";
import { type PcrSelection, readPcrBanks, TpmClient, TpmError } from "../../client/index.ts";
import { digestSize, TPM_ALG } from "../../spec/algorithms.ts";
import { DurableFile } from "../../store/durableFile.ts";
import { readLimited } from "../limitedFile.ts";
import type { Streams } from "../terminal.ts";
import type { AttestCommand } from "./options.ts";
import { openTcti } from "./tcti.ts";

export { parseAttestOptions } from "./options.ts";
export { ATTEST_HELP } from "./optionTable.ts";

type FileName = keyof typeof EVIDENCE_FILES;

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
/** Octets of a credential: far more than any has. */
const MAX_CREDENTIAL = 1 << 16;

/** @throws Error that says what the TPM refused or which file can't be read or written. */
export async function attest(command: AttestCommand, streams: Streams, signal: AbortSignal): Promise<void> {
  const tpm = await openTcti(command.tcti, signal);
  try {
    const client = new TpmClient(tpm);
    if (command.credential !== undefined) await answer(client, command, command.credential, streams);
    else await write(command.to ?? ".", await gather(client, command), streams);
  } catch (error) {
    throw explained(error);
  } finally {
    await tpm.close();
  }
}

/** What a user can do about it. */
function explained(error: unknown): unknown {
  if (!(error instanceof TpmError)) return error;
  const advice: Record<string, string> = {
    TPM_RC_INITIALIZE: "Start the TPM before: tpm2_startup -c.",
    TPM_RC_OBJECT_MEMORY: "The TPM is full of loaded objects: tpm2_flushcontext -t.",
    TPM_RC_SESSION_MEMORY: "The TPM is full of loaded sessions: tpm2_flushcontext -l.",
    TPM_RC_BAD_AUTH: "Is --endorsement-auth the authValue of the endorsement hierarchy?",
  };
  const more = advice[error.decoded.name];
  return more === undefined ? error : new Error(`${error.message} ${more}`, { cause: error });
}

async function answer(client: TpmClient, command: AttestCommand, path: string, streams: Streams): Promise<void> {
  const file = readCredentialFile(await readLimited(path, MAX_CREDENTIAL));
  const ek = await createEk(client, command.ek, command);
  try {
    const ak = await createAk(client, command.key, command);
    try {
      const secret = await activateCredential(client, ek, ak, file, command);
      streams.stdout.write(`${Buffer.from(secret).toString("hex")}\n`);
    } finally {
      await client.call("FlushContext", { parameters: { flushHandle: ak.handle } });
    }
  } finally {
    await client.call("FlushContext", { parameters: { flushHandle: ek.handle } });
  }
}

/** The files, by what they are. */
async function gather(client: TpmClient, command: AttestCommand): Promise<Map<FileName, Uint8Array>> {
  const files = new Map<FileName, Uint8Array>();
  const ek = await createEk(client, command.ek, command);
  await client.call("FlushContext", { parameters: { flushHandle: ek.handle } });
  files.set("ek", writePublicFile(ek.publicArea));
  // Behind it an NV Index may have filling.
  const [certificate] = ek.certificate === null ? [] : readCertificateFile(ek.certificate);
  if (certificate !== undefined) files.set("ekCertificate", certificate);
  const ak = await createAk(client, command.key, command);
  try {
    files.set("ak", writePublicFile(ak.publicArea));
    if (command.nonce === undefined) return files;
    const evidence = await createQuote(client, ak, command.nonce, await selectionOf(client, command.pcrs));
    const selection = quoteOf(readAttestation(evidence.quote))?.selection ?? [];
    files.set("quote", evidence.quote);
    files.set("signature", evidence.signature);
    files.set("pcrs", writePcrFile(selection, evidence.pcrs));
  } finally {
    await client.call("FlushContext", { parameters: { flushHandle: ak.handle } });
  }
  // After the quote: a list that is ahead of it is right up to the quoted value, one that is behind is not.
  if (command.log !== undefined) files.set("eventLog", await readWhole(command.log, MAX_LOG_SIZE));
  if (command.ima !== undefined) files.set("ima", await readWhole(command.ima, VERIFIED_LIMITS.maxSize));
  return files;
}

async function readWhole(path: string, most: number): Promise<Uint8Array> {
  const octets = await readLimited(path, most);
  if (octets.length > most) throw new Error(`${path} has more than ${most} octets.`);
  return octets;
}

/** @throws Error for PCRs that the TPM does not have. */
async function selectionOf(
  client: TpmClient,
  asked: readonly PcrSelection[] | undefined,
): Promise<readonly PcrSelection[]> {
  const banks = await readPcrBanks(client);
  if (asked === undefined) {
    // The one that every firmware's log has digests of.
    const sha256 = banks.find(({ algorithm }) => algorithm === TPM_ALG.TPM_ALG_SHA256);
    const [strongest] = [...banks].sort((a, b) => digestSize(b.algorithm) - digestSize(a.algorithm));
    const chosen = sha256 ?? strongest;
    if (chosen === undefined) throw new Error("The TPM has no PCR bank that is active.");
    return [chosen];
  }
  return asked.map(({ algorithm, pcrs }) => {
    const bank = banks.find((each) => each.algorithm === algorithm);
    const missing = pcrs.find((pcr) => !bank?.pcrs.includes(pcr));
    if (bank === undefined || missing !== undefined)
      throw new Error("The TPM does not have all of these PCRs: see tpm2_getcap pcrs.");
    return pcrs.length === 0 ? bank : { algorithm, pcrs };
  });
}

/** All that there are, and none of an earlier time. */
async function write(folder: string, files: ReadonlyMap<FileName, Uint8Array>, streams: Streams): Promise<void> {
  for (const [name, file] of Object.entries(EVIDENCE_FILES) as [FileName, string][]) {
    const target = new DurableFile(join(folder, file), "what the TPM attests", { createMode: FILE_MODE });
    await target.makeFolder(FOLDER_MODE);
    const octets = files.get(name);
    if (octets === undefined) await target.remove();
    else await target.replace(octets);
  }
  const names = [...files.keys()].map((name) => EVIDENCE_FILES[name]);
  streams.stdout.write(`tabtpm: ${folder} has ${names.join(", ")}\n`);
}
