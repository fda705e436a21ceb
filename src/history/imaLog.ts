/**
 * IMA's list of measurements as Linux prints it, /sys/kernel/security/ima/ascii_runtime_measurements: a line an entry,
 * "10 <SHA-1 of the entry> ima-ng sha256:<digest of the file> <path>". [Linux, Documentation/security/IMA-templates.rst]
 */
import { concat } from "../engine/bytes.ts";
import { type HashFunction, webCryptoHash } from "../firmware/eventLogReplay.ts";
import { fromHex, PCR_COUNT } from "./steps.ts";

export interface ImaEntry {
  readonly pcr: number;
  /** SHA-1 of the entry in hex, as the list has it whatever the banks are; zeros for a violation. */
  readonly templateHash: string;
  /** "ima-ng", "ima-sig", ... */
  readonly template: string;
  /** Of the file, with its algorithm: "sha256:5179…". Empty where the template has none. */
  readonly fileDigest: string;
  /** Path of the file, or what else was measured: "boot_aggregate". */
  readonly name: string;
  /** The file's signature of an "ima-sig" entry, in hex; empty where there is none. */
  readonly signature: string;
}

export interface ImaLog {
  readonly entries: readonly ImaEntry[];
  /** The list ends within a line, which is left out. */
  readonly isCut: boolean;
}

/** The octets are no list of IMA's measurements. */
export class ImaLogError extends Error {
  override name = "ImaLogError";
  /** From 1. */
  readonly line: number;
  constructor(line: number, problem: string) {
    super(`This is no list of IMA's measurements: line ${line} ${problem}.`);
    this.line = line;
  }
}

/** Entries that are read: what a page can show and compare. */
const MAX_ENTRIES = 10_000;
const LINE = /^ *(\d{1,2}) ([0-9a-f]{40}) ([a-z0-9|_-]{1,64}) (.*)$/s;
const FILE_DIGEST = /^((?:[a-z0-9-]{1,20}:)?[0-9a-f]{2,128}) (.*)$/s;
/** A signature begins with EVM_IMA_XATTR_DIGSIG and the version 2. */
const SIGNATURE = /^(.*) (0302(?:[0-9a-f]{2})+)$/s;

/** @throws ImaLogError for what is no such list; Linux writes every line of it in this form. */
export function parseImaLog(octets: Uint8Array): ImaLog {
  const lines = new TextDecoder().decode(octets).split("\n");
  // Behind the last line's end there is nothing.
  const rest = lines.pop() ?? "";
  const entries: ImaEntry[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "" && index > 0) continue;
    if (entries.length === MAX_ENTRIES) throw new ImaLogError(index + 1, "is more than can be shown");
    entries.push(parseLine(line, index + 1));
  }
  const last = rest.trim() === "" ? null : LINE.exec(rest);
  if (entries.length === 0) throw new ImaLogError(1, last === null ? "has no entry" : "has no end");
  return { entries, isCut: rest.trim() !== "" };
}

function parseLine(line: string, number: number): ImaEntry {
  const match = LINE.exec(line);
  if (match === null) throw new ImaLogError(number, "is not “PCR, digest, template, …”");
  const [, pcr, templateHash, template, rest] = match as unknown as [string, string, string, string, string];
  if (Number(pcr) >= PCR_COUNT) throw new ImaLogError(number, `names PCR ${pcr}`);
  const measured = FILE_DIGEST.exec(rest);
  const [fileDigest, tail] = measured === null ? ["", rest] : [measured[1]!, measured[2]!];
  const signed = template === "ima-sig" ? SIGNATURE.exec(tail) : null;
  // Without a signature the line of this template ends in the blank that would stand before it.
  const name = signed?.[1] ?? (template === "ima-sig" ? tail.replace(/ $/, "") : tail);
  return { pcr: Number(pcr), templateHash, template, fileDigest, name, signature: signed?.[2] ?? "" };
}

const isViolation = ({ templateHash }: ImaEntry) => /^0+$/.test(templateHash);

/**
 * What IMA extends a bank with for this entry: the hash of its fields, each behind its size. Null for templates other
 * than ima-ng and ima-sig, for a name whose octets the list does not tell, and for a bank that `hash` does not have.
 */
export async function imaDigest(
  entry: ImaEntry,
  algorithm: number,
  hash: HashFunction = webCryptoHash,
): Promise<Uint8Array | null> {
  const { template, fileDigest, name, signature } = entry;
  const [hashName, hex] = fileDigest.split(":");
  const isKnown = template === "ima-ng" || template === "ima-sig";
  if (!isKnown || hex === undefined || hex.length % 2 !== 0 || name.includes("\ufffd")) return null;
  const fields: Uint8Array[] = [concat(text(`${hashName}:\0`), fromHex(hex)), text(`${name}\0`)];
  if (template === "ima-sig") fields.push(fromHex(signature));
  const data = concat(...fields.flatMap((field) => [u32(field.length), field]));
  const digest = await hash(algorithm, data);
  // What was opened for writing while it was measured: the digest is not to be relied on, and the PCR is spoilt.
  return digest !== null && isViolation(entry) ? new Uint8Array(digest.length).fill(0xff) : digest;
}

const text = (characters: string) => new TextEncoder().encode(characters);
const u32 = (value: number) =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
