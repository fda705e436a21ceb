import type { V86 } from "v86";
import { CrbDevice } from "../crb/device.ts";
import { BUFFER_SIZE } from "../crb/registers.ts";
import { Emitter } from "../engine/events.ts";
import type { CommandInExecution } from "../engine/execution.ts";
import { type FwCfgFile, logAreaAtTopOf, tpmFirmwareFiles } from "../firmware/fwCfg.ts";
import type { LogArea } from "../firmware/tpm2Table.ts";
import { TPM_MMIO_ADDRESS } from "../firmware/tpmDevice.ts";
import { TisDevice } from "../tis/device.ts";
import { AttachedSnapshots } from "./attachedSnapshots.ts";
import type { AttachTpmOptions, TpmAttachmentEvents } from "./attachOptions.ts";
import { CommandHold } from "./commandHold.ts";
import { isInitialised, requireInternals } from "./internals.ts";
import { mapRegisters } from "./mmio.ts";
import { acquirePlatform, type Platform } from "./platform.ts";
import { Presence } from "./presence.ts";
import { testedReleaseOf, UNTESTED_V86 } from "./release.ts";
import type { RestoreStateOptions, SaveStateOptions } from "./snapshots.ts";
import { checkInterface, checkIrq } from "./tpmOptions.ts";
import type { RestoredState } from "./tpmSnapshots.ts";

/**
 * Puts a TPM on the bus of a v86 PC.
 *
 * Call it right after `new V86({ acpi: true, ... })`, autostart or not: the guest does not execute its first
 * instruction before `tpm.ready` has settled and the TPM has had its _TPM_Init. From then on guest resets and
 * `emulator.restart()` reset the TPM and boot again, `poweroff` in the guest cuts the power, and
 * {@link TpmAttachment.powerOn} boots again.
 *
 * ```ts
 * const emulator = new V86({ acpi: true, autostart: true, bios, vga_bios, bzimage, initrd, cmdline });
 * const attachment = attachTpm(emulator, { tpm, interface: "tis" });
 * await attachment.ready;
 * ```
 *
 * SeaBIOS 1.16 with TCG support (Debian's `bios-256k.bin`) is needed for a measured boot.
 *
 * @throws TypeError for an interface that there is not, or an interrupt for one that has none; UnsupportedV86Error, naming the member, when one
 * of v86's is missing; RangeError or TypeError for an interrupt that is not free; Error when the guest has already run or `acpi: true` is missing, or it
 * has a snapshot to start from that is refused. While v86 is still loading all but the first arrive as the rejection of {@link TpmAttachment.ready}, and the emulator does not run.
 */
export function attachTpm(emulator: V86, options: AttachTpmOptions): TpmAttachment {
  return new TpmAttachment(emulator, options);
}

/** Milliseconds that a TPM gets for a TPM2_Shutdown: one that hangs must not keep the power on. */
const SHUTDOWN_MS = 2000;

/** A TPM on an emulator's bus; made by {@link attachTpm}. */
export class TpmAttachment {
  /** The register model on the bus. */
  readonly device: TisDevice | CrbDevice;
  /**
   * Resolves when the guest may execute: the TPM has its _TPM_Init, or its backend has failed (see the event) and the
   * machine goes on without. Rejects when the TPM cannot be attached to this emulator.
   */
  readonly ready: Promise<void>;

  readonly #emulator: V86;
  readonly #options: AttachTpmOptions;
  readonly #events = new Emitter<TpmAttachmentEvents>();
  readonly #undo: (() => void)[] = [];
  readonly #presence: Presence;
  readonly #snapshots: AttachedSnapshots;
  #settleReady!: { resolve: () => void; reject: (error: unknown) => void };
  #platform: Platform | undefined;
  #commandHold: CommandHold | undefined;
  #files: FwCfgFile[] = [];
  #v86Release: string | null | undefined;
  #detached = false;
  /** Counts resets and power cuts: what an earlier one has begun and a later one overtaken is not carried on. */
  #turn = 0;
  /** Power that was cut is off when this resolves. */
  #cutting: Promise<void> = Promise.resolve();
  /** The last _TPM_Init is through, or was overtaken. */
  #initialising: Promise<void> = Promise.resolve();

  constructor(emulator: V86, options: AttachTpmOptions) {
    this.#emulator = emulator;
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    const { tpm } = options;
    this.device = this.#makeDevice();
    this.#presence = new Presence(tpm, (error) => this.#events.emit("variables-failed", error));
    const isDetached = () => this.#detached;
    this.#snapshots = new AttachedSnapshots({ ready: () => this.ready, isDetached }, options);
    // Looked at once v86 is there; until then its rejection is not unhandled, only early.
    tpm.ready.catch(() => {});
    if (!isInitialised(emulator)) {
      this.#attachWhenInitialised();
    } else if (emulator.get_instruction_counter() === 0) {
      this.#attach();
    } else {
      throw new Error(
        "attachTpm was called after the guest began to run, so that its firmware has not seen the TPM. " +
          "Call it right after new V86().",
      );
    }
  }

  /** @throws TypeError */
  #makeDevice(): TisDevice | CrbDevice {
    const { tpm: backend, irq, onUnknownAccess, interface: kind = "tis" } = this.#options;
    checkInterface(kind, irq);
    const options = {
      backend,
      onPoll: () => this.#platform?.endSlice(),
      onExecution: (command: CommandInExecution | null) => this.#commandHold?.follow(command),
      onUnknownAccess,
      onBackendError: (error: unknown) => this.#events.emit("failed", error),
    };
    if (kind === "crb") return new CrbDevice(options);
    if (irq === undefined) return new TisDevice(options);
    return new TisDevice({ ...options, vector: irq, irq: (asserted) => this.#driveIrq(irq, asserted) });
  }

  /** The memory of the firmware's event log (LASA, LAML), or undefined while the guest is offered no TPM. */
  get log(): LogArea | undefined {
    return this.#files.length === 0 ? undefined : logAreaAtTopOf(this.#platform!.memorySize);
  }

  /** Why the firmware's variables could not be read at the last _TPM_Init, so that it has the defaults; null when they could. */
  get variablesError(): unknown {
    return this.#presence.loadError;
  }

  /** True after `poweroff` in the guest or {@link powerOff}. */
  get poweredOff(): boolean {
    return this.#platform?.poweredOff ?? false;
  }

  /**
   * Whose time the guest's clocks tell: their own, which stands still whenever the guest does, or the host's, with which
   * a delay of the host may become a time-out of the guest. Undefined until {@link ready}.
   */
  get guestClock(): "own" | "host" | undefined {
    if (this.#platform === undefined) return undefined;
    return this.#platform.clock === undefined ? "host" : "own";
  }

  /**
   * The tested release of v86 whose processor the emulator has, such as "0.5.462"; null for one that was not tested. Undefined until
   * {@link ready}.
   */
  get v86Release(): string | null | undefined {
    return this.#v86Release;
  }

  /** @returns a function that removes the listener. */
  on<Name extends keyof TpmAttachmentEvents>(
    event: Name,
    listener: (value: TpmAttachmentEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Switches off: the guest does not execute any more, and the TPM loses its power, after a TPM2_Shutdown on the guest's
   * behalf where that is due (see {@link TpmBackend.shutDown}).
   */
  powerOff(): Promise<void> {
    return this.#cutPower(true);
  }

  /** Guest and TPM lose their power at once, without TPM2_Shutdown: what a power cut is to a TPM. */
  pullPlug(): Promise<void> {
    return this.#cutPower(false);
  }

  /** Applies power after a power-off: _TPM_Init, empty RAM, and the guest boots. */
  async powerOn(): Promise<void> {
    await this.ready;
    await this.#cutting;
    this.#platform!.powerOn();
  }

  /**
   * The guest and its TPM as they stand: v86's state, with the TPM in it. The guest does not execute meanwhile; a command that the TPM
   * has is finished first, and is in the snapshot with its answer. It has all of the TPM's secrets in it, and the guest's memory.
   * @throws SnapshotRefusedError, by its `code`; what the signal was aborted with.
   */
  saveState(options: SaveStateOptions = {}): Promise<ArrayBuffer> {
    return this.#snapshots.save(options);
  }

  /**
   * Puts guest and TPM back to a snapshot, durably, before the guest executes. A machine without power has it again.
   * @param state of {@link saveState}; it stays as it is.
   * @throws SnapshotRefusedError by its `code`, RollbackRefusedError when the TPM's permanent state has changed since and nothing was said of that
   * (`onMovedOn`), StoreError; what the signal was aborted with. The machine goes on as it was.
   */
  restoreState(state: ArrayBuffer, options: RestoreStateOptions = {}): Promise<RestoredState> {
    return this.#snapshots.restore(state, options);
  }

  /** Lets a guest go on that was held by `saveState({ hold: true })` or `restoreState(..., { hold: true })`. */
  release(): void {
    this.#snapshots.release();
  }

  /** Takes the TPM off the bus and puts v86's members back. The backend keeps its power; it belongs to the caller. */
  detach(): void {
    this.#detached = true;
    for (const undo of this.#undo.splice(0).reverse()) undo();
    this.device.dispose();
    this.#presence.disconnect();
    this.#settleReady.resolve();
  }

  #attachWhenInitialised(): void {
    const attach = () => {
      try {
        this.#attach();
      } catch (error) {
        this.#fail(error);
      }
    };
    this.#emulator.add_listener("emulator-ready", attach);
    this.#undo.push(() => this.#emulator.remove_listener("emulator-ready", attach));
  }

  /** A guest that boots although its TPM could not be attached would be a surprise: autostart is undone. */
  #fail(error: unknown): void {
    this.#emulator.add_listener("emulator-loaded", () => void this.#emulator.stop());
    this.#settleReady.reject(error);
  }

  #attach(): void {
    const { clock } = this.#options;
    if (clock?.isInstantiated === false) {
      throw new TypeError(
        "attachTpm was given a clock that v86 does not have: pass clock.instantiate(wasm) as wasm_fn",
      );
    }
    const { uart1, uart3 } = requireInternals(this.#emulator).devices;
    checkIrq(this.#options.irq, { uart1: uart1 !== undefined, uart3: uart3 !== undefined });
    const { platform, release } = acquirePlatform(this.#emulator, clock);
    this.#platform = platform;
    this.#v86Release = testedReleaseOf(platform.cpu) ?? null;
    if (this.#v86Release === null) (this.#options.onUntestedV86 ?? console.warn)(UNTESTED_V86);
    const hold = new CommandHold(platform, (waiting) => this.#events.emit("waiting", waiting));
    this.#commandHold = hold;
    this.#undo.push(
      release,
      () => hold.release(),
      mapRegisters(platform.cpu, TPM_MMIO_ADDRESS, this.#presence.connect(platform, this.device, TPM_MMIO_ADDRESS)),
      () => this.#offerFiles(false),
      platform.on("reset", () => this.#reset(platform)),
      platform.on("soft-off", () => void this.#softOff()),
    );
    this.#undo.push(this.#joinSnapshots(platform), () => this.release());
    this.#begin(platform).then(this.#settleReady.resolve, this.#settleReady.reject);
  }

  /** @returns the undo. */
  #joinSnapshots(platform: Platform): () => void {
    const { tpm, irq, interface: kind = "tis" } = this.#options;
    const parts = {
      ...{ platform, tpm, device: this.device, presence: this.#presence, interface: kind, irq },
      v86Release: this.#v86Release ?? null,
      turn: () => (this.#detached ? -1 : this.#turn),
      settled: async () => {
        await this.#cutting;
        await this.#initialising;
      },
      restored: () => this.#offerFiles(tpm.power === "on"),
      variablesFailed: (error: unknown) => this.#events.emit("variables-failed", error),
      cutPower: () => this.#cut(false),
    };
    return this.#snapshots.join(this.#emulator, parts, (error) => this.#fail(error));
  }

  /** v86 gives the state that it starts from in the turn in which it is attached to; the guest is held until then and until it is there. */
  async #begin(platform: Platform): Promise<void> {
    const release = platform.hold();
    try {
      await Promise.resolve();
      const restoreInitial = this.#snapshots.takeInitial();
      if (restoreInitial === undefined) return await this.#init(platform);
      await this.#options.tpm.ready;
      await restoreInitial();
    } catch (error) {
      // A guest that runs without its TPM would be a surprise.
      platform.powerOff();
      throw error;
    } finally {
      release();
    }
  }

  #reset(platform: Platform): void {
    this.device.reset();
    this.#presence.reset();
    this.#events.emit("reset", undefined);
    void this.#init(platform);
  }

  /**
   * _TPM_Init. It is asynchronous and a reset is not: the processor stays in reset until the TPM is through, so that
   * nothing of the old boot reaches the new TPM and the firmware finds it ready.
   */
  #init(platform: Platform): Promise<void> {
    this.#initialising = this.#initialise(platform);
    return this.#initialising;
  }

  /** Never rejects. */
  async #initialise(platform: Platform): Promise<void> {
    const turn = ++this.#turn;
    const isOvertaken = () => this.#detached || turn !== this.#turn;
    const { tpm } = this.#options;
    const release = platform.hold();
    try {
      await tpm.ready;
      if (isOvertaken()) return;
      await this.#shutDown();
      if (isOvertaken()) return;
      await tpm.powerOn(this.device instanceof CrbDevice ? { bufferSize: BUFFER_SIZE } : {});
      if (isOvertaken()) return;
      await this.#presence.load();
      if (!isOvertaken()) this.#offerFiles(tpm.power === "on");
    } catch (error) {
      // A power cut in between is no failure.
      if (isOvertaken()) return;
      this.#offerFiles(false);
      this.#events.emit("failed", error);
    } finally {
      release();
    }
  }

  async #cutPower(orderly: boolean): Promise<void> {
    await this.ready;
    return this.#cut(orderly);
  }

  /** Guest first, then TPM. A plug that is pulled does not wait for a power-off that is under way. */
  #cut(orderly: boolean): Promise<void> {
    const turn = ++this.#turn;
    this.#platform!.powerOff();
    this.#snapshots.release();
    this.#presence.device.losePower();
    const cut = async () => {
      if (orderly) await this.#shutDown();
      if (turn !== this.#turn) return;
      this.device.reset();
      await this.#options.tpm.powerOff();
    };
    const cutting = cut();
    // Whoever asked hears of a failure; who turns it on again waits only for the end.
    this.#cutting = cutting.catch(() => {});
    return cutting;
  }

  /** A guest that is reset or switched off can't say so to its TPM. One that did, as Linux does, is not spoken for. */
  async #shutDown(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, SHUTDOWN_MS);
    });
    try {
      await Promise.race([this.#options.tpm.shutDown?.(), patience]);
    } catch {
      // It has lost its power meanwhile, or fails: that comes to light where it is asked for more than a courtesy.
    } finally {
      clearTimeout(timer);
    }
  }

  async #softOff(): Promise<void> {
    try {
      await this.#cut(true);
    } catch (error) {
      this.#events.emit("failed", error);
    }
    if (this.poweredOff) this.#events.emit("powered-off", undefined);
  }

  /** v86 reads the list anew at each boot. */
  #offerFiles(offered: boolean): void {
    const platform = this.#platform!;
    const directory = platform.cpu.option_roms;
    for (const file of this.#files) {
      const index = directory.indexOf(file);
      if (index >= 0) directory.splice(index, 1);
    }
    this.#files = offered
      ? tpmFirmwareFiles({
          interface: this.#options.interface ?? "tis",
          memorySize: platform.memorySize,
          irq: this.#options.irq,
        })
      : [];
    directory.push(...this.#files);
  }

  #driveIrq(irq: number, asserted: boolean): void {
    const cpu = this.#platform?.cpu;
    if (asserted) cpu?.device_raise_irq(irq);
    else cpu?.device_lower_irq(irq);
  }
}
