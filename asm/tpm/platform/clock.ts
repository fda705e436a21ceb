// Time and Clock (Part 1, 36). Time counts milliseconds since _TPM_Init; Clock counts the milliseconds in which the TPM
// was powered since the last TPM2_Clear, and is stored at each update interval so that it goes back by less than one.
import { now, put32, put64, reserve, sliceStart } from "../../base/index";
import { backgroundChange, CLOCK, CLOCK_SAFE, reportsClock, RESET_COUNT, RESTART_COUNT } from "../state/index";

/** Clock is stored each time it passes a multiple of 2^12 ms (TPM_PT_CLOCK_UPDATE). */
export const NV_CLOCK_UPDATE_INTERVAL: u32 = 12;

// A tick of the host's clock is 1/30000 longer or shorter for each step of the rate (TPM2_ClockRateAdjust).
const NOMINAL: f64 = 30000;
export const RATE_COARSE: i32 = 300;
export const RATE_MEDIUM: i32 = 30;
export const RATE_FINE: i32 = 1;
/** Part 1, 36.3.2 allows 15 %; this is what reaches it. */
const RATE_LIMIT: i32 = 5000;

let hostTime: f64 = 0;
/** Milliseconds since _TPM_Init, with the fraction that Time does not show. */
export let exactTime: f64 = 0;
export let rate: i32 = 30000;
/** Time, constant during a command. */
export let time: u64 = 0;

/** _TPM_Init: Time starts again. */
export function clockPowerOn(): void {
  hostTime = now();
  exactTime = 0;
  time = 0;
  rate = 30000;
}

/** Time goes on from where it was when the volatile state was saved. */
export function resumeClock(savedTime: f64, savedRate: i32): void {
  hostTime = now();
  exactTime = savedTime;
  time = savedTime as u64;
  rate = savedRate;
}

/**
 * Brings Time and Clock up to the beginning of the command, once TPM2_Startup was there: it catches up on the time before it.
 * selfHeal() goes with it.
 */
export function updateClock(): void {
  if (sliceStart > hostTime) {
    exactTime += ((sliceStart - hostTime) * NOMINAL) / (rate as f64);
    hostTime = sliceStart;
  }
  const newTime = exactTime as u64;
  const elapsed = newTime - time;
  time = newTime;
  advanceClock(load<u64>(CLOCK) + elapsed);
}

/** Time as it is now, also between two commands: what updateClock would set. */
export function currentTime(): u64 {
  const elapsed = now() - hostTime;
  return (exactTime + (elapsed > 0 ? (elapsed * NOMINAL) / (rate as f64) : 0)) as u64;
}

function advanceClock(value: u64): void {
  if (value >> NV_CLOCK_UPDATE_INTERVAL != load<u64>(CLOCK) >> NV_CLOCK_UPDATE_INTERVAL) {
    // From now on Clock is larger than any value that was reported before the last disorderly shutdown.
    store<u8>(CLOCK_SAFE, 1);
    backgroundChange();
  }
  store<u64>(CLOCK, value);
}

/** TPM2_ClockSet. The caller has made the change permanent. */
export function setClock(value: u64): void {
  if (value >> NV_CLOCK_UPDATE_INTERVAL != load<u64>(CLOCK) >> NV_CLOCK_UPDATE_INTERVAL) store<u8>(CLOCK_SAFE, 1);
  store<u64>(CLOCK, value);
}

/** TPM2_ClockRateAdjust: positive steps are slower. */
export function adjustRate(steps: i32): void {
  rate = max(30000 - RATE_LIMIT, min(30000 + RATE_LIMIT, rate + steps));
}

/** Bytes of a TPMS_CLOCK_INFO and a TPMS_TIME_INFO in wire form. */
const CLOCK_INFO_SIZE: u32 = 17;
export const TIME_INFO_SIZE: u32 = 8 + CLOCK_INFO_SIZE;

/** TPMS_CLOCK_INFO in wire form at `to`, with values added to the counts where they must not be recognised. */
function putClockInfo(to: usize, resetOffset: u32 = 0, restartOffset: u32 = 0): void {
  put64(to, load<u64>(CLOCK));
  put32(to + 8, load<u32>(RESET_COUNT) + resetOffset);
  put32(to + 12, load<u32>(RESTART_COUNT) + restartOffset);
  store<u8>(to + 16, load<u8>(CLOCK_SAFE));
}

/** TPMS_TIME_INFO in wire form at `to`. A response that depends on it calls reportsClock. */
export function putTimeInfo(to: usize): void {
  put64(to, time);
  putClockInfo(to + 8);
}

/** TPMS_CLOCK_INFO into the response; the offsets as for putClockInfo. */
export function writeClockInfo(resetOffset: u32 = 0, restartOffset: u32 = 0): void {
  reportsClock();
  putClockInfo(reserve(CLOCK_INFO_SIZE), resetOffset, restartOffset);
}

/** TPMS_TIME_INFO into the response. */
export function writeTimeInfo(): void {
  reportsClock();
  putTimeInfo(reserve(TIME_INFO_SIZE));
}
