/**
 * The memory of physical presence as a register model: QEMU's page, which is RAM of the device, and behind it the window of the
 * firmware's variables. It knows no emulator: whoever owns a bus maps PPI_SIZE bytes at PPI_BASE_ADDRESS and calls read and write.
 *
 * The page survives a reset and not a loss of power. Anybody may write it: it holds requests, and what comes of them is
 * decided by the firmware. Its variables only firmware may write, until it locks them or something else than firmware runs.
 */
import { byteMask, RegisterDevice } from "../engine/registerDevice.ts";
import {
  MEMORY_OVERWRITE_REQUESTED,
  PPI_MEMORY_OVERWRITE,
  PPI_PAGE_SIZE,
  PPI_SIZE,
  STATUS_BEING_STORED,
  STATUS_NOT_STORED,
  STATUS_STORED,
  VARIABLE_DISABLED_HIERARCHIES,
  VARIABLE_PP_FLAGS,
  VARIABLES_COMMIT,
  VARIABLES_LAYOUT,
  VARIABLES_LOCK,
  VARIABLES_OFFSET,
  VARIABLES_SIGNATURE,
  VARIABLES_SIGNATURE_TEXT,
  VARIABLES_SIZE,
  VARIABLES_STATUS,
  VARIABLES_VERSION,
} from "./registers.ts";
import { type PpiSavedState, PpiStateError, packState, unpackState } from "./savedState.ts";
import { DEFAULT_VARIABLES, DISABLED_HIERARCHIES_MASK, type FirmwareVariables } from "./variables.ts";

export interface PpiDeviceOptions {
  /** Makes variables durable, all or nothing: resolves when they are, rejects when the old ones stay. */
  store: (variables: FirmwareVariables) => Promise<void>;
  /**
   * Variables are being stored now, or no more. Who owns the processor can hold it meanwhile, so that no delay of the host
   * runs a time-out of the firmware down.
   */
  onStoring?: (storing: boolean) => void;
  /** Told why variables could not be stored. */
  onStoreError?: (error: unknown) => void;
  /** Something else than firmware runs: from then on the variables are locked, also where no firmware has done it. */
  osRuns?: () => boolean;
}

export class PpiDevice extends RegisterDevice {
  readonly #options: PpiDeviceOptions;
  readonly #page = new Uint8Array(PPI_PAGE_SIZE);
  /** What a reset goes back to. */
  #stored: FirmwareVariables = DEFAULT_VARIABLES;
  /** VARIABLES_SIZE bytes as the guest wrote them: only the variables' are looked at. */
  readonly #written = new DataView(new ArrayBuffer(VARIABLES_SIZE));
  #locked = false;
  #status = STATUS_STORED;
  #storing: Promise<void> | null = null;
  /** Counts resets: a commit that began before one has no status to tell after it. */
  #turn = 0;
  #disposed = false;

  constructor(options: PpiDeviceOptions) {
    super();
    this.#options = options;
    this.#forgetWritten();
  }

  /** The platform's reset: variables unlocked, what was not committed forgotten. The page stays. */
  reset(): void {
    this.#turn++;
    this.#locked = false;
    this.#status = STATUS_STORED;
    this.#forgetWritten();
  }

  /** Reset, and the page is empty: what a loss of power leaves. */
  losePower(): void {
    this.reset();
    this.#page.fill(0);
  }

  /** Takes the device off the bus: reads all ones, ignores writes. */
  dispose(): void {
    this.losePower();
    this.#disposed = true;
  }

  /** Before firmware runs: the variables as they are stored. */
  load(variables: FirmwareVariables): void {
    this.#stored = variables;
    this.#forgetWritten();
  }

  /** Resolves when no variables are being stored (any more); never rejects. */
  async whenStored(): Promise<void> {
    await this.#storing;
  }

  /** The next reset is to wipe RAM. As on QEMU, the request stays until software takes it back or power is lost. */
  get memoryOverwriteRequested(): boolean {
    return (this.#page[PPI_MEMORY_OVERWRITE]! & MEMORY_OVERWRITE_REQUESTED) !== 0;
  }

  /** Page and variables for a snapshot. @throws PpiStateError while variables are being stored: await {@link whenStored}. */
  saveState(): PpiSavedState {
    if (this.#storing !== null) {
      throw new PpiStateError("Firmware variables are being stored: await whenStored() before saving.");
    }
    return packState({
      locked: this.#locked,
      status: this.#status,
      written: this.#variables(),
      page: this.#page.slice(),
    });
  }

  /** What is stored stays as it is. @throws PpiStateError for anything but an intact saved state; the device is unchanged then. */
  restoreState(saved: unknown): void {
    const { locked, status, written, page } = unpackState(saved);
    this.reset();
    this.#locked = locked;
    this.#status = status;
    this.#write(written);
    this.#page.set(page);
  }

  protected override readRegister(at: number, count: number): number {
    if (this.#disposed || at >= PPI_SIZE) return byteMask(count);
    let value = 0;
    for (let i = 0; i < count; i++) value |= this.#byteAt(at + i) << (8 * i);
    return value;
  }

  protected override writeRegister(at: number, value: number, count: number): void {
    if (this.#disposed) return;
    for (let i = 0; i < count; i++) this.#writeByte(at + i, (value >>> (8 * i)) & 0xff);
  }

  #byteAt(at: number): number {
    if (at < PPI_PAGE_SIZE) return this.#page[at]!;
    if (isVariable(at)) return this.#written.getUint8(at - VARIABLES_OFFSET);
    switch (at) {
      case VARIABLES_VERSION:
        return VARIABLES_LAYOUT;
      case VARIABLES_LOCK:
        return this.#isLocked() ? 1 : 0;
      case VARIABLES_STATUS:
        return this.#status;
      default:
        // Behind the signature NaN, which is 0: the rest is reserved.
        return VARIABLES_SIGNATURE_TEXT.charCodeAt(at - VARIABLES_SIGNATURE) | 0;
    }
  }

  #writeByte(at: number, value: number): void {
    if (at < PPI_PAGE_SIZE) {
      this.#page[at] = value;
      return;
    }
    if (this.#isLocked()) return;
    if (at === VARIABLES_LOCK) this.#locked = value === 1;
    // What is being stored is not to change under the firmware's eyes.
    if (this.#storing !== null) return;
    if (at === VARIABLES_COMMIT && value === 1) this.#commit();
    else if (at === VARIABLE_DISABLED_HIERARCHIES)
      this.#written.setUint8(at - VARIABLES_OFFSET, value & DISABLED_HIERARCHIES_MASK);
    else if (isVariable(at)) this.#written.setUint8(at - VARIABLES_OFFSET, value);
  }

  #isLocked(): boolean {
    if (this.#options.osRuns?.()) this.#locked = true;
    return this.#locked;
  }

  #commit(): void {
    const turn = this.#turn;
    const variables = this.#variables();
    const ended = (status: number) => {
      this.#storing = null;
      if (turn === this.#turn) this.#status = status;
      this.#options.onStoring?.(false);
    };
    this.#status = STATUS_BEING_STORED;
    this.#storing = this.#store(variables).then(
      () => {
        this.#stored = variables;
        ended(STATUS_STORED);
      },
      (error: unknown) => {
        ended(STATUS_NOT_STORED);
        this.#options.onStoreError?.(error);
      },
    );
    this.#options.onStoring?.(true);
  }

  /** Async, so that a store that throws rejects instead of throwing into the bus. */
  async #store(variables: FirmwareVariables): Promise<void> {
    await this.#options.store(variables);
  }

  #variables(): FirmwareVariables {
    return {
      ppFlags: this.#written.getUint32(VARIABLE_PP_FLAGS - VARIABLES_OFFSET, true),
      disabledHierarchies: this.#written.getUint8(VARIABLE_DISABLED_HIERARCHIES - VARIABLES_OFFSET),
    };
  }

  #write({ ppFlags, disabledHierarchies }: FirmwareVariables): void {
    this.#written.setUint32(VARIABLE_PP_FLAGS - VARIABLES_OFFSET, ppFlags, true);
    this.#written.setUint8(VARIABLE_DISABLED_HIERARCHIES - VARIABLES_OFFSET, disabledHierarchies);
  }

  #forgetWritten(): void {
    this.#write(this.#stored);
  }
}

function isVariable(at: number): boolean {
  return at >= VARIABLE_PP_FLAGS && at <= VARIABLE_DISABLED_HIERARCHIES;
}
