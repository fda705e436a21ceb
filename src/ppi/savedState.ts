import { PPI_PAGE_SIZE, STATUS_NOT_STORED, STATUS_STORED } from "./registers.ts";
import { DISABLED_HIERARCHIES_MASK, type FirmwareVariables } from "./variables.ts";

const VERSION = 1;

/** Page and window while nothing is being stored. */
export interface PpiRegisters {
  locked: boolean;
  /** STATUS_STORED or STATUS_NOT_STORED. */
  status: number;
  /** The variables as they were written, committed or not. */
  written: FirmwareVariables;
  page: Uint8Array;
}

/** Arrays, numbers and typed arrays only: what an emulator's snapshot can hold. */
export type PpiSavedState = [version: number, numbers: number[], page: Uint8Array];

/** A saved state is not one, is damaged, or comes from a newer version. */
export class PpiStateError extends Error {
  override name = "PpiStateError";
}

export function packState({ locked, status, written, page }: PpiRegisters): PpiSavedState {
  return [VERSION, [Number(locked), status, written.ppFlags, written.disabledHierarchies], page];
}

/** @throws PpiStateError before anything is changed. */
export function unpackState(saved: unknown): PpiRegisters {
  if (!Array.isArray(saved)) throw new PpiStateError("The saved state of physical presence is not an array.");
  const [version, numbers, page] = saved as unknown[];
  if (version !== VERSION) {
    throw new PpiStateError(
      `The saved state of physical presence has version ${String(version)}; this device reads version ${VERSION}.`,
    );
  }
  const damaged = (what: string, value: unknown) =>
    new PpiStateError(`The saved state of physical presence is damaged: ${what} is ${String(value)}.`);
  if (!Array.isArray(numbers) || numbers.length !== 4) throw damaged("the list of numbers", numbers);
  const [locked, status, ppFlags, disabledHierarchies] = numbers as unknown[];
  if (locked !== 0 && locked !== 1) throw damaged("the lock", locked);
  if (status !== STATUS_STORED && status !== STATUS_NOT_STORED) throw damaged("the status", status);
  if (!isUnsigned(ppFlags) || ppFlags > 0xffff_ffff) throw damaged("the flags", ppFlags);
  if (!isUnsigned(disabledHierarchies) || disabledHierarchies > DISABLED_HIERARCHIES_MASK) {
    throw damaged("the list of disabled hierarchies", disabledHierarchies);
  }
  if (!(page instanceof Uint8Array)) throw damaged("the page", typeof page);
  if (page.length !== PPI_PAGE_SIZE) throw damaged("the page", `${page.length} bytes`);
  return { locked: locked === 1, status, written: { ppFlags, disabledHierarchies }, page };
}

const isUnsigned = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
