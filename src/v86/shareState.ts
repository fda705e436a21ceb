/**
 * The guest's files in v86's snapshots. v86's device has the requests in its state that it waits for, of which a guest that is held and settled has
 * none, and knows nothing of the file server behind it, whose state goes with it here.
 */
import type { GuestShare } from "../share/server.ts";
import { shareDeviceOf, type V86Cpu } from "./internals.ts";

/** In the device's state: where v86 has the requests that it waits for, and what it does not use. */
const WAITING = 3;
const SHARE = 16;

/**
 * @param share must be settled while a state is saved.
 * @returns the undo
 * @throws UnsupportedV86Error
 */
export function carryShare(cpu: V86Cpu, share: GuestShare): () => void {
  const device = shareDeviceOf(cpu);
  const { get_state: save, set_state: restore } = device;
  device.get_state = () => {
    const state = save.call(device);
    state[WAITING] = new Map();
    state[SHARE] = new TextEncoder().encode(JSON.stringify(share.saveState()));
    return state;
  };
  device.set_state = (state) => {
    restore.call(device, Object.assign([...state], { [WAITING]: new Map() }));
    restoreShare(share, state[SHARE]);
  };
  return () => {
    delete (device as Partial<typeof device>).get_state;
    delete (device as Partial<typeof device>).set_state;
  };
}

/** A state that says nothing of the files, or nothing that can be read, is one of a guest that has lost them: EBADF. */
function restoreShare(share: GuestShare, saved: unknown): void {
  try {
    share.restoreState(JSON.parse(new TextDecoder().decode(saved as Uint8Array)));
  } catch {
    share.reset();
  }
}
