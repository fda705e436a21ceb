/** Templates and commands of objects for tests, as bytes of Part 2 and 3: they share no code with what they test. */

import {
  command,
  concat,
  password,
  type Response,
  type Session,
  sized,
  type TestTpm,
  u8,
  u16,
  u32,
} from "./harness.ts";
import { ALG, bitsOf, CC, CURVE, RH } from "./names.ts";
import { digest } from "./sessions.ts";

/** TPMA_OBJECT */
export const OBJECT = bitsOf("TPMA_OBJECT");

/** With noDA, so that no test meets the dictionary attack protection by chance. */
const FIXED = OBJECT.fixedTPM | OBJECT.fixedParent | OBJECT.noDA;
export const STORAGE = FIXED | OBJECT.sensitiveDataOrigin | OBJECT.userWithAuth | OBJECT.restricted | OBJECT.decrypt;
export const SIGNING = FIXED | OBJECT.sensitiveDataOrigin | OBJECT.userWithAuth | OBJECT.sign;
export const SEALED = FIXED | OBJECT.userWithAuth;
export const AES_128_CFB = concat(u16(ALG.AES), u16(128), u16(ALG.CFB));
export const NULL_ALGORITHM = u16(ALG.NULL);

export interface Template {
  type: number;
  nameAlg?: number;
  attributes: number;
  policy?: Uint8Array;
  /** TPMU_PUBLIC_PARMS */
  parameters: Uint8Array;
  /** TPMU_PUBLIC_ID */
  unique: Uint8Array;
}
/** TPMT_PUBLIC */
export function publicArea(template: Template): Uint8Array {
  const { type, nameAlg = ALG.SHA256, attributes, policy = new Uint8Array(), parameters, unique } = template;
  return concat(u16(type), u16(nameAlg), u32(attributes), sized(policy), parameters, unique);
}
export function rsa(
  attributes: number,
  more: Partial<Template> & { bits?: number; scheme?: Uint8Array } = {},
): Uint8Array {
  const { bits = 2048, scheme = NULL_ALGORITHM, ...rest } = more;
  const symmetric = isStorage(attributes) ? AES_128_CFB : NULL_ALGORITHM;
  const parameters = concat(symmetric, scheme, u16(bits), u32(0));
  return publicArea({ type: ALG.RSA, attributes, parameters, unique: sized([]), ...rest });
}
/** A parent for tests that any RSA key will do for: one of 2048 bits takes eight times as long to make. */
export const RSA_STORAGE = rsa(STORAGE, { bits: 1024 });

export function ecc(
  attributes: number,
  more: Partial<Template> & { curve?: number; scheme?: Uint8Array } = {},
): Uint8Array {
  const { curve = CURVE.NIST_P256, scheme = NULL_ALGORITHM, ...rest } = more;
  const symmetric = isStorage(attributes) ? AES_128_CFB : NULL_ALGORITHM;
  const parameters = concat(symmetric, scheme, u16(curve), NULL_ALGORITHM);
  return publicArea({ type: ALG.ECC, attributes, parameters, unique: concat(sized([]), sized([])), ...rest });
}
export function keyedHash(attributes: number, more: Partial<Template> & { scheme?: Uint8Array } = {}): Uint8Array {
  const { scheme = NULL_ALGORITHM, ...rest } = more;
  return publicArea({ type: ALG.KEYEDHASH, attributes, parameters: scheme, unique: sized([]), ...rest });
}
export function symCipher(attributes: number, more: Partial<Template> = {}): Uint8Array {
  return publicArea({ type: ALG.SYMCIPHER, attributes, parameters: AES_128_CFB, unique: sized([]), ...more });
}
function isStorage(attributes: number): boolean {
  return (attributes & OBJECT.restricted) !== 0 && (attributes & OBJECT.decrypt) !== 0;
}

/** TPM2B_SENSITIVE_CREATE */
export function sensitive(auth: Uint8Array | number[] = [], data: Uint8Array | number[] = []): Uint8Array {
  return sized(concat(sized(auth), sized(data)));
}
const NO_PCRS = u32(0);

export function createPrimary(area: Uint8Array, hierarchy: number = RH.OWNER, inSensitive = sensitive()): Uint8Array {
  return command(CC.CreatePrimary, [hierarchy], [inSensitive, sized(area), sized([]), NO_PCRS], [password()]);
}
export function create(parent: number, area: Uint8Array, inSensitive = sensitive(), session = password()): Uint8Array {
  return command(CC.Create, [parent], [inSensitive, sized(area), sized([]), NO_PCRS], [session]);
}
export function createLoaded(
  parent: number,
  area: Uint8Array,
  inSensitive = sensitive(),
  session = password(),
): Uint8Array {
  return command(CC.CreateLoaded, [parent], [inSensitive, sized(area)], [session]);
}
export function load(parent: number, inPrivate: Uint8Array, area: Uint8Array, session = password()): Uint8Array {
  return command(CC.Load, [parent], [sized(inPrivate), sized(area)], [session]);
}
export function loadExternal(
  area: Uint8Array,
  hierarchy: number = RH.NULL,
  inSensitive: Uint8Array = sized([]),
): Uint8Array {
  return command(CC.LoadExternal, [], [inSensitive, sized(area), u32(hierarchy)]);
}
export function readPublic(handle: number): Uint8Array {
  return command(CC.ReadPublic, [handle]);
}
export function unseal(handle: number, session: Session = password()): Uint8Array {
  return command(CC.Unseal, [handle], [], [session]);
}
export function evictControl(handle: number, persistent: number, auth: number = RH.OWNER): Uint8Array {
  return command(CC.EvictControl, [auth, handle], [u32(persistent)], [password()]);
}
export function makeCredential(key: number, credential: Uint8Array, name: Uint8Array): Uint8Array {
  return command(CC.MakeCredential, [key], [sized(credential), sized(name)]);
}
export function activateCredential(
  activated: number,
  key: number,
  blob: Uint8Array,
  secret: Uint8Array,
  sessions: Session[] = [password(), password()],
): Uint8Array {
  return command(CC.ActivateCredential, [activated, key], [sized(blob), sized(secret)], sessions);
}
export function importObject(
  parent: number,
  area: Uint8Array,
  {
    encryptionKey,
    symmetric,
    duplicate,
    secret,
  }: { encryptionKey: Uint8Array; symmetric: Uint8Array; duplicate: Uint8Array; secret: Uint8Array },
  session: Session = password(),
): Uint8Array {
  return command(
    CC.Import,
    [parent],
    [sized(encryptionKey), sized(area), sized(duplicate), sized(secret), symmetric],
    [session],
  );
}
export function rewrap(
  oldParent: number,
  newParent: number,
  duplicate: Uint8Array,
  name: Uint8Array,
  secret: Uint8Array,
): Uint8Array {
  return command(CC.Rewrap, [oldParent, newParent], [sized(duplicate), sized(name), sized(secret)], [password()]);
}
/** TPM2_Duplicate with a policy session, which says by TPM2_PolicyCommandCode that duplication is meant. */
export function duplicateObject(
  object: number,
  newParent: number,
  session: number,
  encryptionKey: Uint8Array = new Uint8Array(0),
  symmetric: Uint8Array = NULL_ALGORITHM,
): Uint8Array {
  return command(
    CC.Duplicate,
    [object, newParent],
    [sized(encryptionKey), symmetric],
    [{ handle: session, attributes: 1 }],
  );
}
/** authPolicy (SHA-256) of TPM2_PolicyCommandCode. */
export function commandCodePolicy(code: number): Uint8Array {
  return digest(ALG.SHA256, new Uint8Array(32), u32(CC.PolicyCommandCode), u32(code));
}
export function startPolicy(): Uint8Array {
  return command(
    CC.StartAuthSession,
    [RH.NULL, RH.NULL],
    [sized(new Uint8Array(16)), sized([]), u8(1), NULL_ALGORITHM, u16(ALG.SHA256)],
  );
}
export function policyCommandCode(session: number, code: number): Uint8Array {
  return command(CC.PolicyCommandCode, [session], [u32(code)]);
}
export function flush(handle: number): Uint8Array {
  return command(CC.FlushContext, [], [u32(handle)]);
}

/** Reads TPM2Bs and integers one after the other. */
export class Fields {
  readonly bytes: Uint8Array;
  at = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  take(size: number): Uint8Array {
    this.at += size;
    if (this.at > this.bytes.length) throw new Error(`${this.at - this.bytes.length} bytes are missing`);
    return this.bytes.subarray(this.at - size, this.at);
  }
  number(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }
  sized(): Uint8Array {
    return this.take(this.number(2));
  }
  rest(): Uint8Array {
    return this.take(this.bytes.length - this.at);
  }
}

/** The handle of a response with one, and the parameters behind it. */
export function handleAndFields(response: Response): { handle: number; fields: Fields } {
  if (response.rc !== 0) throw new Error(`response code 0x${response.rc.toString(16)}`);
  const fields = new Fields(response.body);
  const handle = fields.number(4);
  return { handle, fields: new Fields(response.sessions ? fields.take(fields.number(4)) : fields.rest()) };
}
/** The parameters of a response without a handle. */
export function fieldsOf(response: Response): Fields {
  if (response.rc !== 0) throw new Error(`response code 0x${response.rc.toString(16)}`);
  return new Fields(response.parameters);
}

export interface Primary {
  handle: number;
  area: Uint8Array;
  creationData: Uint8Array;
  creationHash: Uint8Array;
  ticket: Uint8Array;
  name: Uint8Array;
}
export function runCreatePrimary(tpm: TestTpm, ...args: Parameters<typeof createPrimary>): Primary {
  const { handle, fields } = handleAndFields(tpm.run(createPrimary(...args)));
  const [area, creationData, creationHash] = [fields.sized(), fields.sized(), fields.sized()];
  const ticket = concat(fields.take(6), sized(fields.sized()));
  return { handle, area, creationData, creationHash, ticket, name: fields.sized() };
}
export interface Created {
  outPrivate: Uint8Array;
  area: Uint8Array;
  creationData: Uint8Array;
  creationHash: Uint8Array;
  ticket: Uint8Array;
}
export function runCreate(tpm: TestTpm, ...args: Parameters<typeof create>): Created {
  const fields = fieldsOf(tpm.run(create(...args)));
  const [outPrivate, area, creationData] = [fields.sized(), fields.sized(), fields.sized()];
  const creationHash = fields.sized();
  return { outPrivate, area, creationData, creationHash, ticket: fields.rest() };
}
export function runLoad(tpm: TestTpm, ...args: Parameters<typeof load>): { handle: number; name: Uint8Array } {
  const { handle, fields } = handleAndFields(tpm.run(load(...args)));
  return { handle, name: fields.sized() };
}
