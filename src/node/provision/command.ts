/** `tabtpm provision`: a new TPM with EK certificates, as swtpm_setup makes one. */
import { closeSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { type ProvisionProgress, provisionedState, reconfiguredState } from "../../provision/index.ts";
import { DurableFile } from "../../store/durableFile.ts";
import { FileStore, volatileBeside } from "../../store/file.ts";
import { MemoryMedium, MemoryStore } from "../../store/memory.ts";
import type { StateSeal } from "../../store/seal.ts";
import { createTpm } from "../index.ts";
import { sealOf } from "../keySource.ts";
import { openLogFile } from "../logFile.ts";
import { availableProfiles, PROFILE_NAMES } from "../profiles.ts";
import { checkLocation, type StateLocation } from "../stateLocation.ts";
import type { Streams } from "../terminal.ts";
import { becomeUser } from "../users.ts";
import { version } from "../version.ts";
import { CERTIFICATE_FILE, openAuthority } from "./authorityFiles.ts";
import type { ProvisionCommand, ProvisionRequest } from "./options.ts";
import { setupHelp, setupRows } from "./optionTable.ts";

export { parseProvisionOptions, parseSetupOptions } from "./options.ts";

export const PROVISION_HELP = `Usage: tabtpm provision --state DIR [options]

Makes a new TPM in a folder and provisions it: a certificate for each Endorsement Key of the TCG's templates, in the NV
Indices where clients look (tpm2_getekcertificate), signed by a demo CA of your own. It vouches for nothing: no
manufacturer stands behind it. Check a certificate with: openssl verify -CAfile CA/${CERTIFICATE_FILE} ek.pem
The TPM is complete or not there at all, also when this is interrupted.

Options:
${setupHelp()}`;

/** What libvirt asks for by name: see optionTable.ts for the options' own. */
const OTHER_FEATURES = [2048, 3072, 4096].map((bits) => `tpm2-rsa-keysize-${bits}`);

/** @throws what the user is to read: the folder is in use, has a TPM already, can't be written. */
export async function provisionFolder(
  request: ProvisionRequest,
  streams: Streams,
  signal?: AbortSignal,
): Promise<void> {
  const print = (text: string) => void streams.stdout.write(`${text}\n`);
  switch (request.kind) {
    case "version":
      return print(version());
    case "print-capabilities":
      return print(capabilities());
    case "print-profiles":
      return print(JSON.stringify({ AvailableProfiles: availableProfiles() }));
    case "nothing":
      return request.idle.forEach(print);
    default:
      return withLog(request, print, (say) => work(request, say, signal));
  }
}

function capabilities(): string {
  const own = setupRows.flatMap(([, { feature }]) => (feature === undefined ? [] : [feature]));
  const list = (words: readonly string[]) => words.map((word) => JSON.stringify(word)).join(", ");
  return `{ "type": "swtpm_setup", "features": [ ${list([...own, ...OTHER_FEATURES])} ], "profiles": [ ${list(PROFILE_NAMES)} ], "version": "${version()}" }`;
}

/** With --logfile what there is to say stands there, also why it failed. */
async function withLog(
  { logfile, runas }: ProvisionCommand,
  print: (text: string) => void,
  run: (say: (text: string) => void) => Promise<void>,
): Promise<void> {
  if (runas) becomeUser(runas);
  if (logfile === undefined) return run(print);
  const fd = openLogFile("--logfile", logfile, false);
  const say = (text: string) => {
    try {
      writeSync(fd, `${text}\n`);
    } catch {
      // A full disk or a closed pipe must not keep a TPM from being made.
    }
  };
  try {
    await run(say);
  } catch (error) {
    say(`tabtpm: ${(error as Error).message}`);
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function work(command: ProvisionCommand, say: (text: string) => void, signal?: AbortSignal): Promise<void> {
  checkLocation("--state", command.state);
  command.idle.forEach(say);
  const seal = command.key && sealOf(command.key);
  if (command.kind === "reconfigure") await reconfigure(command, seal, say, signal);
  else await provision(command, seal, say, signal);
}

/** Holds the state's lock from before the first key is made until the state is stored, in one commit. */
async function provision(
  { state, profile, pcrBanks, ca, lockNv, platform, subject, existing }: ProvisionCommand,
  seal: StateSeal | undefined,
  say: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const where = placeOf(state);
  const store = new FileStore({ ...state, seal, replaces: true });
  try {
    const old = await store.open();
    if (old !== null && existing === "keep") return say(`${where} has a TPM already; it stays.`);
    if (old !== null && existing === "refuse") {
      throw new Error(`${where} has a TPM already. To replace it, and lose its keys for good, say --overwrite.`);
    }
    const authority = await openAuthority(ca);
    // In memory: the folder gets it when it is complete.
    const tpm = createTpm(profile === undefined ? {} : { profile });
    try {
      const onProgress = ({ done, total, making }: ProvisionProgress) => {
        if (making !== "") say(`EK certificate ${done + 1} of ${total}: ${making}`);
      };
      const options = { authority, pcrBanks, lockNv, platform, subject, onProgress, signal };
      const made = await provisionedState(tpm, options);
      // Before the new TPM is there: what the old one's user had allowed the firmware does not hold for it.
      await store.commitVariables(null);
      await store.commit(made, { erases: true });
    } finally {
      await tpm.close();
    }
    // That of the TPM that was there before.
    await new DurableFile(join(state.dir, volatileBeside(state.file)), "the TPM's volatile state").remove();
    say(`The TPM is in ${where}, the CA's certificate in ${join(resolve(ca), CERTIFICATE_FILE)}`);
  } finally {
    await store.close();
  }
}

async function reconfigure(
  { state, pcrBanks = [] }: ProvisionCommand,
  seal: StateSeal | undefined,
  say: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const store = new FileStore({ ...state, seal });
  try {
    const medium = new MemoryMedium();
    medium.blob = await store.open();
    if (medium.blob === null)
      throw new Error(`There is no TPM in ${placeOf(state)}; leave --reconfigure out to make one.`);
    const tpm = createTpm({ store: new MemoryStore(medium) });
    try {
      await store.commit(await reconfiguredState(tpm, { pcrBanks, signal }));
    } finally {
      await tpm.close();
    }
    say(`The TPM in ${placeOf(state)} has other PCR banks.`);
  } finally {
    await store.close();
  }
}

const placeOf = ({ dir, file }: StateLocation) => (file === undefined ? resolve(dir) : resolve(dir, file));
