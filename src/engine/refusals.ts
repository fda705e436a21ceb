import { TpmPoweredOffError } from "./backend.ts";

/** Errors that the in-thread and the worker backend give in the same words. */
export const lostError = (why: string) => new TpmPoweredOffError(`${why}: the command is lost.`);
export const noPowerError = () => new TpmPoweredOffError("The TPM has no power: call powerOn() first.");
export const closedError = () => new TpmPoweredOffError("This TPM was closed.");

export function checkLocality(locality: number): void {
  if (Number.isInteger(locality) && locality >= 0 && locality <= 4) return;
  throw new RangeError(`${locality} is no locality: 0 to 4.`);
}
