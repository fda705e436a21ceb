/**
 * The members of v86 that this library uses and that `v86.d.ts` does not have. They are checked before use, so that a
 * v86 that lacks one is refused by its name rather than failing somewhere later; `contract.test.ts` pins them. Which
 * releases were tested, `release.ts` knows: another one that has the members is taken.
 */
import type { V86 } from "v86";
import type { ClockSource } from "./guestClock.ts";

/** The release of the npm package `v86` that the page, the commands and the tests have. */
export const SUPPORTED_V86_VERSION = "0.5.462";

type Read = (address: number) => number;
type Write = (address: number, value: number) => void;

/** A port's handlers; `this` is the device. */
export interface V86PortEntry {
  read8: () => number;
  write8: (value: number) => void;
  write16: (value: number) => void;
  device: object | undefined;
}

export interface V86Io {
  /** Granularity is 128 KiB. Addresses and 32-bit values arrive signed. */
  mmap_register(address: number, size: number, read8: Read, write8: Write, read32: Read, write32: Write): void;
  register_write(port: number, device: object, write8?: Write1, write16?: Write1, write32?: Write1): void;
  ports: V86PortEntry[];
}

type Write1 = (value: number) => void;

/** The real-time clock. Times are milliseconds since 1970, with or without a fraction. */
export interface V86Rtc {
  rtc_time: number;
  /** When `rtc_time` was right. */
  last_update: number;
  periodic_interrupt: boolean;
  periodic_interrupt_time: number;
  next_interrupt: number;
  /** 0: no alarm. */
  next_interrupt_alarm: number;
  update_interrupt: boolean;
  update_interrupt_time: number;
  /** The register that port 71h reads and writes. */
  cmos_index: number;
  cmos_b: number;
  cmos_c: number;
  /** Once a slice. @returns milliseconds until it is due again. */
  timer(): number;
}

/** The serial port at 0x3F8. */
export interface V86Uart {
  get_state(): unknown;
  set_state(state: unknown): void;
  /** Bytes that were received and not yet read. */
  input: number[];
}

export interface V86Cpu {
  io: V86Io;
  /** Handlers of each 128 KiB block of the physical address space. */
  memory_map_read8: Read[];
  memory_map_write8: Write[];
  memory_map_read32: Read[];
  memory_map_write32: Write[];
  /** Despite the name, the directory of fw_cfg files; read live at each boot. */
  option_roms: { name: string; data: Uint8Array }[];
  /** `[0]` is the size of guest RAM in bytes. */
  memory_size: ArrayLike<number>;
  /** Guest RAM; physical address = index. */
  mem8: Uint8Array;
  /** Control registers; `[0]` is CR0. */
  cr: ArrayLike<number>;
  /** `[0]` is 1 after HLT: the slice ends, and the next one waits for an interrupt. */
  in_hlt: { 0: number };
  /** `uart1` and `uart3` are there when the options ask for them, and share interrupt 3. */
  devices: { acpi?: object; rtc: V86Rtc; uart0: V86Uart; uart1?: object; uart3?: object };
  /**
   * `[0]` is the linear address of the last instruction; that of the next one is an interrupt's entry at the end of most slices. Not needed: a
   * release without it does not tell of loops.
   */
  previous_ip?: ArrayLike<number>;
  /** That of v86.wasm, which grows. */
  wasm_memory: { readonly buffer: ArrayBuffer };
  /** Where the interrupt controllers lie in it. */
  get_pic_addr_master(): number;
  get_pic_addr_slave(): number;
  get_apic_addr(): number;
  get_ioapic_addr(): number;
  /** What a snapshot has of the processor and its devices, to be looked at before the guest goes on. */
  get_state(): unknown[];
  /** One slice of execution. @returns milliseconds until the next one is due. */
  main_loop(): number;
  /** Lets a processor that sleeps, or that waits for its turn, have it now. */
  stop_idling(): void;
  /** `set_jit_config(0, 1)` turns the compiler off, `set_jit_config(0, 0)` on. */
  set_jit_config(index: number, value: number): void;
  reboot_internal(): void;
  jit_clear_cache(): void;
  zero_memory(address: number, size: number): void;
  device_raise_irq(irq: number): void;
  device_lower_irq(irq: number): void;
}

/** A drive of the IDE controller. */
export interface V86Drive {
  /** What a bus reset does to it: reads that are under way are given up. */
  device_reset(): void;
}

/** This v86 lacks a member that the TPM is attached through. */
export class UnsupportedV86Error extends Error {
  override name = "UnsupportedV86Error";
  /** Dotted path from the emulator to what is missing, such as `v86.cpu.io.mmap_register`. */
  readonly member: string;
  constructor(member: string, expected: string) {
    super(
      `This v86 has no ${member} (${expected}). The TPM is attached through members that v86 does not document; ` +
        `version ${SUPPORTED_V86_VERSION} has it: npm install --save-exact v86@${SUPPORTED_V86_VERSION}`,
    );
    this.member = member;
  }
}

type Kind = "function" | "object" | "array";

/** Every undocumented member, with the kind it must have. */
export const REQUIRED_MEMBERS: Readonly<Record<string, Kind>> = {
  "v86.constructor.microtick": "function",
  "v86.save_state": "function",
  "v86.restore_state": "function",
  "v86.cpu": "object",
  "v86.cpu.io": "object",
  "v86.cpu.io.mmap_register": "function",
  "v86.cpu.io.register_write": "function",
  "v86.cpu.io.ports": "array",
  "v86.cpu.memory_map_read8": "array",
  "v86.cpu.memory_map_write8": "array",
  "v86.cpu.memory_map_read32": "array",
  "v86.cpu.memory_map_write32": "array",
  "v86.cpu.option_roms": "array",
  "v86.cpu.memory_size": "object",
  "v86.cpu.mem8": "object",
  "v86.cpu.cr": "object",
  "v86.cpu.in_hlt": "object",
  "v86.cpu.devices": "object",
  "v86.cpu.devices.rtc": "object",
  "v86.cpu.devices.rtc.timer": "function",
  "v86.cpu.devices.uart0": "object",
  "v86.cpu.devices.uart0.get_state": "function",
  "v86.cpu.devices.uart0.set_state": "function",
  "v86.cpu.devices.uart0.input": "array",
  "v86.cpu.wasm_memory": "object",
  "v86.cpu.get_pic_addr_master": "function",
  "v86.cpu.get_pic_addr_slave": "function",
  "v86.cpu.get_apic_addr": "function",
  "v86.cpu.get_ioapic_addr": "function",
  "v86.cpu.get_state": "function",
  "v86.cpu.main_loop": "function",
  "v86.cpu.stop_idling": "function",
  "v86.cpu.set_jit_config": "function",
  "v86.cpu.reboot_internal": "function",
  "v86.cpu.jit_clear_cache": "function",
  "v86.cpu.zero_memory": "function",
  "v86.cpu.device_raise_irq": "function",
  "v86.cpu.device_lower_irq": "function",
};

/**
 * @param emulator one that has reached `emulator-ready`.
 * @throws UnsupportedV86Error naming the first member that is missing.
 */
export function requireInternals(emulator: V86): V86Cpu {
  for (const [path, kind] of Object.entries(REQUIRED_MEMBERS)) {
    if (!isKind(memberAt(emulator, path), kind)) throw new UnsupportedV86Error(path, kind);
  }
  return memberAt(emulator, "v86.cpu") as V86Cpu;
}

/** The drives of an emulator that has disks. @throws UnsupportedV86Error */
export function drivesOf(cpu: V86Cpu): V86Drive[] {
  return ["primary", "secondary"].flatMap((channel) => {
    if (!isKind(memberAt(cpu, `devices.ide.${channel}`), "object")) return [];
    return ["master", "slave"].map((drive) => {
      const path = `devices.ide.${channel}.${drive}`;
      if (isKind(memberAt(cpu, `${path}.device_reset`), "function")) return memberAt(cpu, path) as V86Drive;
      throw new UnsupportedV86Error(`v86.cpu.${path}.device_reset`, "function");
    });
  });
}

/** The guest's folder of the host (virtio, 9P). */
export interface V86ShareDevice {
  get_state(): unknown[];
  set_state(state: unknown[]): void;
}

/** Of an emulator that has `filesystem.handle9p`. @throws UnsupportedV86Error */
export function shareDeviceOf(cpu: V86Cpu): V86ShareDevice {
  for (const method of ["get_state", "set_state"]) {
    const path = `devices.virtio_9p.${method}`;
    if (!isKind(memberAt(cpu, path), "function")) throw new UnsupportedV86Error(`v86.cpu.${path}`, "function");
  }
  return memberAt(cpu, "devices.virtio_9p") as V86ShareDevice;
}

interface V86Bar {
  original_bar: number;
  size: number;
  entries: unknown[];
}

/**
 * Restores a state of v86's. It takes every base address register that a state has for one of a device's, and stumbles over those of an IDE channel
 * without a drive, which v86 has no more of than the register: for as long as it lasts they are registers of no ports.
 */
export function withoutHolesInBars<Result>(cpu: V86Cpu, restore: () => Result): Result {
  const devices = memberAt(cpu, "devices.pci.devices");
  const filled: (V86Bar | undefined)[][] = [];
  for (const device of Array.isArray(devices) ? devices : []) {
    const bars = memberAt(device ?? {}, "pci_bars");
    if (!Array.isArray(bars) || !bars.includes(undefined)) continue;
    filled.push(bars);
    for (const [at, bar] of bars.entries()) if (bar === undefined) bars[at] = { ...NO_PORTS };
  }
  try {
    return restore();
  } finally {
    for (const bars of filled) {
      for (const [at, bar] of bars.entries()) if (bar?.entries === NO_PORTS.entries) bars[at] = undefined;
    }
  }
}

const NO_PORTS: V86Bar = { original_bar: 0, size: 0, entries: [] };

/** The methods behind an emulator's `save_state` and `restore_state`. */
export interface Snapshots {
  save_state?: () => unknown;
  restore_state?: (state: unknown) => unknown;
}

/** The object that has them: its class's unless the instance has its own. */
export function snapshotsOf(emulator: V86): Snapshots {
  return memberAt(emulator, "v86") as Snapshots;
}

/** What v86's devices ask for the time. All emulators of a page share it. */
export function clockSourceOf(emulator: V86): ClockSource {
  return memberAt(emulator, "v86.constructor") as ClockSource;
}

/** True once `emulator-ready` has been sent: the devices, and with them the I/O ports, exist. */
export function isInitialised(emulator: V86): boolean {
  return memberAt(emulator, "v86.cpu.io") !== undefined;
}

function memberAt(from: object, path: string): unknown {
  let value: unknown = from;
  for (const key of path.split(".")) {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function isKind(value: unknown, kind: Kind): boolean {
  if (kind === "array") return Array.isArray(value);
  if (kind === "function") return typeof value === "function";
  return typeof value === "object" && value !== null;
}
