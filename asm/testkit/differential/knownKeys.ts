/** Keys that are the same on both TPMs, loaded by TPM2_LoadExternal, and what the commands of primitives do with them. */
import { CURVES } from "../crypto/ecc/curves.ts";
import {
  bytesOf,
  DECRYPTING,
  externalCipher,
  externalEcc,
  externalKeyedHash,
  externalRsa,
  padOaep,
  padPkcs1,
  patterned,
  pointBytes,
  rsaPublicOperation,
  SIGNING_KEY,
  scalarOf,
  timesBase,
} from "../externalKeys.ts";
import { concat, hex, type Response, sized, u8, u16 } from "../harness.ts";
import { commitBase, sha256Number } from "../transcript/asymmetric.ts";
import type { Random } from "./random.ts";
import type { Part } from "./step.ts";

type Kind = "rsa" | "ecc" | "ecdaa" | "hash" | "cipher";
interface Key {
  kind: Kind;
  /** Parameters of TPM2_LoadExternal. */
  parameters: Uint8Array;
  auth: Uint8Array;
  bits: number;
  curve: number;
  /** Octets of a block. */
  block: number;
  /** What the key works with: schemes of a MAC, modes, encryption (0) or decryption (1), paddings. */
  macs: number[];
  modes: number[];
  ways: number[];
  paddings: Uint8Array[];
  name?: Uint8Array;
}

const SHA1 = 0x04;
const SHA256 = 0x0b;
const NULL = 0x10;
const OAEP = 0x17;
const RSAES = 0x15;
const ECDH = 0x19;
const SM2 = 0x1b;
/** P-521, BN P-638 */
const LARGEST_CURVES = [5, 0x11];
const CMAC = 0x3f;
const AUTH = Uint8Array.of(1, 2, 3);
const scheme = (id: number, hash: number) => concat(u16(id), u16(hash));
const ECDAA = concat(scheme(0x1a, SHA256), u16(0));

function key(kind: Kind, command: Uint8Array, more: Partial<Key> = {}): Key {
  const parameters = command.slice(10);
  const works = { macs: [NULL], modes: [NULL], ways: [0, 1], paddings: [u16(NULL)] };
  return { kind, parameters, auth: new Uint8Array(0), bits: 0, curve: 0, block: 0, ...works, ...more };
}
const HASHES = [SHA1, SHA256, 0x0c, 0x0d];
const PADDINGS = [u16(NULL), u16(RSAES), scheme(OAEP, SHA1), scheme(OAEP, SHA256)];
// Not here is what puts libtpms 0.9.2 into failure mode: ECMQV, and a bound session with a key of which there is only the
// public area; nor CMAC with TDES, which is not the standard's.
const POOL: Key[] = [
  key("rsa", externalRsa(), { bits: 2048, paddings: PADDINGS }),
  key("rsa", externalRsa({ bits: 1024, auth: AUTH }), { bits: 1024, auth: AUTH, paddings: PADDINGS }),
  key("rsa", externalRsa({ bits: 1024, scheme: scheme(OAEP, SHA1) }), { bits: 1024 }),
  key("rsa", externalRsa({ scheme: u16(RSAES) }), { bits: 2048 }),
  key("rsa", externalRsa({ bits: 3072 }), { bits: 3072, paddings: PADDINGS }),
  key("rsa", externalRsa({ attributes: SIGNING_KEY }), { bits: 2048 }),
  ...CURVES.map(({ id }) => key("ecc", externalEcc({ curve: id }), { curve: id })),
  key("ecc", externalEcc({ auth: AUTH, scheme: scheme(ECDH, SHA256) }), { curve: 3, auth: AUTH }),
  key("ecc", externalEcc({ scheme: scheme(SM2, SHA256) }), { curve: 3 }),
  key("ecdaa", externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA }), { curve: 3 }),
  key("hash", externalKeyedHash(), { macs: HASHES }),
  key("hash", externalKeyedHash({ auth: AUTH, scheme: scheme(0x05, SHA256) }), { auth: AUTH }),
  key("hash", externalKeyedHash({ attributes: DECRYPTING, scheme: concat(scheme(0x0a, SHA1), u16(0x22)) })),
  key("cipher", externalCipher({ auth: AUTH }), {
    block: 16,
    auth: AUTH,
    modes: [0x40, 0x41, 0x42, 0x43, 0x44],
    macs: [CMAC],
  }),
  key("cipher", externalCipher({ bits: 256, mode: 0x43 }), { block: 16 }),
  key("cipher", externalCipher({ algorithm: 0x26, mode: 0x40 }), { block: 16 }),
  key("cipher", externalCipher({ algorithm: 0x03, bits: 192, mode: 0x42 }), { block: 8 }),
  key("cipher", externalCipher({ attributes: SIGNING_KEY, mode: CMAC }), { block: 16 }),
  key("cipher", externalCipher({ attributes: DECRYPTING, mode: 0x44 }), { block: 16, ways: [1] }),
];
/** The kind of key that a command works with. */
const KINDS: Readonly<Record<string, readonly Kind[]>> = {
  RSA_Encrypt: ["rsa"],
  RSA_Decrypt: ["rsa"],
  ECDH_KeyGen: ["ecc"],
  ECDH_ZGen: ["ecc"],
  ZGen_2Phase: ["ecc"],
  Commit: ["ecdaa"],
  EncryptDecrypt: ["cipher"],
  EncryptDecrypt2: ["cipher"],
  MAC: ["hash", "cipher"],
  MAC_Start: ["hash", "cipher"],
};
const COMMANDS = [...Object.keys(KINDS), "LoadExternal", "EC_Ephemeral"];
/** What Shutdown(STATE) saved they change: here that takes the shutdown back, in libtpms not. */
const COUNTING = ["Commit", "EC_Ephemeral", "ZGen_2Phase"];

export class KnownKeys {
  readonly loaded = new Map<number, Key>();
  readonly #saved = new Map<number, Key>();
  /** How many counters TPM2_Commit and TPM2_EC_Ephemeral have given out, Resets apart. */
  #counter = 0;
  #wanted: readonly Kind[] = [];

  static isCommand(name: string): boolean {
    return COMMANDS.includes(name);
  }
  static takesBackShutdown(name: string): boolean {
    return COUNTING.includes(name);
  }
  /** A command needs a key that is not there; the next one that is loaded will be of its kind. */
  lacksKey(name: string): boolean {
    const kinds = KINDS[name];
    if (!kinds || this.#suitable(name).length > 0) return false;
    this.#wanted = kinds;
    return true;
  }

  nameOf(handle: number): Uint8Array {
    return this.loaded.get(handle)?.name ?? new Uint8Array(0);
  }
  authOf(handle: number): Uint8Array {
    return this.loaded.get(handle)?.auth ?? new Uint8Array(0);
  }
  #suitable(name: string): number[] {
    return [...this.loaded].filter(([, { kind }]) => KINDS[name]?.includes(kind)).map(([handle]) => handle);
  }
  /** A key for this command, now and then one of another kind; undefined without any. */
  choose(r: Random, name: string): number | undefined {
    const suitable = this.#suitable(name);
    const any = [...this.loaded.keys()];
    return suitable.length > 0 && r.chance(90) ? r.of(suitable) : any.length > 0 ? r.of(any) : undefined;
  }

  /** For TPM2_LoadExternal that succeeded, where it loaded one of these keys. */
  load(handle: number, parameters: Uint8Array, response: Response): Key | undefined {
    const found = POOL.find((candidate) => hex(candidate.parameters) === hex(parameters));
    if (!found) return undefined;
    const at = response.bytes.indexOf(0x22, response.tag === 0x8002 ? 19 : 15) - 1;
    const name = response.bytes.slice(at + 2, at + 2 + 34);
    this.loaded.set(handle, { ...found, name });
    return found;
  }
  save(context: number, handle: number): void {
    const known = this.loaded.get(handle);
    if (known) this.#saved.set(context, known);
  }
  /** @returns false when that context was no key's. */
  restore(context: number, handle: number): boolean {
    const known = this.#saved.get(context);
    if (known) this.loaded.set(handle, known);
    return known !== undefined;
  }
  counted(): void {
    this.#counter++;
  }
  /** After _TPM_Init. Only a Resume or Restart goes on counting: an old counter is tried in vain after a Reset. */
  reset(): void {
    this.loaded.clear();
  }

  /** Mostly right parameters, with the handle of the key given. */
  right(r: Random, name: string, handle: number): Part[] {
    const known = this.loaded.get(handle) ?? r.of(POOL);
    switch (name) {
      case "LoadExternal":
        return [r.of(POOL.filter(({ kind }) => this.#wanted.length === 0 || this.#wanted.includes(kind))).parameters];
      case "RSA_Encrypt": {
        if (r.chance(60)) return [sized(patterned(r.below(60))), r.of(known.paddings), sized(r.of([[], [0x61, 0]]))];
        const message = r.bytes(r.of([0, 1, 32, 100, 117, 118, known.bits / 8 || 256, 385]));
        return [sized(message), this.#padding(r), sized(this.#label(r))];
      }
      case "RSA_Decrypt":
        return this.#cipherText(r, known.bits || 2048);
      case "ECDH_ZGen":
        return [this.#point(r, known.curve)];
      case "ZGen_2Phase": {
        const counter = Math.max(0, this.#counter - 1 - r.of([0, 0, 0, 1, 2, 127, 128, -1]));
        const [qs, qe] = [this.#point(r, known.curve), this.#point(r, known.curve)];
        // Nor SM2 on the largest curves: another way into libtpms' failure mode.
        const sm2 = LARGEST_CURVES.includes(known.curve) ? ECDH : SM2;
        return [qs, qe, u16(r.of([ECDH, ECDH, ECDH, sm2, NULL, 0x18])), u16(counter)];
      }
      case "EC_Ephemeral":
        return [u16(r.of([1, 2, 3, 3, 3, 4, 5, 0x10, 0x11, 0x20, 0, 6]))];
      case "Commit": {
        const { s2, y2 } = commitBase(sha256Number);
        const p1 = r.chance(40) ? sized(new Uint8Array(4)) : this.#point(r, 3);
        if (r.chance(60)) return r.chance(50) ? [p1, sized(s2), sized(y2)] : [p1, sized([]), sized([])];
        return [p1, sized(r.of([s2, s2, [], [1, 2]])), sized(r.of([y2, y2, []]))];
      }
      case "EncryptDecrypt":
      case "EncryptDecrypt2": {
        const block = known.block || 16;
        const good = r.chance(60);
        const mode = r.of(good ? known.modes : [NULL, NULL, 0x40, 0x41, 0x42, 0x43, 0x44, CMAC]);
        const sizes = good ? [0, block, 7 * block, 1024] : [0, 1, block, 2 * block, 5 * block + 3, 1024, 1025];
        const ivSize = good ? (mode === 0x44 || known.ways.length === 1 ? 0 : block) : r.of([block, block, 0, 8, 15]);
        const [data, iv] = [sized(r.bytes(r.of(sizes))), sized(patterned(ivSize))];
        const way = u8(r.of(good ? known.ways : [0, 1, 2]));
        return name === "EncryptDecrypt" ? [way, u16(mode), iv, data] : [data, way, u16(mode), iv];
      }
      case "MAC":
        return [sized(r.bytes(r.of([0, 1, 16, 64, 65, 1024, 1025]))), this.#mac(r, known)];
      case "MAC_Start":
        return [sized(r.of([new Uint8Array(0), AUTH, Uint8Array.of(5, 0), new Uint8Array(65)])), this.#mac(r, known)];
      default:
        return [];
    }
  }

  #padding(r: Random): Uint8Array {
    const hash = r.of([SHA1, SHA256, 0x0c, 0x0d, NULL]);
    return r.of([u16(NULL), u16(NULL), u16(RSAES), scheme(OAEP, hash), scheme(OAEP, SHA1), scheme(0x14, hash)]);
  }
  #label(r: Random): Uint8Array {
    return r.of([[], [], [0], [0x61, 0], [0x61]].map((octets) => Uint8Array.from(octets)));
  }
  #cipherText(r: Random, bits: number): Part[] {
    const message = patterned(r.of([0, 20, 60]));
    const label = Uint8Array.of(0x61, 0);
    switch (r.below(4)) {
      case 0:
        return [sized(rsaPublicOperation(bits, padPkcs1(bits, message))), r.of([u16(NULL), u16(RSAES)]), sized([])];
      case 1: {
        const padded = padOaep(bits, "sha1", label, message);
        return [sized(rsaPublicOperation(bits, padded)), r.of([u16(NULL), scheme(OAEP, SHA1)]), sized(label)];
      }
      case 2:
        return [sized(bytesOf(5n, bits / 8)), this.#padding(r), sized(this.#label(r))];
      default:
        return [sized(r.bytes(r.of([0, bits / 8 - 1, bits / 8 + 1]))), this.#padding(r), sized(this.#label(r))];
    }
  }
  #point(r: Random, curve: number): Uint8Array {
    const known = CURVES.some(({ id }) => id === curve) && r.chance(90) ? curve : 3;
    if (r.chance(5)) return sized(r.of([new Uint8Array(4), concat(sized([1]), sized([1])), new Uint8Array(0)]));
    return sized(pointBytes(known, timesBase(known, scalarOf(known, `point ${r.below(3)}`))));
  }
  #mac(r: Random, known: Key): Uint8Array {
    return u16(r.of(r.chance(60) ? known.macs : [NULL, NULL, SHA1, SHA256, 0x0c, 0x0d, CMAC, CMAC, 0x43]));
  }
}
