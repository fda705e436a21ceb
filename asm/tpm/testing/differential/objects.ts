/**
 * Objects in the streams: templates without dictionary attack protection, what the caller knows of each object, and what
 * each TPM has of its own (Names, private areas). A key whose results are deterministic (HMAC, symmetric) is not among
 * them, because the two TPMs have different keys.
 */
import { ALG, concat, type Response, RH, sized, u8, u16, u32 } from "../harness.ts";
import { ecc, Fields, ID, keyedHash, OBJECT, SEALED, SIGNING, STORAGE, symCipher } from "../objects.ts";
import type { Random } from "./random.ts";
import type { CommandStep, Part } from "./step.ts";

type Kind = "storage" | "other";
/** TPMT_PUBLIC templates, and whether what is made of them is a parent. */
const TEMPLATES: readonly (readonly [Kind, Uint8Array])[] = [
  ["storage", ecc(STORAGE)],
  ["storage", ecc(STORAGE & ~(OBJECT.fixedTPM | OBJECT.fixedParent))],
  ["storage", symCipher(STORAGE)],
  ["storage", ecc(STORAGE | OBJECT.stClear)],
  ["other", ecc(SIGNING)],
  ["other", ecc(SIGNING & ~(OBJECT.fixedTPM | OBJECT.fixedParent))],
  ["other", keyedHash(SEALED)],
  ["other", keyedHash(SEALED & ~(OBJECT.fixedTPM | OBJECT.fixedParent))],
  ["other", keyedHash(SEALED | OBJECT.adminWithPolicy)],
];
/** The generator of P-256 as a public key. */
const [GX, GY] = [
  "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
].map((octets) => Uint8Array.from(Buffer.from(octets, "hex")));
const POINT = concat(sized(GX ?? []), sized(GY ?? []));
const ONE = concat(new Uint8Array(31), u8(1));
const PERSISTENT = [0x81000000, 0x81000001, 0x81800000, 0x81ffffff];
const EMPTY = new Uint8Array(0);

interface Known {
  kind: Kind;
  auth: Uint8Array;
}

/** What the caller knows: both TPMs must agree on it. */
export class KnownObjects {
  readonly known = new Map<number, Known>();
  /** What TPM2_Create gave, by number. */
  readonly blobs: Known[] = [];
  readonly #saved = new Map<number, Known>();

  handles(kind?: Kind): number[] {
    return [...this.known].flatMap(([handle, known]) => (kind === undefined || known.kind === kind ? [handle] : []));
  }
  transients(): number {
    return this.handles().filter((handle) => handle < 0x81000000).length;
  }
  init(): void {
    for (const handle of this.handles()) if (handle < 0x81000000) this.known.delete(handle);
  }

  /** @returns the authValue of an object that the command brought: its handle and octets. */
  learn(step: CommandStep, response: Response, parameters: Uint8Array, contexts: number): [number, Uint8Array] | null {
    const handle = response.bytes.length >= 14 ? response.view.getUint32(10) : 0;
    const add = (at: number, known: Known): [number, Uint8Array] => {
      this.known.set(at, known);
      return [at, known.auth];
    };
    switch (step.name) {
      case "CreatePrimary":
      case "CreateLoaded":
        return add(handle, created(parameters));
      case "Create":
        this.blobs.push(created(parameters));
        return null;
      case "Load": {
        const [part] = step.parameters;
        const blob = part && !(part instanceof Uint8Array) && "blob" in part ? this.blobs[part.blob] : undefined;
        return blob ? add(handle, blob) : null;
      }
      case "LoadExternal":
      case "HashSequenceStart":
      case "MAC_Start":
        this.known.delete(handle);
        return null;
      case "ContextSave": {
        const known = this.known.get(step.handles[0] ?? 0);
        if (known) this.#saved.set(contexts, known);
        return null;
      }
      case "ContextLoad": {
        const [part] = step.parameters;
        const known =
          part && !(part instanceof Uint8Array) && "context" in part ? this.#saved.get(part.context) : undefined;
        return known ? add(handle, known) : null;
      }
      case "FlushContext":
        this.known.delete(new Fields(parameters).number(4));
        return null;
      case "EvictControl": {
        const persistent = new Fields(parameters).number(4);
        const known = this.known.get(step.handles[1] ?? 0);
        if ((step.handles[1] ?? 0) < 0x81000000 && known) return add(persistent, known);
        this.known.delete(persistent);
        return null;
      }
      default:
        return null;
    }
  }
}

/** userAuth, and whether the template is that of a parent, of a command that creates. */
function created(parameters: Uint8Array): Known {
  const fields = new Fields(parameters);
  const auth = new Fields(fields.sized()).sized().slice();
  const attributes = new Fields(fields.sized().subarray(4)).number(4);
  return {
    auth,
    kind:
      (attributes & (OBJECT.restricted | OBJECT.decrypt)) === (OBJECT.restricted | OBJECT.decrypt)
        ? "storage"
        : "other",
  };
}

/** What one of the two TPMs has of its own. */
export class OwnObjects {
  readonly #names = new Map<number, Uint8Array>();
  readonly #blobs: Uint8Array[] = [];
  readonly #saved: (Uint8Array | undefined)[] = [];

  nameOf(handle: number): Uint8Array | undefined {
    return this.#names.get(handle);
  }
  /** inPrivate and inPublic of TPM2_Load. */
  blob(number: number): Uint8Array {
    return this.#blobs[number] ?? EMPTY;
  }

  /** After a command that succeeded; the response is in clear. */
  learn(step: CommandStep, response: Response, parameters: Uint8Array): void {
    const { bytes } = response;
    const hasHandle = ["CreatePrimary", "CreateLoaded", "Load"].includes(step.name);
    const fields = new Fields(bytes.subarray((hasHandle ? 14 : 10) + (response.sessions ? 4 : 0)));
    const handle = bytes.length >= 14 ? response.view.getUint32(10) : 0;
    switch (step.name) {
      case "CreatePrimary":
        for (let i = 0; i < 3; i++) fields.sized();
        fields.take(6);
        fields.sized();
        this.#names.set(handle, fields.sized().slice());
        break;
      case "CreateLoaded":
        fields.sized();
        fields.sized();
        this.#names.set(handle, fields.sized().slice());
        break;
      case "Load":
        this.#names.set(handle, fields.sized().slice());
        break;
      case "Create":
        this.#blobs.push(concat(sized(fields.sized()), sized(fields.sized())));
        break;
      case "LoadExternal":
      case "HashSequenceStart":
      case "MAC_Start":
        this.#names.delete(handle);
        break;
      case "ContextSave":
        this.#saved.push(this.#names.get(step.handles[0] ?? 0));
        break;
      case "ContextLoad": {
        const [part] = step.parameters;
        const name = part && !(part instanceof Uint8Array) && "context" in part ? this.#saved[part.context] : undefined;
        if (handle < 0x80000000) break;
        if (name) this.#names.set(handle, name);
        else this.#names.delete(handle);
        break;
      }
      case "EvictControl": {
        const name = this.#names.get(step.handles[1] ?? 0);
        if (name) this.#names.set(new Fields(parameters).number(4), name);
        break;
      }
    }
  }
}

/** Mostly right parameters of commands around objects; null for other commands. */
export function objectParameters(name: string, r: Random, known: KnownObjects): Part[] | null {
  const auth = () => r.of([[], [], [1, 2, 3], [9, 0, 0], [...r.bytes(32)], ...(r.chance(5) ? [[...r.bytes(33)]] : [])]);
  const template = () => r.of(TEMPLATES)[1];
  const wantsData = (area: Uint8Array) => area[1] === ID.KEYEDHASH;
  const create = () => {
    const area = template();
    const data = wantsData(area) !== r.chance(5) ? r.bytes(r.of([1, 16, 128])) : EMPTY;
    return { area, inSensitive: sized(concat(sized(Uint8Array.from(auth())), sized(data))) };
  };
  const selection = () =>
    concat(
      u32(1),
      u16(r.of([ALG.SHA1, ALG.SHA256])),
      u8(3),
      r.of([
        [0, 0, 0],
        [1, 0, 0],
        [0, 0, 1],
      ]),
    );
  switch (name) {
    case "CreatePrimary":
    case "Create": {
      const { area, inSensitive } = create();
      return [inSensitive, sized(area), sized(r.bytes(r.of([0, 0, 4]))), selection()];
    }
    case "CreateLoaded": {
      const { area, inSensitive } = create();
      return [inSensitive, sized(area)];
    }
    case "Load":
      return [
        { blob: known.blobs.length === 0 ? 0 : known.blobs.length - 1 - r.below(Math.min(4, known.blobs.length)) },
      ];
    case "EvictControl":
      return [u32(r.of([...PERSISTENT, ...known.handles().filter((handle) => handle >= 0x81000000)]))];
    case "ObjectChangeAuth":
      return [sized(Uint8Array.from(auth()))];
    case "MakeCredential":
      return [sized(r.bytes(r.of([0, 16, 32, 33]))), sized(r.bytes(34))];
    case "Import": {
      const area = ecc(OBJECT.userWithAuth | OBJECT.noDA | OBJECT.sign, { unique: POINT });
      const inside = concat(u16(ID.ECC), sized([]), sized([]), sized(r.chance(90) ? ONE : (GX ?? ONE)));
      return [sized([]), sized(area), sized(sized(inside)), sized(r.chance(85) ? [] : POINT), u16(ALG.NULL)];
    }
    default:
      return null;
  }
}
