/** Lists as Linux writes them: the guest's own, recorded, and what it makes of each template. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { concat } from "../../../engine/bytes.ts";
import { TPM_ALG } from "../../../spec/algorithms.ts";
import type { QuotedPcrs } from "../../eventLogEvidence.ts";

const { TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384 } = TPM_ALG;
export const octets = (text: string) => new TextEncoder().encode(text);
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../history/testdata/${name}`, import.meta.url)));
export const recordedIma = () => testdata("ima.txt");

const NAMES = new Map<number, string>([
  [TPM_ALG_SHA1, "sha1"],
  [TPM_ALG_SHA256, "sha256"],
  [TPM_ALG_SHA384, "sha384"],
]);
export const digestOf = (bank: number, ...parts: Uint8Array[]) => {
  const hash = createHash(NAMES.get(bank)!);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** Fields as a kernel holds them in memory, and the ASCII and the binary entry that it prints of them. */
export interface KernelEntry {
  readonly template: string;
  readonly fields: readonly { readonly octets: Uint8Array; readonly shown: string }[];
}
export const named = (algorithm: string, digest: Uint8Array, type = "") => ({
  octets: concat(octets(`${type}${algorithm}:\0`), digest),
  shown: `${type}${algorithm}:${hex(digest)}`,
});
export const string = (text: string) => ({ octets: octets(`${text}\0`), shown: text });
export const raw = (bytes: Uint8Array) => ({ octets: bytes, shown: hex(bytes) });
export const u32 = (value: number, isBigEndian = false) => {
  const bytes = Buffer.alloc(4);
  if (isBigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return new Uint8Array(bytes);
};

export const FILE = digestOf(TPM_ALG_SHA256, octets("file"));
export const ENTRIES: readonly KernelEntry[] = [
  { template: "ima-ng", fields: [named("sha256", FILE), string("/usr/bin/ls")] },
  { template: "ima-ngv2", fields: [named("sha256", FILE, "verity:"), string("/usr/bin/ls")] },
  { template: "ima-sig", fields: [named("sha256", FILE), string("/usr/bin/ls"), raw(Uint8Array.of(3, 2, 4, 1, 2, 3))] },
  { template: "ima-sig", fields: [named("sha256", FILE), string("/usr/bin/unsigned"), raw(new Uint8Array(0))] },
  { template: "ima-buf", fields: [named("sha256", FILE), string("kexec-cmdline"), raw(octets("quiet"))] },
  {
    template: "ima-modsig",
    fields: [
      named("sha256", FILE),
      string("/lib/module.ko"),
      raw(new Uint8Array(0)),
      named("sha256", FILE),
      raw(Uint8Array.of(0x30, 0x82)),
    ],
  },
  {
    template: "evm-sig",
    fields: [
      named("sha256", FILE),
      string("/bin/sh"),
      raw(Uint8Array.of(5, 2)),
      string("security.ima|security.capability"),
      raw(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0)),
      raw(Uint8Array.of(9, 8, 7)),
      { octets: u32(1000), shown: "1000" },
      { octets: u32(0), shown: "0" },
      { octets: Uint8Array.of(0xed, 0x81), shown: "33261" },
    ],
  },
  {
    template: "d-ng|n-ng|iuid",
    fields: [named("sha1", new Uint8Array(20)), string("/a"), { octets: u32(7), shown: "7" }],
  },
  { template: "ima", fields: [raw(digestOf(TPM_ALG_SHA1, octets("old"))), string("/sbin/init")] },
];

/** What the kernel hashes. */
export function hashed({ template, fields }: KernelEntry, isBigEndian = false): Uint8Array {
  if (template === "ima")
    return concat(fields[0]!.octets, concat(fields[1]!.octets, new Uint8Array(256)).subarray(0, 256));
  return concat(...fields.flatMap((field) => [u32(field.octets.length, isBigEndian), field.octets]));
}
export const asciiLine = (entry: KernelEntry, digest = digestOf(TPM_ALG_SHA1, hashed(entry))) =>
  `10 ${hex(digest)} ${entry.template} ${entry.fields.map(({ shown }) => shown).join(" ")}\n`;
export function binaryEntry(entry: KernelEntry, isBigEndian = false, digest?: Uint8Array): Uint8Array {
  const number = (value: number) => u32(value, isBigEndian);
  const head = concat(
    number(10),
    digest ?? digestOf(TPM_ALG_SHA1, hashed(entry, isBigEndian)),
    number(entry.template.length),
    octets(entry.template),
  );
  if (entry.template === "ima") {
    const name = entry.fields[1]!.octets.subarray(0, -1);
    return concat(head, entry.fields[0]!.octets, number(name.length), name);
  }
  const data = hashed(entry, isBigEndian);
  return concat(head, number(data.length), data);
}

/** PCR 10 as a kernel leaves it. */
export function extended(bank: number, digests: readonly Uint8Array[]): Uint8Array {
  let value = new Uint8Array(digestOf(bank).length);
  for (const digest of digests) value = digestOf(bank, value, digest);
  return value;
}
export const quoted = (bank: number, value: Uint8Array): QuotedPcrs => new Map([[bank, new Map([[10, value]])]]);
export const asciiList = octets(ENTRIES.map((entry) => asciiLine(entry)).join(""));
export const binaryList = concat(...ENTRIES.map((entry) => binaryEntry(entry)));
