/** What is damaged, newer, another TPM's or cut: written from what is whole, with how each was made beside it. */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DamagedBlob } from "../../src/engine/testkit/blobs.ts";
import { sealWithPassphrase } from "../../src/passphrase/index.ts";
import { DEFAULT_VARIABLES, packVariables } from "../../src/ppi/variables.ts";
import { BLOCK } from "../../src/store/slots.ts";

interface Sources {
  readonly folder: string;
  readonly permanent: Uint8Array;
  readonly volatile: Uint8Array;
  /** Of a page, with the passphrase. */
  readonly exported: Uint8Array;
  readonly passphrase: string;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
export function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  change(copy);
  return copy;
}
export const flipped = (bytes: Uint8Array, at: number) =>
  changed(bytes, (copy) => {
    copy[at] = (copy[at] as number) ^ 1;
  });

/** Of a permanent state of version 2 or 3, as asm/tpm/power/blob.ts has it: the NV store counts by the digests of its chunks. */
function integrityOf(state: Uint8Array): Uint8Array {
  const end = state.length - 32;
  const nv = end - new DataView(state.buffer, state.byteOffset).getUint32(16);
  const chunks: Uint8Array[] = [];
  for (let at = nv; at < end; at += 2048) chunks.push(sha256(state.subarray(at, Math.min(at + 2048, end))));
  return sha256(Buffer.concat([state.subarray(0, nv), ...chunks]));
}

export const withIntegrity = (state: Uint8Array) =>
  changed(state, (copy) => copy.set(integrityOf(copy), copy.length - 32));

/** In `damaged/` of the folder; `facts.json` there says what they are. */
export async function writeDamaged({ folder, permanent, volatile, exported, passphrase }: Sources): Promise<void> {
  const slots = new Uint8Array(await readFile(join(folder, "plain/tpm2.state")));
  const sealed = new Uint8Array(await readFile(join(folder, "encrypted/tpm2.state")));
  const variables = packVariables(DEFAULT_VARIABLES);
  const second = slots.length / 2 + BLOCK;
  const machine = await sealWithPassphrase(permanent, passphrase, { purpose: "machine" });
  const damaged: [DamagedBlob, Uint8Array][] = [
    [of("permanent", "flipped", "octet 100 of full.state is another one", "damaged"), flipped(permanent, 100)],
    [of("permanent", "cut", "the last octet of full.state is missing", "damaged"), permanent.slice(0, -1)],
    [
      of("permanent", "newer", "the version of full.state is 255, and its integrity value is right", "newer"),
      withIntegrity(changed(permanent, (copy) => copy.set([0, 0, 0, 255], 8))),
    ],
    [of("volatile", "flipped", "octet 1000 of full.volatile is another one", "volatile"), flipped(volatile, 1000)],
    [of("volatile", "cut", "the last octet of full.volatile is missing", "volatile"), volatile.slice(0, -1)],
    [of("sealed", "flipped", "octet 300 of export.sealed is another one", "damaged"), flipped(exported, 300)],
    [of("sealed", "cut", "the last octet of export.sealed is missing", "damaged"), exported.slice(0, -1)],
    [
      of("sealed", "newer", "the version of export.sealed is 2, and its checksum is right", "newer"),
      changed(exported, (copy) => {
        copy[9] = 2;
        copy.set(sha256(copy.subarray(0, -32)), copy.length - 32);
      }),
    ],
    [
      of("sealed", "changed", "octet 300 of export.sealed is another one, and its checksum is right", "damaged"),
      changed(flipped(exported, 300), (copy) => copy.set(sha256(copy.subarray(0, -32)), copy.length - 32)),
    ],
    [of("sealed", "other", "full.state, sealed as a machine file", "other"), machine],
    [
      of(
        "slots",
        "torn",
        "octet 10 of the content of the first slot of plain/tpm2.state is another one; that of the last commit is whole",
        null,
      ),
      flipped(slots, 3 * BLOCK + 10),
    ],
    [
      of("slots", "flipped", "an octet of the content of each slot of plain/tpm2.state is another one", "damaged"),
      flipped(flipped(slots, 3 * BLOCK), second + BLOCK + 10),
    ],
    [
      of("slots", "newer", "the version of plain/tpm2.state is 2, and its head's digest is right", "unavailable"),
      changed(slots, (copy) => {
        copy[11] = 2;
        copy.set(sha256(copy.subarray(0, 16)), 16);
      }),
    ],
    [
      of("key", "flipped", "octet 60 of the last commit of encrypted/tpm2.state", "damaged"),
      flipped(sealed, second + BLOCK + 60),
    ],
    [of("variables", "flipped", "octet 9 of firmware variables is another one", "damaged"), flipped(variables, 9)],
    [
      of("variables", "newer", "the layout of firmware variables is 2", "newer"),
      changed(variables, (copy) => copy.set([2], 7)),
    ],
  ];
  const dir = join(folder, "damaged");
  await mkdir(dir);
  for (const [{ file }, bytes] of damaged) await writeFile(join(dir, file), bytes);
  const facts = damaged.map(([blob]) => blob);
  await writeFile(join(dir, "facts.json"), `${JSON.stringify(facts, null, 2)}\n`);
}

const of = (kind: DamagedBlob["kind"], what: string, how: string, problem: string | null): DamagedBlob => ({
  file: `${kind}.${what}`,
  kind,
  how,
  problem,
});
