/** v86's own format of a state, as src/v86/snapshotFormat.ts describes it, for a machine that has no v86. */
import { packPart, seal, TPM_INDEX, type TpmPart } from "../../../../src/v86/snapshotFormat.ts";

const STATE_MAGIC = 0x8676_8676;
const STATE_VERSION = 6;
const HEADER = 16;

/** @param guest plain data. @returns a snapshot with a TPM, as a machine's `saveState` gives */
export async function packState(guest: unknown, memory: Uint8Array, part: TpmPart): Promise<ArrayBuffer> {
  const buffers: Uint8Array[] = [];
  const packed = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      buffers.push(value);
      return { __state_type__: "Uint8Array", buffer_id: buffers.length - 1 };
    }
    return Array.isArray(value) ? value.map(packed) : value;
  };
  const state: unknown[] = new Array(TPM_INDEX).fill(null);
  state[0] = guest;
  state[1] = packed(memory);
  state[TPM_INDEX] = packed(packPart(part));
  let offset = 0;
  const infos = buffers.map(({ length }) => {
    const info = { offset, length };
    offset = (offset + length + 3) & ~3;
    return info;
  });
  const text = new TextEncoder().encode(JSON.stringify({ buffer_infos: infos, state }));
  const base = (HEADER + text.length + 3) & ~3;
  const last = infos.at(-1) as { offset: number; length: number };
  const container = new ArrayBuffer(base + last.offset + last.length);
  const view = new DataView(container);
  view.setUint32(0, STATE_MAGIC, true);
  view.setInt32(4, STATE_VERSION, true);
  view.setUint32(8, container.byteLength, true);
  view.setUint32(12, text.length, true);
  new Uint8Array(container).set(text, HEADER);
  buffers.forEach((buffer, at) => {
    new Uint8Array(container).set(buffer, base + (infos[at] as { offset: number }).offset);
  });
  await seal(container);
  return container;
}

/** What {@link packState} was given of the guest. */
export function guestOf(state: ArrayBuffer): unknown {
  const size = new DataView(state).getUint32(12, true);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(state, HEADER, size))).state[0];
}
