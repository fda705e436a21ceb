/**
 * What a mainboard does around the processor and v86 does not: a clock gate that keeps the processor from executing
 * while something else is not ready, a reset that boots again, and a power switch.
 */
import type { V86 } from "v86";
import { Emitter } from "../engine/events.ts";
import { type BootImage, copyBootImages, restoreBootImages } from "./bootImages.ts";
import { type GuestClock, runWithClock } from "./guestClock.ts";
import { clockSourceOf, requireInternals, type V86Cpu, withoutHolesInBars } from "./internals.ts";
import { InterruptState } from "./interrupts.ts";
import { RtcClock } from "./rtcClock.ts";

/** PM1 control register of v86's PIIX4 power management, whose base it hard-wires to 0xB000. */
const PM1_CONTROL_PORT = 0xb004;
const SLP_EN = 1 << 13;
const SLP_TYP_SHIFT = 10;
const SLP_TYP_MASK = 7;
/** Values of SLP_TYP in the DSDT of SeaBIOS for PIIX4: S5 (soft off) and S4 (to disk), which both end without power. */
const SLP_TYP_S5 = 0;
const SLP_TYP_S4 = 2;

/**
 * While held, v86 looks again after this many milliseconds whether it was stopped: as long as it sleeps at most for a
 * guest in HLT. The release does not wait for it.
 */
const HELD_LOOK_MS = 100;

const CR0_PAGING = 0x8000_0000;

export interface PlatformEvents {
  /** The reset line is asserted; registers of devices must be in their reset state when the listener returns. */
  reset: undefined;
  /** The guest asked for soft off; the processor does not execute any more. */
  "soft-off": undefined;
  /** After each slice of execution (about a millisecond): the milliseconds until the next, 0 unless the guest sleeps. */
  slice: number;
}

/** Where the clocks of a guest stand that is saved. */
export interface GuestClocks {
  /** Milliseconds of {@link GuestClock}. */
  clock: number;
  /** Milliseconds since 1970. */
  wallTime: number;
}

/** One per emulator; see {@link acquirePlatform}. */
export class Platform {
  readonly cpu: V86Cpu;
  /** Undefined when the guest's clock is the host's. */
  readonly clock: GuestClock | undefined;
  readonly #emulator: V86;
  readonly #events = new Emitter<PlatformEvents>();
  readonly #rtc: RtcClock | undefined;
  readonly #bootImages: BootImage[];
  readonly #interrupts: InterruptState;
  readonly #undo: (() => void)[] = [];
  #holds = 0;
  #sliceEnded = false;
  /** The guest has executed. */
  #begun = false;
  #off: (() => void) | undefined;

  constructor(emulator: V86, clock?: GuestClock) {
    this.#emulator = emulator;
    this.cpu = requireInternals(emulator);
    this.clock = clock;
    this.#rtc = clock && new RtcClock(this.cpu, clock);
    this.#bootImages = copyBootImages(this.cpu.mem8, this.memorySize);
    this.#interrupts = new InterruptState(this.cpu);
    this.#gateExecution();
    this.#hookReset();
    this.#hookSoftOff();
  }

  /** Guest RAM in bytes. */
  get memorySize(): number {
    return this.cpu.memory_size[0]!;
  }

  get poweredOff(): boolean {
    return this.#off !== undefined;
  }

  /** True once the guest has turned paging on: firmware never does, an operating system's kernel always. */
  get paging(): boolean {
    return (this.cpu.cr[0]! & CR0_PAGING) !== 0;
  }

  on<Name extends keyof PlatformEvents>(event: Name, listener: (value: PlatformEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Keeps the processor from executing its next slice, whether or not v86 "runs" (autostart included). Holds add up. The
   * guest's clock stands still meanwhile.
   * @returns the release, to be called once; more calls do nothing. The last one wakes the processor.
   */
  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds--;
      if (this.#holds === 0) this.#wake();
    };
  }

  get held(): boolean {
    return this.#holds > 0;
  }

  /** The reset button. Does nothing without power. */
  reset(): void {
    if (!this.poweredOff) this.cpu.reboot_internal();
  }

  /** Cuts the power: nothing executes any more. RAM is lost when power returns. */
  powerOff(): void {
    if (this.poweredOff) return;
    this.#off = this.hold();
    this.endSlice();
    void this.#emulator.stop();
    // v86 stops at its next turn, which may be far off.
    this.#wake();
  }

  /** Applies power: empty RAM, boot images loaded, reset, and v86 runs. */
  powerOn(): void {
    if (!this.poweredOff) return;
    // The reset finds that power was off and releases the processor.
    this.cpu.reboot_internal();
    void this.#emulator.run();
  }

  /** All of RAM becomes 0; during a reset, which then puts the boot images there. */
  wipeMemory(): void {
    this.cpu.zero_memory(0, this.memorySize);
  }

  /** A copy of guest RAM. @throws RangeError outside of it. */
  readPhysical(address: number, size: number): Uint8Array {
    if (
      !Number.isInteger(address) ||
      !Number.isInteger(size) ||
      address < 0 ||
      size < 0 ||
      address + size > this.memorySize
    ) {
      throw new RangeError(
        `${size} bytes at physical address ${address} are not within the guest's ${this.memorySize} bytes of RAM`,
      );
    }
    return this.cpu.mem8.slice(address, address + size);
  }

  /** Puts v86 back as it was. */
  detach(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
    this.clock?.free();
    this.#rtc?.detach();
    // An ended slice is no HLT of the guest's: nothing would wake it.
    if (this.#sliceEnded) this.cpu.in_hlt[0] = 0;
    this.#wake();
  }

  #gateExecution(): void {
    const original = this.cpu.main_loop;
    this.cpu.main_loop = () => {
      if (this.held) {
        this.clock?.stand();
        return HELD_LOOK_MS;
      }
      if (this.#begun) this.clock?.resume();
      else this.#synchronise();
      this.#begun = true;
      if (this.#sliceEnded) this.cpu.in_hlt[0] = 0;
      this.#sliceEnded = false;
      let delay = this.#onClock(() => original.call(this.cpu));
      if (this.#sliceEnded) delay = 0;
      this.clock?.sleep(delay);
      this.#events.emit("slice", delay);
      return delay;
    };
    this.#undo.push(() => {
      this.cpu.main_loop = original;
    });
  }

  /** A v86 that does not run takes a turn for its end, and says so. */
  #wake(): void {
    if (this.#emulator.is_running()) this.cpu.stop_idling();
  }

  #synchronise(): void {
    this.clock?.synchronise();
    this.#rtc?.synchronise();
  }

  #onClock<Result>(work: () => Result): Result {
    return this.clock === undefined ? work() : runWithClock(clockSourceOf(this.#emulator), this.clock, work);
  }

  /**
   * Gives the event loop a turn before the processor goes on. HLT ends a slice, as soon as the compiled block that runs
   * at present comes to its end; v86 would execute for up to a millisecond more otherwise.
   */
  endSlice(): void {
    this.#sliceEnded = true;
    this.cpu.in_hlt[0] = 1;
  }

  /** Does something to the processor while it is as the guest left it: HLT then means that the guest sleeps. */
  withoutSliceEnd<Result>(work: () => Result): Result {
    if (!this.#sliceEnded) return work();
    this.cpu.in_hlt[0] = 0;
    try {
      return work();
    } finally {
      this.cpu.in_hlt[0] = 1;
    }
  }

  /** The processor is another one's from now on, HLT included. */
  forgetSliceEnd(): void {
    this.#sliceEnded = false;
  }

  /** Where the guest's clocks stand; null where they are the host's. */
  get clocks(): GuestClocks | null {
    return this.clock && this.#rtc ? { clock: this.clock.now(), wallTime: this.#rtc.wallTime } : null;
  }

  /** While held: what `save` makes of the guest as it left itself. Its clocks stand. */
  saveGuest<Result>(save: () => Result): Result {
    this.clock?.stand();
    return this.withoutSliceEnd(() => this.#onClock(save));
  }

  /** While held: `restore` puts another guest in the place of this one, which goes on by its clocks. One without power has it again. */
  restoreGuest(clocks: GuestClocks | null, restore: () => void): void {
    if (clocks && this.clock && this.#rtc) {
      this.clock.continueFrom(clocks.clock, Math.max(0, Date.now() - clocks.wallTime));
      this.#rtc.continueFrom(clocks.wallTime);
      // The first slice is no start for a guest that has seen a clock.
      this.#begun = true;
    }
    this.#onClock(() => withoutHolesInBars(this.cpu, restore));
    this.forgetSliceEnd();
    if (this.#off === undefined) return;
    this.#off();
    this.#off = undefined;
    void this.#emulator.run();
  }

  /**
   * v86 comes here for the guest's resets (8042, port 0xCF9) and for `emulator.restart()`. RAM survives a warm reset
   * as on a real machine (whoever was asked to wipe it does so on the event), but for the boot images, which stand for what a boot loader would read from disk again.
   */
  #hookReset(): void {
    const cpu = this.cpu;
    const hadOwn = Object.hasOwn(cpu, "reboot_internal");
    const original = cpu.reboot_internal;
    cpu.reboot_internal = () => {
      this.#events.emit("reset", undefined);
      if (this.#off !== undefined) this.wipeMemory();
      restoreBootImages(cpu.mem8, this.#bootImages);
      cpu.jit_clear_cache();
      // Who starts anew waits for nothing yet: the one moment at which the clock may jump.
      this.#synchronise();
      this.#onClock(() => original.call(cpu));
      this.#interrupts.reset();
      this.endSlice();
      this.#off?.();
      this.#off = undefined;
    };
    this.#undo.push(() => {
      if (hadOwn) cpu.reboot_internal = original;
      else delete (cpu as Partial<V86Cpu>).reboot_internal;
    });
  }

  /** v86 stores SLP_EN and does nothing more, so that the guest would spin after "Power down". */
  #hookSoftOff(): void {
    const { io, devices } = this.cpu;
    const entry = io.ports[PM1_CONTROL_PORT];
    if (devices.acpi === undefined || entry?.device === undefined) {
      throw new Error("The emulator has no ACPI hardware, which measured boot needs: pass acpi: true to new V86()");
    }
    const { device, write16: original } = entry;
    io.register_write(PM1_CONTROL_PORT, device, undefined, (value) => {
      original.call(device, value & ~SLP_EN);
      const type = (value >> SLP_TYP_SHIFT) & SLP_TYP_MASK;
      if ((value & SLP_EN) === 0 || (type !== SLP_TYP_S5 && type !== SLP_TYP_S4) || this.poweredOff) return;
      this.powerOff();
      this.#events.emit("soft-off", undefined);
    });
    this.#undo.push(() => io.register_write(PM1_CONTROL_PORT, device, undefined, original));
  }
}

const platforms = new WeakMap<V86, { platform: Platform; users: number }>();

/**
 * The platform around an emulator that has reached `emulator-ready`; its users share it, and the clock of the first.
 * @returns the platform, and a release: after the last user's, v86 is as it was.
 * @throws UnsupportedV86Error when this v86 lacks a member; Error without `acpi: true`.
 */
export function acquirePlatform(emulator: V86, clock?: GuestClock): { platform: Platform; release: () => void } {
  let entry = platforms.get(emulator);
  if (entry === undefined) {
    entry = { platform: new Platform(emulator, clock), users: 0 };
    platforms.set(emulator, entry);
  }
  const { platform } = entry;
  entry.users++;
  let released = false;
  return {
    platform,
    release: () => {
      if (released) return;
      released = true;
      entry.users--;
      if (entry.users > 0) return;
      platforms.delete(emulator);
      platform.detach();
    },
  };
}
