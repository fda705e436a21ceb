import type { V86Cpu } from "./internals.ts";

/** Bytes that v86 keeps of each: the sizes with which it saves them. */
const PIC_SIZE = 13;
const APIC_SIZE = 184;
const IOAPIC_SIZE = 208;

/**
 * What v86's reset leaves as it is: the interrupt controllers and the serial port. An interrupt that was pending or in
 * service when the guest was reset came to the next boot, which knows nothing of it ("No irq handler for vector"), and
 * one in service keeps all of lower priority away.
 */
export class InterruptState {
  readonly #cpu: V86Cpu;
  readonly #parts: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  readonly #serial: unknown;

  /** To be made before the guest executes: what is found then is the state after a reset. */
  constructor(cpu: V86Cpu) {
    this.#cpu = cpu;
    this.#parts = [
      { address: cpu.get_pic_addr_master(), size: PIC_SIZE },
      { address: cpu.get_pic_addr_slave(), size: PIC_SIZE },
      { address: cpu.get_apic_addr(), size: APIC_SIZE },
      { address: cpu.get_ioapic_addr(), size: IOAPIC_SIZE },
    ].map(({ address, size }) => ({ address, bytes: new Uint8Array(cpu.wasm_memory.buffer, address, size).slice() }));
    this.#serial = cpu.devices.uart0.get_state();
  }

  reset(): void {
    // The memory may have grown since.
    for (const { address, bytes } of this.#parts) new Uint8Array(this.#cpu.wasm_memory.buffer).set(bytes, address);
    const { uart0 } = this.#cpu.devices;
    uart0.set_state(this.#serial);
    uart0.input.length = 0;
  }
}
