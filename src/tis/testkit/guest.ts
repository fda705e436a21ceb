import { type CommandName, commandNamed } from "../../spec/commands.ts";
import { HEADER_SIZE, TPM_ST_NO_SESSIONS } from "../../spec/header.ts";
import { type ResponseCodeName, TPM_RC } from "../../spec/responseCodes.ts";
import type { TisDevice } from "../device.ts";
import {
  ACCESS_ACTIVE_LOCALITY,
  ACCESS_REQUEST_USE,
  ACCESS_SEIZE,
  LOCALITY_SHIFT,
  REG_ACCESS,
  REG_DATA_FIFO,
  REG_STS,
  STS_COMMAND_READY,
  STS_GO,
} from "../registers.ts";

/** Software that drives a TIS device, in the words of its driver. */
export class Guest {
  readonly device: TisDevice;
  constructor(device: TisDevice) {
    this.device = device;
  }

  at(locality: number, register: number): number {
    return (locality << LOCALITY_SHIFT) + register;
  }
  access(locality: number): number {
    return this.device.read8(this.at(locality, REG_ACCESS));
  }
  writeAccess(locality: number, value: number): void {
    this.device.write8(this.at(locality, REG_ACCESS), value);
  }
  request(locality: number): void {
    this.writeAccess(locality, ACCESS_REQUEST_USE);
  }
  release(locality: number): void {
    this.writeAccess(locality, ACCESS_ACTIVE_LOCALITY);
  }
  seize(locality: number): void {
    this.writeAccess(locality, ACCESS_SEIZE);
  }
  /** The lowest 8 bits of TPM_STS. */
  status(locality: number): number {
    return this.device.read8(this.at(locality, REG_STS));
  }
  writeStatus(locality: number, value: number): void {
    this.device.write32(this.at(locality, REG_STS), value);
  }
  burstCount(locality: number): number {
    return (this.device.read32(this.at(locality, REG_STS)) >>> 8) & 0xffff;
  }
  commandReady(locality: number): void {
    this.writeStatus(locality, STS_COMMAND_READY);
  }
  write(locality: number, bytes: Iterable<number>): void {
    for (const byte of bytes) this.device.write8(this.at(locality, REG_DATA_FIFO), byte);
  }
  go(locality: number): void {
    this.writeStatus(locality, STS_GO);
  }
  /** commandReady, the command's bytes and tpmGo; the locality must be active. */
  send(locality: number, command: Uint8Array): void {
    this.commandReady(locality);
    this.write(locality, command);
    this.go(locality);
  }
  read(locality: number, count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.device.read8(this.at(locality, REG_DATA_FIFO)));
  }
}

/** A command of TPM_ST_NO_SESSIONS. */
export function command(name: CommandName, parameters: ArrayLike<number> = []): Uint8Array {
  return message(commandNamed(name).code, parameters);
}

/** A response of TPM_ST_NO_SESSIONS. */
export function response(name: ResponseCodeName, parameters: ArrayLike<number> = []): Uint8Array {
  return message(TPM_RC[name], parameters);
}

function message(code: number, parameters: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + parameters.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, TPM_ST_NO_SESSIONS);
  view.setUint32(2, bytes.length);
  view.setUint32(6, code);
  bytes.set(parameters, HEADER_SIZE);
  return bytes;
}
