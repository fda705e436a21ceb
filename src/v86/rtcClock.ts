/**
 * The guest's wall clock: v86's real-time clock (MC146818, ports 70h and 71h) on the guest's clock. v86 itself takes
 * `Date.now`, which goes on while the guest stands still, and steps when the host's time is set.
 *
 * At power-on and at a reset it shows the host's time; from there it goes as far as {@link GuestClock} does.
 */
import type { GuestClock } from "./guestClock.ts";
import type { V86Cpu, V86Rtc } from "./internals.ts";

const DATA_PORT = 0x71;
const IRQ = 8;
/** Register B and its enables of interrupts. */
const STATUS_B = 0x0b;
const PERIODIC_ENABLE = 1 << 6;
const ALARM_ENABLE = 1 << 5;
const UPDATE_ENABLE = 1 << 4;
/** Register C: what has happened since it was last read. */
const INTERRUPT = 1 << 7;
const PERIODIC = 1 << 6;
const ALARM = 1 << 5;
const UPDATE_ENDED = 1 << 4;

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** The processor asks again after this many milliseconds, as it does with v86's own. */
const LOOK_MS = 100;

export class RtcClock {
  readonly #rtc: V86Rtc;
  readonly #cpu: Pick<V86Cpu, "io" | "device_raise_irq">;
  readonly #clock: Pick<GuestClock, "now">;
  readonly #host: () => number;
  readonly #undo: () => void;
  /** Milliseconds since 1970 at the zero of the guest's clock. */
  #epoch = 0;

  /** @param host milliseconds since 1970. */
  constructor(cpu: V86Cpu, clock: Pick<GuestClock, "now">, host: () => number = () => Date.now()) {
    this.#cpu = cpu;
    this.#rtc = cpu.devices.rtc;
    this.#clock = clock;
    this.#host = host;
    this.#undo = this.#hook(cpu);
    this.synchronise();
  }

  /** Takes the host's time, as a jump. To be called after the same of the guest's clock. */
  synchronise(): void {
    this.#epoch = this.#host() - this.#clock.now();
    this.#rtc.rtc_time = this.#rtc.last_update = this.#now();
  }

  /** Milliseconds since 1970 that the guest's wall clock shows. */
  get wallTime(): number {
    return this.#now();
  }

  /** Goes on from where another guest's wall clock stood; the guest's clock does already. */
  continueFrom(wallTime: number): void {
    this.#epoch = wallTime - this.#clock.now();
  }

  /** Gives the clock back to v86, with the host's time. */
  detach(): void {
    this.#undo();
    this.#rtc.rtc_time = this.#rtc.last_update = this.#host();
  }

  #now(): number {
    return this.#epoch + this.#clock.now();
  }

  #hook(cpu: V86Cpu): () => void {
    const rtc = this.#rtc;
    const { write8 } = cpu.io.ports[DATA_PORT]!;
    // The class's methods stay as they are: other machines have them too.
    rtc.timer = () => this.#timer();
    cpu.io.register_write(DATA_PORT, rtc, (value) => {
      const register = rtc.cmos_index;
      write8.call(rtc, value);
      if (register === STATUS_B) this.#enabled();
    });
    return () => {
      delete (rtc as Partial<V86Rtc>).timer;
      cpu.io.register_write(DATA_PORT, rtc, write8);
    };
  }

  /** v86 has entered its own time where an interrupt was enabled. */
  #enabled(): void {
    const rtc = this.#rtc;
    const now = this.#now();
    if ((rtc.cmos_b & PERIODIC_ENABLE) !== 0) rtc.next_interrupt = now;
    if ((rtc.cmos_b & UPDATE_ENABLE) !== 0) rtc.update_interrupt_time = now;
    // The time of day is the guest's; on which day decides this clock.
    if ((rtc.cmos_b & ALARM_ENABLE) !== 0) {
      rtc.next_interrupt_alarm = now - (now % DAY_MS) + (rtc.next_interrupt_alarm % DAY_MS);
    }
  }

  /** In place of v86's: once a slice. @returns milliseconds until it is due again. */
  #timer(): number {
    const rtc = this.#rtc;
    const now = this.#now();
    rtc.rtc_time += now - rtc.last_update;
    rtc.last_update = now;
    let flags = 0;
    if (rtc.periodic_interrupt && rtc.next_interrupt < now) {
      flags |= PERIODIC;
      const missed = Math.ceil((now - rtc.next_interrupt) / rtc.periodic_interrupt_time);
      rtc.next_interrupt += missed * rtc.periodic_interrupt_time;
    }
    if (rtc.next_interrupt_alarm !== 0 && rtc.next_interrupt_alarm < now) {
      flags |= ALARM;
      rtc.next_interrupt_alarm = 0;
    }
    if (rtc.update_interrupt && rtc.update_interrupt_time < now) {
      flags |= UPDATE_ENDED;
      rtc.update_interrupt_time = now + SECOND_MS;
    }
    if (flags !== 0) {
      rtc.cmos_c |= INTERRUPT | flags;
      this.#cpu.device_raise_irq(IRQ);
    }
    const due = [LOOK_MS];
    if (rtc.periodic_interrupt) due.push(rtc.next_interrupt - now);
    if (rtc.next_interrupt_alarm !== 0) due.push(rtc.next_interrupt_alarm - now);
    if (rtc.update_interrupt) due.push(rtc.update_interrupt_time - now);
    return Math.max(0, Math.min(...due));
  }
}
