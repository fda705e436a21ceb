import { createHash } from "node:crypto";

/** The banks' names as sysfs and tpm2-tools write them. */
export type Bank = "sha1" | "sha256" | "sha384" | "sha512";
export const digestSizes: Readonly<Record<Bank, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

const extend = (bank: Bank, value: Buffer, digest: Buffer): Buffer =>
  createHash(bank).update(value).update(digest).digest();

/**
 * Replays Linux's IMA log into PCR 10.
 *
 * Format of `binary_runtime_measurements`, all numbers little-endian 32-bit: PCR, SHA-1 of the template data (zero for
 * a violation), length and name of the template, length and bytes of the template data. Since Linux 5.8 each bank is
 * extended with the template data's digest in its own algorithm; a violation extends 0xFF … in every bank. A bank whose
 * algorithm the kernel lacks gets the SHA-1, padded with zeroes.
 * @returns PCR 10 in hex, and how many entries the log has.
 */
export function replayIma(log: Buffer, bank: Bank, kernelHasAlgorithm: boolean): { pcr10: string; entries: number } {
  let value: Buffer = Buffer.alloc(digestSizes[bank]);
  let entries = 0;
  for (let at = 0; at < log.length; entries++) {
    const pcr = log.readUInt32LE(at);
    if (pcr !== 10) throw new Error(`entry ${entries} of the IMA log is for PCR ${pcr}`);
    const sha1 = log.subarray(at + 4, at + 24);
    const dataAt = at + 28 + log.readUInt32LE(at + 24);
    const data = log.subarray(dataAt + 4, dataAt + 4 + log.readUInt32LE(dataAt));
    at = dataAt + 4 + data.length;
    const isViolation = sha1.every((byte) => byte === 0);
    if (isViolation) value = extend(bank, value, Buffer.alloc(digestSizes[bank], 0xff));
    else if (kernelHasAlgorithm) value = extend(bank, value, createHash(bank).update(data).digest());
    else value = extend(bank, value, Buffer.concat([sha1, Buffer.alloc(digestSizes[bank] - sha1.length)]));
  }
  return { pcr10: value.toString("hex"), entries };
}

/** The `pcrs:` section of `tpm2_eventlog`: bank -> PCR -> hex. */
export function parseEventLogPcrs(yaml: string): Map<string, Map<number, string>> {
  const section = yaml.slice(yaml.search(/^pcrs:/m));
  const banks = new Map<string, Map<number, string>>();
  let bank = new Map<number, string>();
  for (const line of section.split("\n")) {
    const head = /^ {2}(\w+):$/.exec(line);
    if (head) {
      bank = new Map();
      banks.set(head[1]!, bank);
    }
    const value = /^ +(\d+) *: *0x([0-9a-f]+)/i.exec(line);
    if (value) bank.set(Number(value[1]), value[2]!.toLowerCase());
  }
  return banks;
}
