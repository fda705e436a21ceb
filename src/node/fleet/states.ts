/** Where the TPMs of a fleet have their states. */
import type { TpmStore } from "../../store/store.ts";
import type { Lease, VolatilePlace } from "../socket/servedTpm.ts";

/** What a TPM needs for one stay in memory. */
export interface TpmPlace {
  readonly store: TpmStore;
  /** Folder of the state, where it lies in one. */
  readonly dir: string;
  /** Undefined: a file in `dir`. */
  readonly volatile?: VolatilePlace | undefined;
  /** Undefined: nobody takes the state away unseen. */
  readonly lease?: Lease | undefined;
}

export interface FleetStates {
  /** For people; has no password in it. */
  readonly where: string;
  /** Of all TPMs that there are, in order. */
  names(): Promise<string[]>;
  /** @param name valid. @throws Error when there is one already. */
  create(name: string): Promise<void>;
  /** Moves the TPM aside. @returns where its state is kept. @throws Error when somebody has it in use, or there is none. */
  remove(name: string): Promise<string>;
  placeOf(name: string): TpmPlace;
  /** No TPM is in use any more. */
  close(): Promise<void>;
}

export const noSuchTpm = (name: string, where: string) => new Error(`There is no TPM "${name}" in ${where}.`);
export const isThereAlready = (name: string, where: string) =>
  new Error(`There is a TPM "${name}" in ${where} already; nothing was changed.`);
