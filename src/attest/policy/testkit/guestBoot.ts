/** What the guest's boot, recorded, is known by: what policies are held against. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { concat } from "../../../engine/bytes.ts";
import { parseEventLog } from "../../../firmware/eventLog.ts";
import { replayEventLog } from "../../../firmware/eventLogReplay.ts";
import { EV_IPL } from "../../../firmware/eventTypes.ts";
import { TPM_ALG } from "../../../spec/algorithms.ts";
import { checkEventLog, type QuotedPcrs } from "../../eventLogEvidence.ts";
import { checkIma, imaDigest, parseImaLog } from "../../ima/index.ts";
import { type PolicyEvidence, parsePolicy } from "../index.ts";

const SHA256 = TPM_ALG.TPM_ALG_SHA256;
export const octets = (text: string) => new TextEncoder().encode(text);
export const sha256 = (...parts: Uint8Array[]) =>
  new Uint8Array(
    createHash("sha256")
      .update(concat(...parts))
      .digest(),
  );
export const policyOf = (object: object) => parsePolicy(octets(JSON.stringify({ tabtpmPolicy: 1, ...object })));

const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../history/testdata/${name}`, import.meta.url)));
export const LOG = testdata("event-log.bin");
export const IMA = testdata("ima.txt");

/** What the guest's boot is known by. */
export async function evidenceOf(log: Uint8Array, ima: Uint8Array): Promise<PolicyEvidence> {
  const banks = await replayEventLog(parseEventLog(log).events);
  let pcr10: Uint8Array = new Uint8Array(32);
  for (const entry of parseImaLog(ima).entries) pcr10 = sha256(pcr10, (await imaDigest(entry, SHA256))!);
  const quoted: QuotedPcrs = new Map([[SHA256, new Map([...banks.get(SHA256)!, [10, pcr10]])]]);
  return {
    quoted,
    bank: SHA256,
    log: await checkEventLog(log, quoted, SHA256),
    ima: await checkIma(ima, quoted, SHA256),
    firmwareVersion: 0x2024_0101_0012_0000n,
    akName: Uint8Array.of(0, 11, 1, 2, 3),
    ekName: null,
  };
}
export const guest = await evidenceOf(LOG, IMA);
export const COMMAND_LINE = /kernel_cmdline: (.*)/.exec(
  new TextDecoder()
    .decode(guest.log!.events.find(({ event }) => event.pcrIndex === 8 && event.type === EV_IPL)!.event.data)
    .replace(/\0$/, ""),
)![1]!;
