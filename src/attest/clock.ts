/** The clock and the firmware version in a quote, against an earlier quote (Part 1, 36.3 and 36.7). */
import type { ClockInfo } from "./attestation.ts";
import { type Finding, finding } from "./finding.ts";

const inWords = ({ clock, resetCount, restartCount, safe }: ClockInfo) =>
  `clock ${clock} ms, resetCount ${resetCount}, restartCount ${restartCount}, ${safe ? "safe" : "not safe"}`;

/**
 * How far a counter has come. A TPM adds a constant number to it, modulo 2^32, for keys outside of the endorsement and platform
 * hierarchies, so that only differences mean something.
 */
const advance = (from: number, to: number): number => (to - from) | 0;

/** In one boot the clock rises; resetCount and restartCount never fall. */
export function checkClock(now: ClockInfo, last: ClockInfo): Finding {
  const result = (verdict: Finding["verdict"], note: string | null) =>
    finding("quote.clock", verdict, { expected: `later than ${inWords(last)}`, seen: inWords(now), note });
  const resets = advance(last.resetCount, now.resetCount);
  const restarts = advance(last.restartCount, now.restartCount);
  if (resets < 0) return result("bad", "resetCount has fallen: the quote is older, or of another TPM or state");
  // TPM Reset sets restartCount to 0.
  if (resets === 0 && restarts < 0) return result("bad", "restartCount has fallen within one boot: the quote is older");
  if (now.clock > last.clock) return result("good", null);
  if (resets === 0 && restarts === 0)
    return result("bad", "the clock has not gone on within one boot: the quote is older");
  if (now.safe) return result("bad", "the clock is safe, and yet has gone back");
  return result("unknown", "the clock is not safe: after a loss of power it may repeat times that it told before");
}

export interface FirmwareVersions {
  readonly last: bigint | undefined;
  readonly asked: bigint | undefined;
}

/** One finding where there is something to compare with, else none. */
export function checkFirmwareVersion(version: bigint, { last, asked }: FirmwareVersions): Finding[] {
  const expected = asked ?? last;
  if (expected === undefined) return [];
  const values = { expected: expected.toString(16), seen: version.toString(16) };
  if (version === expected) return [finding("quote.firmwareVersion", "good", values)];
  const note = "the TPM's firmware is another, or the key's hierarchy hides the version behind another number";
  // Since the last quote it may have been updated rightly; what was asked for is wrong.
  return [finding("quote.firmwareVersion", asked === undefined ? "unknown" : "bad", { ...values, note })];
}
