import { V86, type V86Options } from "v86";
import type { TpmBackend } from "../engine/backend.ts";
import { Emitter } from "../engine/events.ts";
import { type FwCfgFile, LOG_AREA_SIZE, serialConsoleFile } from "../firmware/fwCfg.ts";
import type { LogArea, TpmInterface } from "../firmware/tpm2Table.ts";
import type { GuestImages } from "../guest/images.ts";
import { guestShare } from "../guest/share.ts";
import type { KeptFolder } from "../share/folder.ts";
import type { GuestShare } from "../share/server.ts";
import { attachTpm, type TpmAttachment } from "./attach.ts";
import { directBootEvents, measureDirectBoot } from "./directBoot.ts";
import { GuestClock } from "./guestClock.ts";
import { isInitialised, requireInternals } from "./internals.ts";
import { JitPolicy } from "./jitPolicy.ts";
import { checkKernel, commandLineOctets } from "./kernelFile.ts";
import { acquirePlatform, type Platform } from "./platform.ts";
import { SerialConsole } from "./serial.ts";
import { TerminalSize } from "./terminalSize.ts";

/**
 * - `off`: no power.
 * - `bios`: firmware runs.
 * - `kernel`: the kernel runs.
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
  /** The machine has stood still for more than a second, because the TPM has not answered; false when it goes on. */
  "tpm-waiting": boolean;
  /** The guest's clock is that many milliseconds behind the host's, and stays so; 0 after a reset. */
  "clock-behind": number;
}

export interface MachineOptions {
  /** What the PC boots: SeaBIOS 1.16 with TCG support, VGA BIOS, a Linux bzImage and its initrd. */
  images: GuestImages;
  /** v86.wasm of the installed v86: its bytes or the compiled module. */
  wasm: BufferSource | WebAssembly.Module;
  /** Without one the machine has no TPM device and no TPM tables. */
  tpm?: TpmBackend;
  /** The folder that is the guest's /mnt; it stays the caller's. Without one the guest's /mnt is empty and its own. */
  files?: KeptFolder;
  /** Guest RAM, 96 to 2047 MiB; 128 by default. */
  memoryMiB?: number;
  /** The kernel's command line; the images' own by default. At most 2,047 bytes of UTF-8, no NUL. */
  cmdline?: string;
  /** The TPM's register interface; `tis` by default. */
  interface?: TpmInterface;
  /** ISA interrupt of the TPM, which only `tis` has; polling by default. */
  irq?: number;
  /**
   * When v86 compiles the guest's code: `auto` (default) when the guest stays busy for long, which neither a boot nor a
   * short program does; `always` as v86 by itself; `never`.
   */
  jit?: "auto" | "always" | "never";
  /** How the shell's prompt looks at the end of the console's output. */
  prompt?: RegExp;
  /** Further options of v86's constructor, such as `screen`. */
  v86?: Partial<V86Options>;
}

/** Where v86 puts the initrd. */
const INITRD_ADDRESS = 64 << 20;
/** The initrd, its unpacked files and the event log need room above it. */
const MINIMUM_MEMORY_MIB = 96;
const MAXIMUM_MEMORY_MIB = 2047;
const DEFAULT_MEMORY_MIB = 128;
const DEFAULT_PROMPT = /(^|[\r\n])[^\r\n]*# $/;
const PROMPT_WINDOW = 256;

/**
 * Makes a PC with a TPM, in the browser or in Node. It has no power yet: {@link Machine.powerOn} boots it.
 * @throws RangeError for a memory size that does not work, or a command line that Linux would not get whole; KernelFileError for a kernel
 * that is none; UnsupportedV86Error; what the compilation of `wasm` throws.
 */
export async function createMachine(options: MachineOptions): Promise<Machine> {
  const { memoryMiB = DEFAULT_MEMORY_MIB } = options;
  if (!Number.isInteger(memoryMiB) || memoryMiB < MINIMUM_MEMORY_MIB || memoryMiB > MAXIMUM_MEMORY_MIB) {
    throw new RangeError(
      `The guest's memory must be ${MINIMUM_MEMORY_MIB} to ${MAXIMUM_MEMORY_MIB} MiB, not ${memoryMiB}`,
    );
  }
  const { images } = options;
  if (INITRD_ADDRESS + images.initrd.byteLength + LOG_AREA_SIZE > memoryMiB << 20) {
    throw new RangeError(
      `The initrd of ${images.initrd.byteLength} bytes, which begins at 64 MiB, does not fit into ${memoryMiB} MiB of memory`,
    );
  }
  const { cmdline = images.cmdline } = options;
  checkKernel(images.kernel, INITRD_ADDRESS);
  const octets = commandLineOctets(cmdline);
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
    // Carries the terminal's size.
    uart1: true,
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
    memory_size: memoryMiB << 20,
    bios: { buffer: images.bios },
    vga_bios: { buffer: images.vgaBios },
    bzimage: { buffer: ownWords(images.kernel) },
    initrd: { buffer: images.initrd },
    cmdline: octets,
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
        });
  try {
    await Promise.race([ready, refused]);
    await attachment?.ready;
    // Without a TPM there is nobody to measure for.
    if (attachment) await measureDirectBoot(requireInternals(emulator), images, cmdline);
    return new Machine(emulator, attachment, clock, share, options);
  } catch (error) {
    attachment?.detach();
    if (isInitialised(emulator)) await emulator.destroy();
    throw error;
  }
}

/** A PC; made by {@link createMachine}. */
export class Machine {
  readonly emulator: V86;
  readonly serial: SerialConsole;
  /** What the option ROM measures before the kernel starts, in the order of the events; empty without a TPM. */
  readonly measured: readonly { readonly name: string; readonly pcr: number; readonly text: string }[];
  readonly #attachment: TpmAttachment | undefined;
  readonly #terminal: TerminalSize;
  readonly #platform: Platform;
  readonly #releasePlatform: () => void;
  readonly #events = new Emitter<MachineEvents>();
  readonly #undo: (() => void)[] = [];
  #stage: Stage = "off";
  #console = "";
  #behind = 0;
  /** The power that is being cut is off when this resolves. */
  #cutting: Promise<void> = Promise.resolve();
  #isCutting = false;

  constructor(
    emulator: V86,
    attachment: TpmAttachment | undefined,
    clock: GuestClock,
    share: GuestShare,
    options: MachineOptions,
  ) {
    this.emulator = emulator;
    this.#attachment = attachment;
    this.measured = attachment ? directBootEvents(options.images, options.cmdline ?? options.images.cmdline) : [];
    this.serial = new SerialConsole(emulator);
    this.#terminal = new TerminalSize(emulator);
    const { platform, release } = acquirePlatform(emulator, clock);
    this.#platform = platform;
    this.#releasePlatform = release;
    const { prompt = DEFAULT_PROMPT, jit = options.v86?.disable_jit ? "never" : "auto" } = options;
    const compiler = jit === "auto" ? new JitPolicy(platform.cpu, () => emulator.get_instruction_counter()) : undefined;
    const consoleFile: FwCfgFile = serialConsoleFile();
    platform.cpu.option_roms.push(consoleFile);
    this.#undo.push(
      platform.on("slice", (delay) => {
        compiler?.afterSlice(delay, this.#stage !== "shell");
        this.#watch(clock);
      }),
      platform.on("reset", () => {
        this.#terminal.forget();
        share.reset();
        this.#enter("bios");
        this.#events.emit("reset", undefined);
      }),
      this.serial.on("text", (text) => this.#watchForPrompt(text, prompt)),
      () => platform.cpu.option_roms.splice(platform.cpu.option_roms.indexOf(consoleFile), 1),
    );
    if (attachment === undefined) {
      this.#undo.push(platform.on("soft-off", () => this.#softOff()));
    } else {
      this.#undo.push(
        attachment.on("powered-off", () => this.#softOff()),
        attachment.on("failed", (error) => this.#events.emit("tpm-failed", error)),
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

  /**
   * Tells the guest how large the console's terminal is, now and after each reset; its foreground program gets SIGWINCH.
   * @throws RangeError for what is no number of characters from 1 to 65535.
   */
  resizeTerminal(rows: number, columns: number): void {
    this.#terminal.set(rows, columns);
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

/** v86 patches the kernel's setup header in place and reads it as 32-bit words: a copy, padded to whole words. */
function ownWords(kernel: ArrayBuffer): ArrayBuffer {
  const copy = new Uint8Array(Math.ceil(kernel.byteLength / 4) * 4);
  copy.set(new Uint8Array(kernel));
  return copy.buffer;
}
