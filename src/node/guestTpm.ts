/** The TPM of `tabtpm boot`: the guest's own, or with `--tpm` that of somebody else. */
import type { TpmCommandEvent } from "../engine/api.ts";
import type { TpmBackend } from "../engine/backend.ts";
import { SharedChip } from "../passthrough/index.ts";
import type { Tpm, TpmProfile } from "../public.ts";
import { FileStore } from "../store/file.ts";
import type { StoreSpec } from "../store/store.ts";
import { type BackendAddress, openForeignTpm, parseBackend } from "./backends/index.ts";
import { SHARING } from "./bridge/command.ts";
import { parseAllowed } from "./bridge/options.ts";
import { readTokenFile } from "./bridge/token.ts";
import { UsageError } from "./errors.ts";
import { createTpm } from "./index.ts";
import { sealOf } from "./keySource.ts";
import type { KeyOption } from "./stateKey.ts";

export interface GuestTpmOptions {
  address: Exclude<BackendAddress, { kind: "state" }>;
  shared: boolean;
  allowed: readonly string[];
  tokenFile: string | undefined;
}

export const GUEST_TPM_OPTIONS = {
  tpm: { type: "string" },
  shared: { type: "boolean" },
  allow: { type: "string", multiple: true },
  "token-file": { type: "string" },
} as const;

interface Values {
  tpm: string | undefined;
  shared: boolean | undefined;
  allow: string[] | undefined;
  "token-file": string | undefined;
}

/** @returns undefined for a TPM of the guest's own. @throws UsageError */
export function parseGuestTpm(values: Values): GuestTpmOptions | undefined {
  const { tpm, shared, allow = [], "token-file": tokenFile } = values;
  if (tpm === undefined) {
    if (shared || allow.length > 0 || tokenFile !== undefined) {
      throw new UsageError("--shared, --allow and --token-file go with --tpm.");
    }
    return undefined;
  }
  const address = parseBackend("--tpm", tpm, ["swtpm", "mssim", "device", "bridge"]) as GuestTpmOptions["address"];
  if (address.kind !== "bridge" && tokenFile !== undefined) throw new UsageError("--token-file goes with bridge:.");
  if (address.kind === "bridge" && (shared || allow.length > 0)) {
    throw new UsageError("--shared and --allow are the bridge's own: give them to tabtpm bridge.");
  }
  const isShared = address.kind === "device" || shared === true;
  return { address, shared: isShared, allowed: parseAllowed(allow, isShared), tokenFile };
}

export interface CommandSource {
  /** @returns a function that removes the listener. */
  on(event: "command", listener: (command: TpmCommandEvent) => void): () => void;
}

/** What `boot` needs of a TPM, whosever it is. */
export interface GuestTpm extends CommandSource {
  backend: TpmBackend;
  inspect: Tpm["inspect"];
  /** The firmware is expected to measure into it. */
  readonly isWatched: boolean;
  /** Resolves when the guest may boot; rejects when it must not. */
  begin(): Promise<void>;
  /** Hears, in a sentence, what goes wrong while the guest runs. */
  onNotice(listener: (text: string) => void): void;
  close(): Promise<void>;
}

interface OwnTpmOptions {
  /** A folder; undefined = in memory only. */
  state: string | undefined;
  /** Encrypts it. */
  key: KeyOption | undefined;
  profile: TpmProfile | undefined;
}

/** @throws UsageError */
export function ownTpm({ state, key, profile }: OwnTpmOptions): GuestTpm {
  const tpm = createTpm({
    store: storeOf(state, key),
    thread: "worker",
    idleSelfTests: true,
    ...(profile === undefined ? {} : { profile }),
  });
  // Looked at in `begin`; until then its rejection is early, not unhandled.
  tpm.ready.catch(() => {});
  return {
    backend: tpm,
    isWatched: true,
    inspect: () => tpm.inspect(),
    on: (event, listener) => tpm.on(event, listener),
    begin: () => tpm.ready,
    onNotice(listener) {
      tpm.on("storeError", (error) => listener(`the TPM's state could not be stored: ${error.message}`));
    },
    close: () => tpm.close(),
  };
}

/** A key does not go to the TPM's thread: the store stays in this one then. */
function storeOf(state: string | undefined, key: KeyOption | undefined): StoreSpec | FileStore {
  if (state === undefined) return { kind: "memory" };
  if (key === undefined) return { kind: "file", dir: state };
  return new FileStore({ dir: state, seal: sealOf(key), adopts: key.adopts });
}

/** @param say is told why there is no TPM, and the guest boots without; what was refused of a TPM that is shared. */
export function foreignTpm(
  { address, shared, allowed, tokenFile }: GuestTpmOptions,
  say: (text: string) => void,
): GuestTpm {
  let listen: (text: string) => void = say;
  const notice = (text: string) => listen(text);
  const chip = openForeignTpm(address, { shared, token: () => tokenOf(tokenFile) });
  const guarded = shared
    ? new SharedChip(chip, {
        allowed,
        onRefused: ({ name, responseCode, why }) =>
          notice(`${name} was refused with 0x${responseCode.toString(16)}: ${why}`),
      })
    : undefined;
  const backend = guarded ?? chip;
  return {
    backend,
    get isWatched() {
      return chip.shared !== true;
    },
    inspect: () => Promise.reject(new Error("the TPM is somebody else's, and only commands reach it.")),
    on: (event, listener) => (guarded === undefined ? chip.on(event, listener) : guarded.on(event, listener)),
    async begin() {
      try {
        await backend.ready;
        if (chip.shared) say(SHARING);
      } catch (error) {
        say(`the PC has no TPM: ${(error as Error).message}`);
      }
    },
    onNotice(listener) {
      listen = listener;
      chip.on("lost", (error) => listener(error.message));
    },
    close: () => chip.close(),
  };
}

/** @throws UsageError or Error that says why there is none. */
async function tokenOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const token = await readTokenFile(file);
  if (token === null) throw new Error(`--token-file: there is no ${file}; tabtpm bridge --token-file makes it.`);
  return token;
}
