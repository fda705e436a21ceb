/** Keys, sessions and indices that rows work on. Each is taken away when its row is through. */
import { concat, type Response, sized, u8, u16, u32 } from "../../../asm/testkit/harness.ts";
import { ALG, RH } from "../../../asm/testkit/names.ts";
import { defineSpace, type NvPublic, nvWrite, OPEN, undefineSpace } from "../../../asm/testkit/nv.ts";
import {
  create,
  createPrimary,
  ecc,
  fieldsOf,
  flush,
  handleAndFields,
  load,
  type Primary,
  STORAGE,
  sensitive,
  startPolicy,
} from "../../../asm/testkit/objects.ts";
import { hash, scheme } from "../../../asm/testkit/signatures.ts";
import { onHandle, type Part, type Setup } from "../row.ts";

export const DIGEST = hash(ALG.SHA256, u32(1));
export const RSASSA = scheme(ALG.RSASSA);
export const ECDSA = scheme(ALG.ECDSA);
export const ZEROS = new Uint8Array(32);
/** The first eight of the SHA-256 bank. */
export const PCRS = concat(u32(1), u16(ALG.SHA256), u8(3), [0xff, 0, 0]);

export const handleOf = (response: Response) => response.view.getUint32(10);
/** What the last answer is about is flushed. */
export const flushed = (): Part => onHandle(flush(0));

/** Loads or starts something. @returns its handle */
export async function begun(setup: Setup, bytes: Uint8Array): Promise<number> {
  const handle = handleOf(await setup.send(bytes));
  setup.undo(flush(handle));
  return handle;
}
export const policySession = (setup: Setup) => begun(setup, startPolicy());

export async function primary(
  setup: Setup,
  area: Uint8Array,
  hierarchy: number = RH.OWNER,
  inSensitive = sensitive(),
): Promise<Primary> {
  const { handle, fields } = handleAndFields(await setup.send(createPrimary(area, hierarchy, inSensitive)));
  setup.undo(flush(handle));
  const [outPublic, creationData, creationHash] = [fields.sized(), fields.sized(), fields.sized()];
  const ticket = concat(fields.take(6), sized(fields.sized()));
  return { handle, area: outPublic, creationData, creationHash, ticket, name: fields.sized() };
}

export interface Child {
  handle: number;
  outPrivate: Uint8Array;
  area: Uint8Array;
  name: Uint8Array;
}
/** A loaded object below `parent`. */
export async function child(
  setup: Setup,
  parent: number,
  area: Uint8Array,
  data: Uint8Array = new Uint8Array(0),
): Promise<Child> {
  const created = fieldsOf(await setup.send(create(parent, area, sensitive([], data))));
  const [outPrivate, outPublic] = [created.sized(), created.sized()];
  const { handle, fields } = handleAndFields(await setup.send(load(parent, outPrivate, outPublic)));
  setup.undo(flush(handle));
  return { handle, outPrivate, area: outPublic, name: fields.sized() };
}
/** A loaded object whose parent is not there any more. */
export async function orphan(setup: Setup, area: Uint8Array, data?: Uint8Array): Promise<Child> {
  const parent = handleOf(await setup.send(createPrimary(ecc(STORAGE))));
  const made = await child(setup, parent, area, data);
  await setup.send(flush(parent));
  return made;
}

export const INDEX = 0x01000100;
/** An index that is defined, and written where there are data. */
export async function index(setup: Setup, info: Partial<NvPublic> = {}, data?: Uint8Array): Promise<number> {
  const whole: NvPublic = { handle: INDEX, attributes: OPEN, size: data?.length ?? 8, ...info };
  await setup.send(defineSpace(whole));
  setup.undo(undefineSpace(RH.OWNER, whole.handle));
  if (data) await setup.send(nvWrite(RH.OWNER, whole.handle, data));
  return whole.handle;
}
