// Resumable execution. A long command works in slices of at most 20 ms: its handler returns UNFINISHED and is called
// again, with `phase` as it left it. Between slices the host may cancel, reset or take a snapshot.
import { now } from "./host";

/** What a handler returns in place of a response code when there is more to do. */
export const UNFINISHED: u32 = 0xffffffff;

/** With room for the step that is going on when it is used up: a few milliseconds for the largest keys. */
const SLICE_MILLISECONDS: f64 = 14;

/** Where the handler stands; 0 when it is called for the first time. It may keep more in scratch memory. */
export let phase: u32 = 0;
let canceled: bool = false;
/** When the slice began, milliseconds of the host's clock: of a command's first one, when the command did. To ask the clock takes as long as hashing a block. */
export let sliceStart: f64 = 0;

export function startCommand(): void {
  phase = 0;
  canceled = false;
  sliceStart = now();
}

export function startSlice(): void {
  sliceStart = now();
}

export function setPhase(value: u32): void {
  phase = value;
}

export function requestCancel(): void {
  canceled = true;
}

/** The handler may end with TPM_RC_CANCELED, provided that it has changed nothing. */
export function isCanceled(): bool {
  return canceled;
}

/** The slice is used up: the handler should return UNFINISHED at the next good place. */
export function sliceIsOver(): bool {
  return now() - sliceStart >= SLICE_MILLISECONDS;
}
