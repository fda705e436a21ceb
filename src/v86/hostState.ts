/**
 * What a machine knows of its guest, in v86's snapshots: its file server's, and how far the guest is. v86's device for files has a place for it:
 * it saves there the requests that it waits for, which a held guest has none of, and knows nothing of the server behind it.
 */
import { shareDeviceOf, type V86Cpu } from "./internals.ts";

/** In the device's state: where v86 has the requests that it waits for, and what it does not use. */
const WAITING = 3;
const HOST = 16;

export interface HostState {
  /** JSON. */
  save(): unknown;
  /** @param state what {@link save} gave; undefined where a snapshot has none. @throws what refuses the snapshot. */
  restore(state: unknown): void;
}

/**
 * @returns the undo
 * @throws UnsupportedV86Error
 */
export function carryHostState(cpu: V86Cpu, host: HostState): () => void {
  const device = shareDeviceOf(cpu);
  const { get_state: save, set_state: restore } = device;
  device.get_state = () => {
    const state = save.call(device);
    delete state[WAITING];
    state[HOST] = new TextEncoder().encode(JSON.stringify(host.save()));
    return state;
  };
  device.set_state = (state) => {
    const saved = state[HOST];
    host.restore(saved instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(saved)) : undefined);
    restore.call(device, Object.assign([...state], { [WAITING]: new Map() }));
  };
  return () => {
    delete (device as Partial<typeof device>).get_state;
    delete (device as Partial<typeof device>).set_state;
  };
}
