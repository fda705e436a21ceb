import { FakeBackend } from "../../engine/testkit/fakeBackend.ts";
import { TisDevice } from "../device.ts";
import { command, Guest, response } from "./guest.ts";

export const STARTUP = command("Startup", [0, 0]);
export const GET_RANDOM = command("GetRandom", [0, 4]);
export const RANDOM = response("TPM_RC_SUCCESS", [0, 4, 1, 2, 3, 4]);

/** A device whose locality 0 is active, and the errors of its backend. */
export function setUp() {
  const backend = new FakeBackend();
  const errors: unknown[] = [];
  const device = new TisDevice({ backend, onBackendError: (error) => errors.push(error) });
  const guest = new Guest(device);
  guest.request(0);
  return { backend, device, guest, errors };
}

/** A command of `length` bytes whose header says `size`. */
export function sized(length: number, size: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x5a);
  bytes.set([0x80, 0x01]);
  new DataView(bytes.buffer).setUint32(2, size);
  return bytes;
}
