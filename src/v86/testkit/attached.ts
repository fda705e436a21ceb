/** A TPM on the bus of an emulator whose BIOS is a program, with a backend that does what the test says. */
import type { V86 } from "v86";
import { FakeBackend } from "../../engine/testkit/fakeBackend.ts";
import { attachTpm, type TpmAttachment } from "../attach.ts";
import type { AttachTpmOptions } from "../attachOptions.ts";
import { requireInternals, type V86Cpu } from "../internals.ts";
import { makeEmulator } from "./emulator.ts";
import * as x86 from "./program.ts";

/** A backend whose start and _TPM_Init end when the test says so, and which notes what it is asked. */
export class SlowBackend extends FakeBackend {
  readonly calls: string[] = [];
  override readonly ready: Promise<void>;
  becomeReady!: () => void;
  failStart!: (error: Error) => Promise<void>;
  #init: Promise<void> = Promise.resolve();

  constructor() {
    super();
    this.power = "off";
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      this.failStart = async (error) => {
        this.power = "failed";
        reject(error);
      };
    });
  }

  /** The next _TPM_Init takes until the returned function is called. */
  delayInit(): () => void {
    let finish!: () => void;
    this.#init = new Promise((resolve) => {
      finish = resolve;
    });
    return finish;
  }

  override async powerOn(): Promise<void> {
    this.calls.push("powerOn");
    await this.#init;
    this.power = "on";
  }

  override async powerOff(): Promise<void> {
    this.calls.push("powerOff");
    this.power = "off";
  }
}

export function attach(
  tpm: SlowBackend,
  program: number[][],
  options: Partial<AttachTpmOptions> & { autostart?: boolean } = {},
) {
  const { autostart = true, ...rest } = options;
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program) }, autostart });
  return { emulator, attachment: attachTpm(emulator, { tpm, ...rest }) };
}

export const cpuOf = (emulator: V86): V86Cpu => requireInternals(emulator);
export const word = (emulator: V86, address: number) =>
  new DataView(cpuOf(emulator).mem8.slice(address, address + 4).buffer).getUint32(0, true);
export const event = (attachment: TpmAttachment, name: "powered-off" | "failed" | "reset") =>
  new Promise<unknown>((resolve) => attachment.on(name, resolve));
