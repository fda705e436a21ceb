/** `tabtpm provision`: a new TPM with EK certificates, as swtpm_setup makes one. */
import { join, resolve } from "node:path";
import { type ProvisionProgress, provisionedState } from "../../provision/index.ts";
import type { TpmProfile } from "../../public.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { FileStore } from "../../store/file.ts";
import { UsageError } from "../errors.ts";
import { createTpm } from "../index.ts";
import { parseOptions, parseProfile } from "../parse.ts";
import type { Streams } from "../terminal.ts";
import { CERTIFICATE_FILE, defaultAuthorityFolder, openAuthority } from "./authorityFiles.ts";

/** swtpm_setup's names; other algorithms have no banks. */
const BANKS = new Map<string, number>([
  ["sha1", TPM_ALG.TPM_ALG_SHA1],
  ["sha256", TPM_ALG.TPM_ALG_SHA256],
  ["sha384", TPM_ALG.TPM_ALG_SHA384],
  ["sha512", TPM_ALG.TPM_ALG_SHA512],
]);

export const PROVISION_HELP = `Usage: tabtpm provision --state DIR [options]

Makes a new TPM in a folder and provisions it: a certificate for each Endorsement Key of the TCG's templates, in the NV
Indices where clients look (tpm2_getekcertificate), signed by a demo CA of your own. It vouches for nothing: no
manufacturer stands behind it. Check a certificate with: openssl verify -CAfile CA/${CERTIFICATE_FILE} ek.pem
The TPM is complete or not there at all, also when this is interrupted.

Options:
  --state DIR        the folder of the TPM's state (made when missing); --tpmstate and --tpm-state say the same
  --profile NAME     full (default) or libtpms-0.9
  --pcr-banks LIST   the PCR banks that are active, of ${[...BANKS.keys()].join(", ")}; default: all. "-" says default
  --ca DIR           the folder of the demo CA, made when missing (default ${defaultAuthorityFolder({ XDG_DATA_HOME: "$XDG_DATA_HOME" })})
  --lock-nvram       lock the certificates against writing
  --overwrite        replace the TPM that the folder has. Its keys are gone for good
  --not-overwrite    if the folder has a TPM, leave it and succeed
  --tpm2, --create-ek-cert   what this always does; taken because swtpm_setup takes them
  -h, --help         this text
`;

export interface ProvisionCommand {
  state: string;
  profile: TpmProfile | undefined;
  pcrBanks: readonly number[] | undefined;
  /** Folder of the demo CA. */
  ca: string;
  lockNv: boolean;
  existing: "refuse" | "overwrite" | "keep";
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseProvisionOptions(argv: readonly string[]): ProvisionCommand | undefined {
  const values = parseOptions("provision", argv, {
    state: { type: "string" },
    tpmstate: { type: "string" },
    "tpm-state": { type: "string" },
    profile: { type: "string" },
    "pcr-banks": { type: "string" },
    ca: { type: "string" },
    "lock-nvram": { type: "boolean" },
    overwrite: { type: "boolean" },
    "not-overwrite": { type: "boolean" },
    tpm2: { type: "boolean" },
    "create-ek-cert": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return undefined;
  const state = (values.state ?? values.tpmstate ?? values["tpm-state"] ?? "").replace(/^dir:\/\//, "");
  if (state === "") throw new UsageError("provision needs the folder of the TPM: --state DIR.");
  if (values.ca === "") throw new UsageError("--ca needs the name of a folder.");
  if (values.overwrite && values["not-overwrite"])
    throw new UsageError("--overwrite and --not-overwrite contradict each other.");
  return {
    state,
    profile: parseProfile(values.profile),
    pcrBanks: parseBanks(values["pcr-banks"]),
    ca: values.ca ?? defaultAuthorityFolder(),
    lockNv: values["lock-nvram"] ?? false,
    existing: values.overwrite ? "overwrite" : values["not-overwrite"] ? "keep" : "refuse",
  };
}

function parseBanks(list: string | undefined): number[] | undefined {
  if (list === undefined || list === "-") return undefined;
  return list.split(",").map((name) => {
    const bank = BANKS.get(name.trim().toLowerCase());
    if (bank === undefined)
      throw new UsageError(`--pcr-banks takes some of ${[...BANKS.keys()].join(", ")}; there is no "${name}".`);
    return bank;
  });
}

/**
 * Holds the folder's lock from before the first key is made until the state is stored, in one commit.
 * @throws what the user is to read: the folder is in use, has a TPM already, can't be written.
 */
export async function provisionFolder(
  command: ProvisionCommand,
  streams: Streams,
  signal?: AbortSignal,
): Promise<void> {
  const { state, profile, pcrBanks, ca, lockNv, existing } = command;
  const say = (text: string) => streams.stdout.write(`${text}\n`);
  const store = new FileStore({ dir: state });
  try {
    const old = await store.open();
    if (old !== null && existing === "keep") return void say(`${resolve(state)} has a TPM already; it stays.`);
    if (old !== null && existing === "refuse") {
      throw new Error(
        `${resolve(state)} has a TPM already. To replace it, and lose its keys for good, say --overwrite.`,
      );
    }
    const authority = await openAuthority(ca);
    // In memory: the folder gets it when it is complete.
    const tpm = createTpm(profile === undefined ? {} : { profile });
    try {
      const onProgress = ({ done, total, making }: ProvisionProgress) => {
        if (making !== "") say(`EK certificate ${done + 1} of ${total}: ${making}`);
      };
      await store.commit(await provisionedState(tpm, { authority, pcrBanks, lockNv, onProgress, signal }));
    } finally {
      await tpm.close();
    }
    say(`The TPM is in ${resolve(state)}, the CA's certificate in ${join(resolve(ca), CERTIFICATE_FILE)}`);
  } finally {
    await store.close();
  }
}
