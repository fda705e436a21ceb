// STATE: everything a command may change, in one contiguous region, so that one memory.copy makes a command atomic
// (see commit.ts). Its fields are rows of src/spec/layout/state.ts.
//
// TPM2B values lie in wire form (big-endian size, then the bytes); integers in the machine's order.
// The DRBG and the tick of the clock lie outside: a rolled-back command must not repeat random numbers or time.
import { SU_DA_USED } from "../../generated/layout/state";

export * from "../../generated/layout/state";
export { BANK_COUNT, PCR_SIZE } from "../../generated/layout/bank";

/** A value of ORDERLY_STATE, without its flags, says that a TPM2_Shutdown is on record. */
export function isOrderly(orderlyState: u32): bool {
  return orderlyState < SU_DA_USED;
}
