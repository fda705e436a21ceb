/** What tests ask a TPM about itself. */

import { expect } from "vitest";
import { layout, placeLayout } from "../../src/spec/layout/place.ts";
import { limitsOf } from "../../src/spec/limits.ts";
import { HEAD } from "./blobs.ts";
import { command, type TestTpm, u32 } from "./harness.ts";
import { CAP, CC, PT } from "./names.ts";

/** A property of TPM_CAP_TPM_PROPERTIES, which the TPM must have. @param which TPM_PT */
export function property(tpm: TestTpm, which: number): number {
  const { rc, view } = tpm.run(command(CC.GetCapability, [], [u32(CAP.TPM_PROPERTIES), u32(which), u32(1)]));
  expect(rc).toBe(0);
  expect(view.getUint32(19)).toBe(which);
  return view.getUint32(23);
}

const rows = placeLayout(layout, limitsOf("full")).tables.flatMap((table) => table.rows);
const row = (name: string) => rows.find((each) => each.name === name)!;
/** The fields of a blob in front of ORDERLY_STATE: power/blobFields.ts. */
const BEFORE = ["PROFILE", "DISABLE_CLEAR", "ESTABLISHED", "LOCKOUT_AUTH_ENABLED", "CLOCK_SAFE"];
const ORDERLY_STATE_IN_BLOB = BEFORE.reduce((offset, name) => offset + row(name).size, HEAD);
const SU_DA_USED = row("ORDERLY_STATE").values.find(({ name }) => name === "SU_DA_USED")!.value;

/** The stored state says that something under dictionary attack protection is in use: SU_DA_USED in the blob. */
export const isUseOnRecord = ({ stored }: TestTpm) =>
  stored !== null && new DataView(stored.buffer, stored.byteOffset).getUint16(ORDERLY_STATE_IN_BLOB) === SU_DA_USED;
export const lockoutCounter = (tpm: TestTpm) => property(tpm, PT.LOCKOUT_COUNTER);

/** TPMS_TIME_INFO; time and clock in milliseconds. */
export interface TimeInfo {
  time: bigint;
  clock: bigint;
  resetCount: number;
  restartCount: number;
  safe: number;
}
export function readClock(tpm: TestTpm): TimeInfo {
  const { rc, view } = tpm.run(command(CC.ReadClock));
  expect(rc).toBe(0);
  return {
    time: view.getBigUint64(10),
    clock: view.getBigUint64(18),
    resetCount: view.getUint32(26),
    restartCount: view.getUint32(30),
    safe: view.getUint8(34),
  };
}
