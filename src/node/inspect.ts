/** `tabtpm inspect`: what a stored TPM holds, without its lock, without a command, without changing it, and without its secrets. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PowerOnOptions } from "../engine/api.ts";
import type { TpmInspection } from "../engine/inspection.ts";
import { unsealed } from "../store/durableFile.ts";
import { FileStore } from "../store/file.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { UsageError } from "./errors.ts";
import { createTpm } from "./index.ts";
import { describeInspection } from "./inspectionLines.ts";
import { sealOf } from "./keySource.ts";
import { parseOptions } from "./parse.ts";
import { type KeyOption, parseStateKey, STATE_KEY_HELP, STATE_KEY_OPTIONS } from "./stateKey.ts";
import type { Streams } from "./terminal.ts";

export const INSPECT_HELP = `Usage: tabtpm inspect --state DIR [--volatile FILE] [--json] [--passphrase-file FILE]

Prints what the TPM in this folder holds, as it is stored: counters, authorizations and policies that are set, PCR banks,
NV indices, persistent objects, EK certificates. Never a secret. The TPM may be in use; nothing is changed.

  --volatile FILE  together with the volatile state of a TPM that was saved while it ran (DIR/tpm2.volatile): PCRs,
                   sessions and loaded objects as well
${STATE_KEY_HELP}  --json           all that the TPM tells of itself, as JSON: octets in hex, 64-bit numbers as strings
`;

export interface InspectCommand {
  readonly dir: string;
  readonly volatile?: string | undefined;
  readonly json?: boolean | undefined;
  /** Both are encrypted with it. */
  readonly key?: KeyOption | undefined;
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseInspectOptions(argv: readonly string[]): InspectCommand | undefined {
  const values = parseOptions("inspect", argv, {
    state: { type: "string" },
    volatile: { type: "string" },
    json: { type: "boolean" },
    ...STATE_KEY_OPTIONS,
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return undefined;
  if (!values.state) throw new UsageError("--state needs the name of a folder.");
  return { dir: values.state, volatile: values.volatile, json: values.json, key: parseStateKey(values) };
}

/** @throws SealedStateError where it is encrypted, and not with the key that is given */
export async function inspect({ dir, volatile, json, key }: InspectCommand, streams: Streams): Promise<void> {
  const seal = key && sealOf(key);
  const stored = await new FileStore({ dir }).exportBlob();
  if (stored === null) throw new Error(`There is no TPM in ${dir}.`);
  const blob = unsealed(stored, seal, join(dir, "tpm2.state"));
  const running =
    volatile === undefined ? undefined : unsealed(new Uint8Array(await readFile(volatile)), seal, volatile);
  const inspection = await inspectState(blob, running);
  const lines = json ? [inspectionJson(inspection)] : linesOf(blob, inspection);
  streams.stdout.write(`${lines.join("\n")}\n`);
}

/** @param blob the permanent state. @returns lines of text. @throws TpmStateError when it can't be used. */
export async function describeState(blob: Uint8Array): Promise<string[]> {
  return linesOf(blob, await inspectState(blob));
}

const linesOf = (blob: Uint8Array, inspection: TpmInspection) => [
  `profile: ${inspection.profile}`,
  `state: ${blob.length} bytes`,
  ...describeInspection(inspection),
];

/** A copy of the TPM in memory gets power, and tells of itself: no command is sent to it. @throws TpmStateError */
async function inspectState(blob: Uint8Array, volatile?: Uint8Array): Promise<TpmInspection> {
  const medium = new MemoryMedium();
  medium.blob = blob;
  const tpm = createTpm({ store: new MemoryStore(medium) });
  const options: PowerOnOptions = volatile ? { volatile } : {};
  try {
    await tpm.powerOn(options);
    return await tpm.inspect();
  } finally {
    await tpm.close();
  }
}

/** Octets in hex, bigints as decimal strings, maps as objects. */
export function inspectionJson(inspection: TpmInspection): string {
  return JSON.stringify(
    inspection,
    (_, value: unknown) => {
      if (typeof value === "bigint") return String(value);
      if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
      return value instanceof Map ? Object.fromEntries(value) : value;
    },
    2,
  );
}
