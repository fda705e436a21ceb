import { V86, type V86Options } from "v86";
import type { TpmBackend } from "../engine/backend.ts";
import { Emitter } from "../engine/events.ts";
import { type FwCfgFile, LOG_AREA_SIZE, serialConsoleFile } from "../firmware/fwCfg.ts";
import { type PresenceOptions, presenceFile } from "../firmware/presence.ts";
import type { LogArea, TpmInterface } from "../firmware/tpm2Table.ts";
import type { DiskKind, DiskSource } from "../guest/diskSource.ts";
import { type GuestFiles, guestShare } from "../guest/share.ts";
import type { GuestShare } from "../share/server.ts";
import { attachTpm, type TpmAttachment } from "./attach.ts";
import { type BootMenu, bootMenuFiles } from "./bootMenu.ts";
import { bootOptionsOf } from "./bootOptions.ts";
import { type BootDevice, type BootOptions, type BootPlan, checkRoom, planBoot } from "./bootPlan.ts";
import { directBootEvents, measureDirectBoot, offerRom } from "./directBoot.ts";
import { DiskBuffer } from "./diskBuffer.ts";
import { GuestClock } from "./guestClock.ts";
import { drivesOf, isInitialised, requireInternals } from "./internals.ts";
import { JitPolicy } from "./jitPolicy.ts";
import { acquirePlatform, type Platform } from "./platform.ts";
import { SerialConsole } from "./serial.ts";
import { carryShare } from "./shareState.ts";
import { type RestoreStateOptions, type SaveStateOptions, SnapshotRefusedError } from "./snapshots.ts";
import { TerminalSize } from "./terminalSize.ts";
import { checkInterface, checkIrq, type SerialPorts } from "./tpmOptions.ts";
import type { RestoredState } from "./tpmSnapshots.ts";
import { readVgaScreen, type VgaPicture } from "./vgaScreen.ts";

/**
 * - `off`: no power.
 * - `bios`: firmware runs.
 * - `kernel`: the kernel runs: paging is on. A system that never turns it on, as a boot sector's, stays `bios`.
 * - `shell`: the prompt has appeared on the serial console.
 */
export type Stage = "off" | "bios" | "kernel" | "shell";

export interface MachineEvents {
  stage: Stage;
  /** The guest powered itself off; `stage` is `off`. */
  "powered-off": undefined;
  /** The guest was reset, by itself or by {@link Machine.reset}. */
  reset: undefined;
  /** The TPM's backend could not start or has failed; the machine runs without a TPM. */
  "tpm-failed": unknown;
  /** The firmware's variables could not be read, and it has the defaults, or not be stored, and the old ones stay. */
  "variables-failed": unknown;
  /** The machine has stood still for more than a second, because the TPM has not answered; false when it goes on. */
  "tpm-waiting": boolean;
  /** {@link Machine.pause} has taken effect, or is over. */
  paused: boolean;
  /** A piece of a disk's image could not be read: the guest's drive does not answer, as a broken one would not. */
  "disk-failed": Error;
  /** The guest is that of a snapshot from now on, and {@link Machine.stage} is that guest's, without an event of its own. */
  restored: undefined;
  /** The guest's clock is that many milliseconds behind the host's, and stays so; 0 after a reset. */
  "clock-behind": number;
}

export interface MachineOptions extends BootOptions {
  /** v86.wasm of the installed v86: its bytes or the compiled module. */
  wasm: BufferSource | WebAssembly.Module;
  /** Without one the machine has no TPM device and no TPM tables. */
  tpm?: TpmBackend;
  /** The folder that is the guest's /mnt; it stays the caller's. Without one the guest's /mnt is empty and its own. */
  files?: GuestFiles;
  /** Guest RAM, 96 to 2047 MiB; 128 by default, 192 with a CD. */
  memoryMiB?: number;
  /** The TPM's register interface; `tis` by default. */
  interface?: TpmInterface;
  /** ISA interrupt of the TPM, which only `tis` has: 7, the one line that is free. Polling by default. */
  irq?: number;
  /** How the firmware asks a present user about what the guest requests (Physical Presence Interface). */
  presence?: PresenceOptions;
  /**
   * SeaBIOS offers its menu: ESC on the console shows the boot devices and "t. TPM Configuration", which clears the TPM and
   * chooses its PCR banks. A boot waits for that key, 2.5 s unless `timeoutSeconds` says otherwise. Not offered by default.
   */
  bootMenu?: BootMenu;
  /** More option ROMs, such as {@link optionRom} makes, which the firmware measures into PCR 2 and runs. */
  optionRoms?: readonly FwCfgFile[] | undefined;
  /**
   * When v86 compiles the guest's code: `auto` (default) when the guest stays busy for long, which neither a boot nor a
   * short program does; `always` as v86 by itself; `never`.
   */
  jit?: "auto" | "always" | "never";
  /** As that of {@link AttachTpmOptions}. */
  onUntestedV86?: (warning: string) => void;
  /** How the shell's prompt looks at the end of the console's output. */
  prompt?: RegExp;
  /** Further options of v86's constructor, such as `screen`. */
  v86?: Partial<V86Options>;
}

/** The initrd, its unpacked files and the event log need room above it. */
const MINIMUM_MEMORY_MIB = 96;
const MAXIMUM_MEMORY_MIB = 2047;
const DEFAULT_MEMORY_MIB = 128;
/** GRUB puts an initrd high; with less, a kernel that unpacks itself finds it in the way. */
const DEFAULT_MEMORY_MIB_WITH_CD = 192;
/** A shell that learns the window's size draws its prompt anew, and clears what is behind it. */
const DEFAULT_PROMPT = new RegExp(`(^|[\\r\\n])[^\\r\\n]*# (${"\x1b"}\\[J)?$`);
const PROMPT_WINDOW = 256;
/** Under what a snapshot notes {@link Machine.stage}. */
const STAGE = "stage";
/** Besides the console's; the second carries the terminal's size. */
export const MACHINE_SERIAL_PORTS: SerialPorts = { uart1: true, uart3: false };

/**
 * Makes a PC with a TPM, in the browser or in Node. It has no power yet: {@link Machine.powerOn} boots it.
 * @throws RangeError for a memory size that does not work, an interrupt that is not free or a time of menu or presence that is none; BootFileError for a disk, kernel, initrd
 *   or command line that does not work; TypeError for options that contradict each other, an interface that there is not, an interrupt that is no number or can't
 *   be had with it, or what is no menu, all of them before anything runs; UnsupportedV86Error; what the compilation of `wasm` throws.
 */
export async function createMachine(options: MachineOptions): Promise<Machine> {
  const { memoryMiB = options.disks?.cdrom === undefined ? DEFAULT_MEMORY_MIB : DEFAULT_MEMORY_MIB_WITH_CD } = options;
  if (!Number.isInteger(memoryMiB) || memoryMiB < MINIMUM_MEMORY_MIB || memoryMiB > MAXIMUM_MEMORY_MIB) {
    throw new RangeError(
      `The guest's memory must be ${MINIMUM_MEMORY_MIB} to ${MAXIMUM_MEMORY_MIB} MiB, not ${memoryMiB}`,
    );
  }
  checkInterface(options.interface ?? "tis", options.irq);
  checkIrq(options.irq, { ...MACHINE_SERIAL_PORTS, ...options.v86 });
  const menu = bootMenuFiles(options.bootMenu);
  const presence = options.presence === undefined ? [] : [presenceFile(options.presence)];
  const { images } = options;
  const plan = await planBoot(options);
  if (plan.kernel !== undefined) checkRoom(plan.kernel, (memoryMiB << 20) - LOG_AREA_SIZE);
  const events = new Emitter<MachineEvents>();
  const openDisk = (kind: DiskKind, source: DiskSource | undefined) =>
    source && new DiskBuffer(kind, source, (error) => events.emit("disk-failed", error)).open();
  const disks = { cdrom: await openDisk("cdrom", plan.cdrom), hda: await openDisk("harddisk", plan.harddisk) };
  const module = options.wasm instanceof WebAssembly.Module ? options.wasm : await WebAssembly.compile(options.wasm);
  const clock = new GuestClock();
  const instantiate = clock.instantiate(module);
  let refuse: (error: unknown) => void = () => {};
  const refused = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  const share = guestShare({ files: options.files, tools: images.tools });
  const emulator = new V86({
    disable_keyboard: options.v86?.screen === undefined,
    disable_mouse: true,
    disable_speaker: true,
    ...MACHINE_SERIAL_PORTS,
    filesystem: { handle9p: (request, reply) => share.handle(request, reply) },
    ...(options.jit === "never" ? { disable_jit: true } : {}),
    ...options.v86,
    wasm_fn: async (imports) => {
      try {
        return await instantiate(imports);
      } catch (error) {
        // v86 does not look at what goes wrong here; it just never becomes ready.
        refuse(error);
        return await new Promise<never>(() => {});
      }
    },
    acpi: true,
    autostart: false,
    bootmenu: menu !== undefined,
    memory_size: memoryMiB << 20,
    bios: { buffer: images.bios },
    vga_bios: { buffer: images.vgaBios },
    ...bootOptionsOf(plan, disks),
  });
  const ready = new Promise<void>((resolve) => emulator.add_listener("emulator-ready", () => resolve()));
  const attachment =
    options.tpm === undefined
      ? undefined
      : attachTpm(emulator, {
          tpm: options.tpm,
          interface: options.interface ?? "tis",
          clock,
          ...(options.irq === undefined ? {} : { irq: options.irq }),
          ...(options.onUntestedV86 === undefined ? {} : { onUntestedV86: options.onUntestedV86 }),
        });
  try {
    await Promise.race([ready, refused]);
    await attachment?.ready;
    // Without a TPM there is nobody to measure for; what a drive boots is the firmware's to measure.
    if (attachment && plan.kernel) await measureDirectBoot(requireInternals(emulator), plan.kernel);
    else if (attachment) offerRom(requireInternals(emulator), images.rom);
    const files = [serialConsoleFile(), ...(menu ?? []), ...presence, ...(options.optionRoms ?? [])];
    return new Machine({ emulator, attachment, clock, share, plan, events, files }, options);
  } catch (error) {
    attachment?.detach();
    if (isInitialised(emulator)) await emulator.destroy();
    throw error;
  }
}

interface MachineParts {
  emulator: V86;
  attachment: TpmAttachment | undefined;
  clock: GuestClock;
  share: GuestShare;
  plan: BootPlan;
  events: Emitter<MachineEvents>;
  /** For the firmware, besides the TPM's. */
  files: readonly FwCfgFile[];
}

/** A PC; made by {@link createMachine}. */
export class Machine {
  readonly emulator: V86;
  readonly serial: SerialConsole;
  /** What the option ROM measures before the kernel starts, in the order of the events; empty without a TPM, and when a drive boots. */
  readonly measured: readonly { readonly name: string; readonly pcr: number; readonly text: string }[];
  /** What boots: `kernel`, or a drive. */
  readonly bootsFrom: BootDevice;
  /** What a PC would not do with the disks that it was given, as sentences: one without boot signature, say. */
  readonly notes: readonly string[];
  readonly #attachment: TpmAttachment | undefined;
  readonly #share: GuestShare;
  readonly #terminal: TerminalSize;
  readonly #platform: Platform;
  readonly #releasePlatform: () => void;
  readonly #events: Emitter<MachineEvents>;
  readonly #undo: (() => void)[] = [];
  #stage: Stage = "off";
  #console = "";
  #behind = 0;
  /** Ends the pause; null while there is none. */
  #endPause: (() => void) | null = null;
  /** The power that is being cut is off when this resolves. */
  #cutting: Promise<void> = Promise.resolve();
  #isCutting = false;

  constructor({ emulator, attachment, clock, share, plan, events, files }: MachineParts, options: MachineOptions) {
    this.emulator = emulator;
    this.#events = events;
    this.bootsFrom = plan.device;
    this.notes = plan.notes;
    this.#attachment = attachment;
    this.#share = share;
    this.measured = attachment && plan.kernel ? directBootEvents(plan.kernel) : [];
    this.serial = new SerialConsole(emulator);
    this.#terminal = new TerminalSize(emulator);
    const { platform, release } = acquirePlatform(emulator, clock);
    this.#platform = platform;
    this.#releasePlatform = release;
    const { prompt = DEFAULT_PROMPT, jit = options.v86?.disable_jit ? "never" : "auto" } = options;
    const compiler = jit === "auto" ? new JitPolicy(platform.cpu, () => emulator.get_instruction_counter()) : undefined;
    const directory = platform.cpu.option_roms;
    directory.push(...files);
    const drives = plan.cdrom || plan.harddisk ? drivesOf(platform.cpu) : [];
    this.#undo.push(
      carryShare(platform.cpu, share),
      platform.on("slice", (delay) => {
        compiler?.afterSlice(delay, this.#stage !== "shell");
        this.#watch(clock);
      }),
      platform.on("reset", () => {
        this.resume();
        this.#terminal.forget();
        share.reset();
        // v86 does not: a read that ends later would reach the RAM of the next boot.
        for (const drive of drives) drive.device_reset();
        this.#enter("bios");
        this.#events.emit("reset", undefined);
      }),
      this.serial.on("text", (text) => this.#watchForPrompt(text, prompt)),
      () => {
        for (const file of files) directory.splice(directory.indexOf(file), 1);
      },
    );
    if (attachment === undefined) {
      this.#undo.push(platform.on("soft-off", () => this.#softOff()));
    } else {
      this.#undo.push(
        attachment.on("powered-off", () => this.#softOff()),
        attachment.on("failed", (error) => this.#events.emit("tpm-failed", error)),
        attachment.on("variables-failed", (error) => this.#events.emit("variables-failed", error)),
        attachment.on("waiting", (waiting) => this.#events.emit("tpm-waiting", waiting)),
      );
    }
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Where the firmware's event log is (LASA, LAML); undefined when the guest has no TPM. */
  get log(): LogArea | undefined {
    return this.#attachment?.log;
  }

  /** @returns a function that removes the listener. */
  on<Name extends keyof MachineEvents>(event: Name, listener: (value: MachineEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Applies power: _TPM_Init, and the guest boots. Does nothing to a machine that is on. */
  async powerOn(): Promise<void> {
    if (this.#stage !== "off") return;
    await this.#cutting;
    if (this.#stage !== "off") return;
    if (this.#platform.poweredOff) {
      // Goes through the platform's reset, which enters the stage.
      if (this.#attachment === undefined) this.#platform.powerOn();
      else await this.#attachment.powerOn();
    } else {
      this.#enter("bios");
      // The TPM had its _TPM_Init before anybody could listen.
      const error = this.#attachment?.variablesError ?? null;
      if (error !== null) this.#events.emit("variables-failed", error);
      await this.emulator.run();
    }
  }

  /** Switches off. The TPM gets the TPM2_Shutdown that the guest can't send any more. */
  async powerOff(): Promise<void> {
    if (this.#stage === "off") await this.#cutting;
    else await this.#cutPower((attachment) => attachment.powerOff());
  }

  /** Cuts the power of guest and TPM at once, also when they are being switched off: a power loss without TPM2_Shutdown. */
  async pullPlug(): Promise<void> {
    if (this.#stage !== "off" || this.#isCutting) await this.#cutPower((attachment) => attachment.pullPlug());
  }

  /** The reset button: _TPM_Init, and the guest boots again. Does nothing to a machine that is off. */
  reset(): void {
    if (this.#stage !== "off") this.#platform.reset();
  }

  /** The guest does not execute, from {@link pause} to {@link resume}. */
  get paused(): boolean {
    return this.#endPause !== null;
  }

  /**
   * The guest stands still, and its clock with it, until {@link resume}, a reset or the end of its power. The TPM does not: it carries out the
   * command that it has, and its answer waits in its registers, as does what is typed. Does nothing to a machine that is off.
   */
  pause(): void {
    if (this.#stage === "off" || this.paused) return;
    this.#endPause = this.#platform.hold();
    this.#events.emit("paused", true);
  }

  /** The guest goes on where it stood. What its clock has missed it makes up for, or stays behind by: see `clock-behind`. */
  resume(): void {
    if (this.#endPause === null) return;
    this.#endPause();
    this.#endPause = null;
    this.#events.emit("paused", false);
  }

  /**
   * The PC and its TPM as they stand: see {@link TpmAttachment.saveState}. Of a machine that is on.
   * @throws SnapshotRefusedError, also without a TPM.
   */
  async saveState(options: SaveStateOptions = {}): Promise<ArrayBuffer> {
    const attachment = this.#requireAttachment();
    return this.#settled(() => attachment.saveState({ ...options, notes: { ...options.notes, [STAGE]: this.#stage } }));
  }

  /**
   * Puts the PC and its TPM back to a snapshot: see {@link TpmAttachment.restoreState}. A machine that is off is on then.
   * @throws SnapshotRefusedError, RollbackRefusedError, StoreError: the machine goes on as it was.
   */
  async restoreState(state: ArrayBuffer, options: RestoreStateOptions = {}): Promise<RestoredState> {
    await this.#cutting;
    const attachment = this.#requireAttachment();
    const restored = await this.#settled(() => attachment.restoreState(state, { ...options, hold: true }));
    this.resume();
    const stage = restored.snapshot.notes[STAGE];
    this.#stage = stage === "shell" ? "shell" : this.#platform.paging ? "kernel" : "bios";
    this.#console = "";
    this.#terminal.resume();
    this.#events.emit("restored", undefined);
    if (!this.emulator.is_running()) await this.emulator.run();
    if (!options.hold) this.release();
    return restored;
  }

  /** Lets a guest go on that was held by `saveState({ hold: true })` or `restoreState(..., { hold: true })`. */
  release(): void {
    this.#attachment?.release();
  }

  /** The guest is held, and what it has asked of its files is answered before. */
  async #settled<Result>(work: () => Promise<Result>): Promise<Result> {
    const release = this.#platform.hold();
    try {
      await this.#share.settled();
      return await work();
    } finally {
      release();
    }
  }

  #requireAttachment(): TpmAttachment {
    if (this.#attachment !== undefined) return this.#attachment;
    throw new SnapshotRefusedError("This machine has no TPM; use emulator.save_state().", "no-tpm");
  }

  /**
   * Tells the guest how large the console's terminal is, now and after each reset; its foreground program gets SIGWINCH.
   * @throws RangeError for what is no number of characters from 1 to 65535.
   */
  resizeTerminal(rows: number, columns: number): void {
    this.#terminal.set(rows, columns);
  }

  /**
   * What the graphics card shows now; null where there is nothing to see: before the firmware has set a mode, and in Node in a graphics mode.
   * Nothing of it is kept up to date meanwhile, so that a screen nobody looks at costs nothing. @throws UnsupportedV86Error
   */
  readScreen(): VgaPicture | null {
    return readVgaScreen(this.#platform.cpu);
  }

  /** A copy of guest RAM, `size` bytes at a physical address. @throws RangeError outside of RAM. */
  readPhysical(address: number, size: number): Uint8Array {
    return this.#platform.readPhysical(address, size);
  }

  /** Power off, and everything that v86 holds is freed. The TPM's backend stays the caller's. */
  async destroy(): Promise<void> {
    await this.powerOff();
    for (const undo of this.#undo.splice(0)) undo();
    this.serial.detach();
    this.#terminal.detach();
    this.#attachment?.detach();
    this.#releasePlatform();
    await this.emulator.destroy();
  }

  async #cutPower(cut: (attachment: TpmAttachment) => Promise<void>): Promise<void> {
    this.#enter("off");
    if (this.#attachment === undefined) {
      this.#platform.powerOff();
      return;
    }
    const cutting = cut(this.#attachment);
    const over = cutting
      .catch(() => {})
      .then(() => {
        if (this.#cutting === over) this.#isCutting = false;
      });
    this.#isCutting = true;
    this.#cutting = over;
    await cutting;
  }

  #softOff(): void {
    this.#enter("off");
    this.#events.emit("powered-off", undefined);
  }

  #enter(stage: Stage): void {
    this.#console = "";
    if (stage === "off") this.resume();
    if (this.#stage === stage) return;
    this.#stage = stage;
    this.#events.emit("stage", stage);
  }

  #watch(clock: GuestClock): void {
    if (clock.behind !== this.#behind) {
      this.#behind = clock.behind;
      this.#events.emit("clock-behind", clock.behind);
    }
    if (this.#stage === "bios" && this.#platform.paging) this.#enter("kernel");
  }

  #watchForPrompt(text: string, prompt: RegExp): void {
    if (this.#stage !== "kernel") return;
    this.#console = (this.#console + text).slice(-PROMPT_WINDOW);
    if (prompt.test(this.#console)) this.#enter("shell");
  }
}
