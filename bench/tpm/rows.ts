/** What is measured: commands, each with what must be there before it. */

import { quote } from "../../asm/tpm/testing/attestation.ts";
import {
  ALG,
  command,
  concat,
  password,
  type Response,
  RH,
  sized,
  u8,
  u16,
  u32,
} from "../../asm/tpm/testing/harness.ts";
import { defineSpace, nvRead, nvWrite, OPEN } from "../../asm/tpm/testing/nv.ts";
import {
  create,
  createPrimary,
  ecc,
  fieldsOf,
  flush,
  handleAndFields,
  keyedHash,
  load,
  readPublic,
  rsa,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
  unseal,
} from "../../asm/tpm/testing/objects.ts";
import { HASH, hash, SIG, scheme, sign, verifySignature } from "../../asm/tpm/testing/signatures.ts";

/** Runs a command. @throws where it fails. */
export type Send = (bytes: Uint8Array) => Promise<Response>;
/** The commands that are one call; what follows from an answer is made by a function of it. */
export type Call = (Uint8Array | ((last: Response) => Uint8Array))[];

export interface Row {
  name: string;
  /** Of the call in process, microseconds at most. */
  goal?: number;
  /** Its time is a matter of luck: so many calls, and means. */
  samples?: number;
  /** Makes what the call needs. @returns it, and handles to flush in the end. */
  prepare(send: Send): Promise<{ call: Call; handles: number[] }>;
}

const plain = (name: string, bytes: Uint8Array, goal?: number): Row => ({
  name,
  ...(goal === undefined ? {} : { goal }),
  prepare: async () => ({ call: [bytes], handles: [] }),
});
const handleOf = (response: Response) => response.view.getUint32(10);
const flushed = (response: Response) => flush(handleOf(response));
const PCRS = concat(u32(1), u16(ALG.SHA256), u8(3), [0xff, 0, 0]);
const DIGEST = hash(HASH.SHA256, u32(1));
const RSASSA = scheme(SIG.RSASSA);
const ECDSA = scheme(SIG.ECDSA);
const startSession = command(
  0x176,
  [RH.NULL, RH.NULL],
  [sized(new Uint8Array(16)), sized([]), u8(0), u16(ALG.NULL), u16(ALG.SHA256)],
);

async function primary(send: Send, area: Uint8Array): Promise<number> {
  return handleOf(await send(createPrimary(area)));
}
function withPrimary(
  name: string,
  area: Uint8Array,
  goal: number | undefined,
  call: (handle: number, send: Send) => Call | Promise<Call>,
  samples?: number,
): Row {
  return {
    name,
    ...(goal === undefined ? {} : { goal }),
    ...(samples === undefined ? {} : { samples }),
    prepare: async (send) => {
      const handle = await primary(send, area);
      return { call: await call(handle, send), handles: [handle] };
    },
  };
}

/** A loaded child and its parent's handle. */
function loaded(name: string, area: Uint8Array, data: Uint8Array, call: (handle: number) => Call, goal?: number): Row {
  return {
    name,
    ...(goal === undefined ? {} : { goal }),
    prepare: async (send) => {
      const parent = await primary(send, ecc(STORAGE));
      const fields = fieldsOf(await send(create(parent, area, sensitive([], data))));
      const { handle } = handleAndFields(await send(load(parent, fields.sized(), fields.sized())));
      await send(flush(parent));
      return { call: call(handle), handles: [handle] };
    },
  };
}
const verifying = (inScheme: Uint8Array) => async (handle: number, send: Send) => {
  const signature = fieldsOf(await send(sign(handle, DIGEST, inScheme))).rest();
  return [verifySignature(handle, DIGEST, signature)];
};
function inIndex(name: string, call: (index: number) => Uint8Array): Row {
  const index = 0x01000000 + name.length;
  return {
    name,
    prepare: async (send) => {
      await send(defineSpace({ handle: index, attributes: OPEN, size: 64 }));
      await send(nvWrite(RH.OWNER, index, new Uint8Array(64)));
      return { call: [call(index)], handles: [] };
    },
  };
}

const sequenceOf = (pieces: number): Call => {
  const update = new Uint8Array(1024);
  let sequence = 0;
  let bytes = new Uint8Array(0);
  // The handle is always the same: the making of the commands is not to be measured.
  const remember = (response: Response) => {
    if (handleOf(response) !== sequence) {
      sequence = handleOf(response);
      bytes = Uint8Array.from(command(0x15c, [sequence], [sized(update)], [password()]));
    }
    return bytes;
  };
  const next = () => bytes;
  const complete = () => command(0x13e, [sequence], [sized([]), u32(RH.NULL)], [password()]);
  const start = command(0x186, [], [sized([]), u16(ALG.SHA256)]);
  return [start, remember, ...Array.from({ length: pieces - 1 }, () => next), complete];
};

export const rows: readonly Row[] = [
  plain("GetRandom, 32 octets", command(0x17b, [], [u16(32)]), 4),
  plain("PCR_Read, 8 PCRs", command(0x17e, [], [PCRS]), 4),
  plain("PCR_Extend, SHA-256", command(0x182, [16], [u32(1), u16(ALG.SHA256), DIGEST], [password()]), 4),
  {
    name: "StartAuthSession and FlushContext",
    goal: 4,
    prepare: async () => ({ call: [startSession, flushed], handles: [] }),
  },
  plain("GetCapability, fixed properties", command(0x17a, [], [u32(6), u32(0x100), u32(64)])),
  plain("ReadClock", command(0x181)),
  plain("Hash, 1,024 octets", command(0x17d, [], [sized(new Uint8Array(1024)), u16(ALG.SHA256), u32(RH.NULL)])),
  {
    name: "hash sequence over 1 MiB, SHA-256",
    goal: 3500,
    prepare: async () => ({ call: sequenceOf(1024), handles: [] }),
  },
  inIndex("NV_Read, 64 octets", (index) => nvRead(RH.OWNER, index, 64)),
  inIndex("NV_Write, 64 octets (no store)", (index) => nvWrite(RH.OWNER, index, new Uint8Array(64))),
  {
    name: "CreatePrimary P-256 and FlushContext",
    goal: 200,
    prepare: async () => ({ call: [createPrimary(ecc(STORAGE)), flushed], handles: [] }),
  },
  withPrimary("Create P-256", ecc(STORAGE), 200, (parent) => [create(parent, ecc(SIGNING))]),
  withPrimary("Create RSA-2048", ecc(STORAGE), 60_000, (parent) => [create(parent, rsa(SIGNING))], 40),
  withPrimary("Create, sealed data", ecc(STORAGE), undefined, (parent) => [
    create(parent, keyedHash(SEALED), sensitive([], DIGEST)),
  ]),
  loaded("Unseal", keyedHash(SEALED), DIGEST, (handle) => [unseal(handle)]),
  loaded("ReadPublic", ecc(SIGNING), new Uint8Array(0), (handle) => [readPublic(handle)]),
  loaded("Sign ECDSA P-256", ecc(SIGNING), new Uint8Array(0), (handle) => [sign(handle, DIGEST, ECDSA)], 100),
  withPrimary("Sign RSASSA-2048", rsa(SIGNING), 1200, (handle) => [sign(handle, DIGEST, RSASSA)]),
  withPrimary("VerifySignature P-256", ecc(SIGNING), 150, verifying(ECDSA)),
  withPrimary("VerifySignature RSASSA-2048", rsa(SIGNING), undefined, verifying(RSASSA)),
  withPrimary("Quote ECDSA P-256", ecc(SIGNING), undefined, (handle) => [quote(handle, PCRS, { scheme: ECDSA })]),
  withPrimary("ContextSave RSA-2048", rsa(SIGNING), 12, (handle) => [command(0x162, [handle])]),
  withPrimary("ContextLoad RSA-2048 and FlushContext", rsa(SIGNING), 12, async (handle, send) => {
    const saved = await send(command(0x162, [handle]));
    return [command(0x161, [], [saved.body]), flushed];
  }),
];
