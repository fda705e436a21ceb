/** Physical presence on a v86 PC: its page on the bus, the firmware's variables in the TPM's store. */
import type { TpmBackend } from "../engine/backend.ts";
import { PpiDevice } from "../ppi/device.ts";
import { PPI_BASE_ADDRESS, PPI_SIZE } from "../ppi/registers.ts";
import { DEFAULT_VARIABLES, type FirmwareVariables, packVariables, unpackVariables } from "../ppi/variables.ts";
import { StoreError } from "../store/store.ts";
import { type RegisterBlock, withWindow } from "./mmio.ts";
import type { Platform } from "./platform.ts";

export class Presence {
  /** The register model on the bus. */
  readonly device: PpiDevice;
  readonly #tpm: TpmBackend;
  readonly #onError: (error: unknown) => void;
  /** Why the firmware runs with the defaults; null when the variables could be read, or have not been yet. */
  loadError: unknown = null;
  #platform: Platform | undefined;
  #release: (() => void) | undefined;

  /** @param onError told when the variables could not be read, or not be stored. */
  constructor(tpm: TpmBackend, onError: (error: unknown) => void) {
    this.#tpm = tpm;
    this.#onError = onError;
    this.device = new PpiDevice({
      store: (variables) => this.#store(variables),
      onStoring: (storing) => this.#hold(storing),
      onStoreError: onError,
      osRuns: () => this.#platform?.paging ?? false,
    });
  }

  /**
   * @param tpm the registers of the TPM, whose block on the bus also has the page.
   * @param address of the TPM's.
   * @returns what to map there.
   */
  connect(platform: Platform, tpm: RegisterBlock, address: number): RegisterBlock {
    this.#platform = platform;
    return withWindow(tpm, { at: PPI_BASE_ADDRESS - address, size: PPI_SIZE, registers: this.device });
  }

  /** The reset line: memory is wiped when software has asked for it. */
  reset(): void {
    if (this.device.memoryOverwriteRequested) this.#platform!.wipeMemory();
    this.device.reset();
  }

  /** Before the firmware runs: the variables as they are stored now. */
  async load(): Promise<void> {
    await this.device.whenStored();
    this.loadError = null;
    try {
      this.device.load(unpackVariables((await this.#tpm.readVariables?.()) ?? null));
    } catch (error) {
      this.device.load(DEFAULT_VARIABLES);
      this.loadError = error;
      this.#onError(error);
    }
  }

  disconnect(): void {
    this.device.dispose();
    this.#hold(false);
  }

  async #store(variables: FirmwareVariables): Promise<void> {
    if (this.#tpm.storeVariables === undefined) {
      throw new StoreError("This TPM's backend has no place for firmware variables: they stay what they were.", {
        code: "unavailable",
      });
    }
    await this.#tpm.storeVariables(packVariables(variables));
  }

  #hold(storing: boolean): void {
    if (storing) {
      this.#release ??= this.#platform?.hold();
      this.#platform?.endSlice();
    } else {
      this.#release?.();
      this.#release = undefined;
    }
  }
}
