/** PCRs as the TPM has them, and as an event log explains them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandInput, marshalCommand } from "../../client/index.ts";

/** "sha256:9" to the digest in hexadecimal. */
export type Pcrs = Map<string, string>;

const BANKS = {
  sha1: ["TPM_ALG_SHA1", 20],
  sha256: ["TPM_ALG_SHA256", 32],
  sha384: ["TPM_ALG_SHA384", 48],
  sha512: ["TPM_ALG_SHA512", 64],
} as const;

/** By TPM2_PCR_Read, of all banks. @param numbers of the PCRs */
export async function readPcrs(
  tpm: { execute(command: Uint8Array): Promise<Uint8Array> },
  numbers: readonly number[],
): Promise<Pcrs> {
  const pcrs: Pcrs = new Map();
  for (const [bank, [hash, size]] of Object.entries(BANKS)) {
    for (const pcr of numbers) {
      const pcrSelect = new Uint8Array(3);
      pcrSelect[pcr >> 3] = 1 << (pcr & 7);
      const input: CommandInput<"PCR_Read"> = { parameters: { pcrSelectionIn: [{ hash, pcrSelect }] } };
      const response = Buffer.from(await tpm.execute(marshalCommand("PCR_Read", input)));
      if (response.readUInt32BE(6) !== 0) throw new Error(`PCR_Read of ${bank}:${pcr}: ${response.toString("hex")}`);
      pcrs.set(`${bank}:${pcr}`, response.subarray(-size).toString("hex"));
    }
  }
  return pcrs;
}

/** What events make of these PCRs; one that no event is for is zero. */
export function explainedBy(log: Pcrs, pcrs: Pcrs): Pcrs {
  return new Map([...pcrs].map(([name, { length }]) => [name, log.get(name) ?? "0".repeat(length)]));
}

/** The end of tpm2_eventlog's output: what its events make of the PCRs that are in it. */
export function replayed(output: string): Pcrs {
  const pcrs: Pcrs = new Map();
  let bank = "";
  for (const line of output.slice(output.lastIndexOf("pcrs:")).split("\n")) {
    bank = /^ {2}(\w+):$/.exec(line)?.[1] ?? bank;
    const pcr = /^ {4}(\d+) *: 0x([0-9a-f]+)$/.exec(line);
    if (pcr) pcrs.set(`${bank}:${pcr[1]}`, pcr[2] as string);
  }
  return pcrs;
}

/** tpm2_eventlog's output. @param log a firmware's, in binary */
export function eventLog(log: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-eventlog-"));
  try {
    const file = join(folder, "log");
    writeFileSync(file, log);
    return execFileSync("tpm2_eventlog", [file], { encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
