import { FakeBackend } from "../../engine/testkit/fakeBackend.ts";
import { CrbDevice, type CrbDeviceOptions } from "../device.ts";
import {
  CTRL_REQ_CMD_READY,
  CTRL_START,
  DATA_BUFFER,
  LOC_CTRL_REQUEST_ACCESS,
  REG_CTRL_REQ,
  REG_CTRL_START,
  REG_LOC_CTRL,
} from "../registers.ts";

/** Software that drives a CRB device, in the words of its driver. */
export class Guest {
  readonly device: CrbDevice;
  constructor(device: CrbDevice) {
    this.device = device;
  }

  request(): void {
    this.device.write8(REG_LOC_CTRL, LOC_CTRL_REQUEST_ACCESS);
  }
  write(bytes: Uint8Array, at = DATA_BUFFER): void {
    for (const [index, byte] of bytes.entries()) this.device.write8(at + index, byte);
  }
  read(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, index) => this.device.read8(DATA_BUFFER + index));
  }
  start(): void {
    this.device.write32(REG_CTRL_START, CTRL_START);
  }
  /** As Linux does it. */
  send(command: Uint8Array): void {
    this.device.write32(REG_CTRL_REQ, CTRL_REQ_CMD_READY);
    this.write(command);
    this.start();
  }
}

/** A device whose locality is assigned, and what it told. */
export function setUp(options: Partial<CrbDeviceOptions> = {}) {
  const backend = new FakeBackend();
  const errors: unknown[] = [];
  const executions: ({ code: number; hurried: boolean } | null)[] = [];
  const device = new CrbDevice({
    backend,
    onBackendError: (error) => errors.push(error),
    onExecution: (command) => executions.push(command && { code: command.code, hurried: command.hurried }),
    ...options,
  });
  const guest = new Guest(device);
  guest.request();
  return { backend, device, guest, errors, executions };
}
