/**
 * Objects under parents: what a caller knows of them, and what it asks of them. The two TPMs have seeds of their own, so what
 * they give out (private areas, credentials, signatures) stands in a stream as a symbol: the number of the output.
 */

import { partial, SIGNS } from "../certificates.ts";
import { concat, type Response, sized, u16, u32 } from "../harness.ts";
import { ALG, CC, CURVE, RH, ST } from "../names.ts";
import {
  AES_128_CFB,
  commandCodePolicy,
  ecc,
  keyedHash,
  NULL_ALGORITHM,
  OBJECT,
  SEALED,
  SIGNING,
  STORAGE,
  sensitive,
  symCipher,
} from "../objects.ts";
import { hash, knownEcc, knownHmac, knownRsa, NO_SCHEME, nullTicket, scheme } from "../signatures.ts";
import type { Random } from "./random.ts";
import type { CommandStep, Part } from "./step.ts";

type Kind = "storage" | "sign" | "hmac" | "cipher" | "data" | "verify";
export interface KnownObject {
  /** The same for every handle that it ever has. */
  id: number;
  kind: Kind;
  auth: Uint8Array;
  /** Its Name is not the same on both TPMs. */
  isOwn: boolean;
}
/** What a command gave out. */
interface Output {
  command: string;
  asked: Asked;
}

/** What a step is about; with the step, so that it can be replayed. */
export interface Asked {
  kind: Kind;
  auth: Uint8Array;
  isOwn: boolean;
  /** id of the parent, of the object of a credential, of the signing key. */
  of: number;
  /** id of the key that must open what is given out. */
  opener: number;
}

const EMPTY = new Uint8Array(0);
const NOTHING: Asked = { kind: "data", auth: EMPTY, isOwn: true, of: -1, opener: -1 };
const AUTHS = [EMPTY, EMPTY, Uint8Array.of(1, 2, 3), Uint8Array.of(7, 0)];
const FREE = OBJECT.userWithAuth | OBJECT.noDA;
const DUP_POLICY = commandCodePolicy(CC.Duplicate);
const HMAC_SHA256 = concat(u16(ALG.HMAC), u16(ALG.SHA256));
/** Keys that are generated quickly: an RSA key would take libtpms a second. */
const TEMPLATES: readonly { kind: Kind; area: Uint8Array; data?: boolean }[] = [
  { kind: "storage", area: ecc(STORAGE) },
  { kind: "storage", area: ecc(STORAGE, { curve: CURVE.NIST_P384, nameAlg: ALG.SHA384 }) },
  { kind: "storage", area: symCipher(STORAGE) },
  { kind: "sign", area: ecc(SIGNING) },
  { kind: "sign", area: ecc(SIGNING | OBJECT.restricted, { scheme: scheme(ALG.ECDSA) }) },
  { kind: "sign", area: ecc(FREE | OBJECT.sensitiveDataOrigin | OBJECT.sign, { policy: DUP_POLICY }) },
  { kind: "sign", area: ecc(SIGNING | OBJECT.decrypt, { scheme: NULL_ALGORITHM }) },
  { kind: "hmac", area: keyedHash(SIGNING, { scheme: HMAC_SHA256 }) },
  { kind: "hmac", area: keyedHash(SIGNING & ~OBJECT.sensitiveDataOrigin, { scheme: HMAC_SHA256 }), data: true },
  { kind: "cipher", area: symCipher((SIGNING & ~OBJECT.sign) | OBJECT.decrypt) },
  { kind: "data", area: keyedHash(SEALED), data: true },
  { kind: "data", area: keyedHash(FREE, { policy: DUP_POLICY, nameAlg: ALG.SHA1 }), data: true },
  { kind: "data", area: keyedHash(FREE, { policy: DUP_POLICY }), data: true },
];
const IMPORTED: readonly { kind: Kind; area: Uint8Array; sensitive: Uint8Array }[] = [
  { kind: "sign", ...knownEcc(CURVE.NIST_P256) },
  { kind: "sign", ...knownRsa() },
  { kind: "hmac", ...knownHmac() },
];
const ATTESTS = [
  "Certify",
  "CertifyCreation",
  "CertifyX509",
  "Quote",
  "GetTime",
  "GetCommandAuditDigest",
  "GetSessionAuditDigest",
  "NV_Certify",
];
/** What the handles of a command should be. */
const ROLES: Readonly<Record<string, Readonly<Record<string, readonly Kind[]>>>> = {
  Create: { parentHandle: ["storage"] },
  CreateLoaded: { parentHandle: ["storage"] },
  Load: { parentHandle: ["storage"] },
  Import: { parentHandle: ["storage"] },
  Rewrap: { oldParent: ["storage"], newParent: ["storage"] },
  Duplicate: { newParentHandle: ["storage"] },
  ObjectChangeAuth: { parentHandle: ["storage"] },
  MakeCredential: { handle: ["storage"] },
  ActivateCredential: { keyHandle: ["storage"] },
  Unseal: { itemHandle: ["data"] },
  Sign: { keyHandle: ["sign", "hmac"] },
  VerifySignature: { keyHandle: ["sign", "hmac", "verify"] },
  PolicySigned: { authObject: ["sign", "hmac"] },
  ...Object.fromEntries(ATTESTS.map((name) => [name, { signHandle: ["sign", "hmac"] as const }])),
};
const MINE = [...Object.keys(ROLES), "CreatePrimary", "ReadPublic", "EvictControl"];
/** Commands that give out what another one takes. */
const GIVES = [
  "Create",
  "Import",
  "ObjectChangeAuth",
  "MakeCredential",
  "Duplicate",
  "Rewrap",
  "Sign",
  "CreateLoaded",
  "CreatePrimary",
];

export class KnownObjects {
  readonly known = new Map<number, KnownObject>();
  readonly #saved = new Map<number, KnownObject>();
  readonly #outputs: Output[] = [];
  #ids = 0;
  #asked: Asked = NOTHING;

  /** What the last parameters were about. */
  get asked(): Asked {
    return this.#asked;
  }

  static isCommand(name: string): boolean {
    return MINE.includes(name);
  }
  static gives(name: string): boolean {
    return GIVES.includes(name);
  }
  isOwn(handle: number): boolean {
    return this.known.get(handle)?.isOwn ?? false;
  }
  #ofKind(kinds: readonly Kind[]): number[] {
    return [...this.known].filter(([, { kind }]) => kinds.includes(kind)).map(([handle]) => handle);
  }
  #idOf(handle: number | undefined): number {
    return this.known.get(handle ?? 0)?.id ?? -1;
  }
  #handleOf(id: number): number | undefined {
    return [...this.known].find(([, object]) => object.id === id)?.[0];
  }
  #made(...commands: string[]): { number: number; output: Output }[] {
    return this.#outputs
      .flatMap((output, number) => (commands.includes(output.command) ? [{ number, output }] : []))
      .slice(-12);
  }

  /** @returns the command that has to come first, or null. */
  lacks(r: Random, name: string): string | null {
    const storage = this.#ofKind(["storage"]);
    for (const kinds of Object.values(ROLES[name] ?? {})) {
      if (this.#ofKind(kinds).length > 0) continue;
      if (kinds.includes("storage")) return "CreatePrimary";
      return storage.length === 0 ? "CreatePrimary" : r.of(["CreateLoaded", "Load", "CreatePrimary"]);
    }
    const creates = (...commands: string[]) => this.#made(...commands).length > 0;
    if (name === "Load" && !creates("Create", "Import")) return r.of(["Create", "Import"]);
    if (name === "ActivateCredential" && !creates("MakeCredential")) return "MakeCredential";
    if (name === "VerifySignature" && !creates("Sign")) return "Sign";
    return null;
  }

  choose(r: Random, name: string, handleName: string): number | null {
    const any = [...this.known.keys()];
    const kinds = ROLES[name]?.[handleName];
    const fitting = kinds ? this.#ofKind(kinds) : any;
    if (name === "Duplicate" && handleName === "newParentHandle" && r.chance(30)) return RH.NULL;
    // Without a signing key libtpms' CertifyX509 crashes.
    if (handleName === "signHandle" && name !== "CertifyX509" && r.chance(15)) return RH.NULL;
    if (fitting.length > 0 && r.chance(95)) return r.of(fitting);
    return any.length > 0 ? r.of(any) : null;
  }

  // --- Parameters -----------------------------------------------------------------------------------------------

  right(r: Random, name: string, handles: number[], selection: Uint8Array): Part[] {
    const of = this.#idOf(handles[0]);
    this.#asked = { ...NOTHING, of };
    switch (name) {
      case "CreatePrimary":
      case "Create":
        return [...this.#template(r, name), sized(r.bytes(r.of([0, 0, 5]))), selection];
      case "CreateLoaded":
        return this.#template(r, name);
      case "Load":
        return this.#load(r, of);
      case "Import":
        return this.#import(r, of);
      case "ObjectChangeAuth": {
        const auth = r.of(AUTHS);
        const object = this.known.get(handles[0] ?? 0);
        this.#asked = { ...NOTHING, ...object, auth, of: this.#idOf(handles[1]) };
        return [sized(auth)];
      }
      case "MakeCredential": {
        const object = this.#any(r);
        this.#asked.opener = of;
        this.#asked.of = this.#idOf(object);
        return [sized(r.bytes(r.of([0, 1, 16, 32, 33]))), { nameOf: object }];
      }
      case "ActivateCredential": {
        const fits = this.#made("MakeCredential").filter(
          ({ output }) => output.asked.opener === this.#idOf(handles[1]),
        );
        const made = fits.length > 0 ? r.of(fits) : this.#made("MakeCredential").at(-1);
        if (!made) return [sized(r.bytes(40)), sized(r.bytes(20))];
        const object = this.#handleOf(made.output.asked.of);
        if (object !== undefined && r.chance(90)) handles[0] = object;
        return [this.#out(r, made.number, "credentialBlob"), this.#out(r, made.number, "secret")];
      }
      case "Duplicate": {
        const object = this.known.get(handles[0] ?? 0);
        this.#asked = { ...NOTHING, ...object, of, opener: this.#idOf(handles[1]) };
        // With an inner wrapper, by a key of the caller.
        return r.chance(60) ? [sized([]), NULL_ALGORITHM] : [sized(r.bytes(r.of([16, 16, 16, 15, 0]))), AES_128_CFB];
      }
      case "Rewrap": {
        const made = this.#made("Duplicate", "Rewrap").at(-1);
        if (!made) return [sized(r.bytes(40)), sized(r.bytes(34)), sized(r.bytes(20))];
        const opener = this.#handleOf(made.output.asked.opener);
        if (opener !== undefined && r.chance(90)) handles[0] = opener;
        this.#asked = { ...made.output.asked, opener: this.#idOf(handles[1]) };
        const field = made.output.command === "Rewrap" ? "outDuplicate" : "duplicate";
        const object = this.#handleOf(made.output.asked.of) ?? this.#any(r);
        return [this.#out(r, made.number, field), { nameOf: object }, this.#out(r, made.number, "outSymSeed")];
      }
      case "EvictControl": {
        const given = handles[1] ?? 0;
        const persistent =
          given >= 0x81000000 ? given : (handles[0] === RH.PLATFORM ? 0x81800000 : 0x81000000) + r.below(3);
        return [u32(r.chance(95) ? persistent : r.of([0x81ffffff, 0x82000000, 0x80000000]))];
      }
      case "Sign":
        return [sized(this.#digest(r)), this.#scheme(r), nullTicket(r.chance(95) ? ST.HASHCHECK : 0x8022)];
      case "VerifySignature": {
        const fits = this.#made("Sign").filter(({ output }) => output.asked.of === of);
        const made = fits.length > 0 ? r.of(fits) : this.#made("Sign").at(-1);
        if (!made)
          return [sized(r.bytes(32)), concat(u16(ALG.ECDSA), u16(ALG.SHA256), sized(r.bytes(32)), sized(r.bytes(32)))];
        return [this.#out(r, made.number, "digest"), this.#out(r, made.number, "signature", false)];
      }
      case "PolicySigned": {
        const fits = this.#made("Sign").filter(({ output }) => output.asked.of === of);
        const made = fits.length > 0 ? r.of(fits) : undefined;
        const wrong = concat(u16(ALG.ECDSA), u16(ALG.SHA256), sized(r.bytes(32)), sized(r.bytes(32)));
        const auth = made && r.chance(80) ? this.#out(r, made.number, "signature", false) : wrong;
        return [sized([]), sized([]), sized(r.bytes(r.of([0, 0, 0, 4]))), u32(r.of([0, 0, 0, 1])), auth];
      }
      default:
        return this.#attest(r, name, handles, selection);
    }
  }

  #attest(r: Random, name: string, handles: number[], selection: Uint8Array): Part[] {
    const qualifying = sized(r.bytes(r.of([0, 4, 32, 66])));
    switch (name) {
      case "Quote":
        return [qualifying, this.#scheme(r), selection];
      case "CertifyCreation": {
        const made = this.#made("Create", "CreatePrimary").find(
          ({ output }) => output.asked.of === this.#idOf(handles[1]),
        );
        const given = made ?? this.#made("Create", "CreatePrimary").at(-1);
        if (!given) return [qualifying, sized(r.bytes(32)), this.#scheme(r), nullTicket(0x8021)];
        const { number } = given;
        return [
          qualifying,
          this.#out(r, number, "creationHash"),
          this.#scheme(r),
          this.#out(r, number, "creationTicket", false),
        ];
      }
      case "CertifyX509":
        return [sized([]), this.#scheme(r), sized(r.chance(80) ? partial() : partial(SIGNS.subarray(1)))];
      case "NV_Certify":
        return [qualifying, this.#scheme(r), u16(r.of([0, 1, 8, 16])), u16(r.of([0, 0, 0, 4]))];
      case "Certify":
      case "GetTime":
      case "GetCommandAuditDigest":
      case "GetSessionAuditDigest":
        return [qualifying, this.#scheme(r)];
      default:
        return [];
    }
  }

  #any(r: Random): number {
    const any = [...this.known.keys()];
    return any.length > 0 ? r.of(any) : RH.OWNER;
  }
  #out(r: Random, output: number, field: string, isBuffer = true): Part {
    return { output, field, tamper: isBuffer && r.chance(8) ? r.below(200) : null };
  }
  #digest(r: Random): Uint8Array {
    return r.chance(95) ? hash(r.of([ALG.SHA256, ALG.SHA256, ALG.SHA1, ALG.SHA384]), u32(r.below(3))) : r.bytes(5);
  }
  #scheme(r: Random): Uint8Array {
    const algorithm = r.of([ALG.SHA256, ALG.SHA256, ALG.SHA1, ALG.SHA384]);
    return r.chance(40) ? NO_SCHEME : scheme(r.of([ALG.ECDSA, ALG.ECDSA, ALG.HMAC, ALG.RSASSA, ALG.RSAPSS]), algorithm);
  }
  #template(r: Random, name: string): Part[] {
    const storage = name === "CreatePrimary" && r.chance(60);
    const { kind, area, data } = r.of(storage ? TEMPLATES.filter((t) => t.kind === "storage") : TEMPLATES);
    const auth = r.of(AUTHS);
    this.#asked = { ...this.#asked, kind, auth };
    const changed = area.slice();
    // One bit of the attributes, of the scheme, of the policy: not of the algorithm, which could become RSA.
    if (r.chance(15)) changed[r.chance(60) ? 4 + r.below(4) : 8 + r.below(area.length - 8)]! ^= 1 << r.below(8);
    return [sensitive(auth, data === r.chance(97) ? r.bytes(r.of([1, 16, 32, 128])) : EMPTY), sized(changed)];
  }
  #load(r: Random, parent: number): Part[] {
    const made = this.#made("Create", "Import", "ObjectChangeAuth", "CreateLoaded");
    const fits = made.filter(({ output }) => output.asked.of === parent);
    const chosen = fits.length > 0 && r.chance(95) ? r.of(fits) : made.at(-1);
    if (!chosen) return [sized(r.bytes(60)), sized(r.of(TEMPLATES).area)];
    this.#asked = { ...chosen.output.asked, of: parent, opener: -1 };
    return [this.#out(r, chosen.number, "private"), { output: chosen.number, field: "public", tamper: null }];
  }
  #import(r: Random, parent: number): Part[] {
    const fits = this.#made("Duplicate", "Rewrap").filter(({ output }) => output.asked.opener === parent);
    const duplicated = fits.at(-1);
    if (duplicated && r.chance(60)) {
      const { number, output } = duplicated;
      this.#asked = { ...output.asked, of: parent, opener: -1 };
      const isWrapped = output.command === "Duplicate" && r.chance(30);
      return [
        { output: number, field: "encryptionKey", tamper: null },
        { output: number, field: "public", tamper: null },
        this.#out(r, number, output.command === "Rewrap" ? "outDuplicate" : "duplicate"),
        this.#out(r, number, "outSymSeed"),
        isWrapped ? AES_128_CFB : NULL_ALGORITHM,
      ];
    }
    const { kind, area, sensitive: inSensitive } = r.of(IMPORTED);
    this.#asked = { kind, auth: EMPTY, isOwn: false, of: parent, opener: -1 };
    return [sized([]), sized(area), sized(inSensitive), sized([]), NULL_ALGORITHM];
  }

  // --- What the answers tell ------------------------------------------------------------------------------------

  /** After a command that succeeded. @returns the authValue of an object that now has this handle. */
  learn(step: CommandStep, response: Response, parameters: Uint8Array): { handle: number; auth: Uint8Array } | null {
    const { name, handles, asked = NOTHING } = step;
    let loaded: { handle: number; auth: Uint8Array } | null = null;
    if (["CreatePrimary", "CreateLoaded", "Load"].includes(name)) {
      const handle = response.view.getUint32(10);
      const { kind, auth, isOwn } = asked;
      this.known.set(handle, { kind, auth, isOwn, id: this.#ids++ });
      loaded = { handle, auth };
    }
    if (GIVES.includes(name)) {
      const isPrimary = name === "CreatePrimary";
      this.#outputs.push({ command: name, asked: { ...asked, of: isPrimary ? this.#ids - 1 : asked.of } });
    }
    if (name === "EvictControl") {
      const persistent = new DataView(parameters.buffer, parameters.byteOffset).getUint32(0);
      const evicted = this.known.get(handles[1] ?? 0);
      if ((handles[1] ?? 0) >= 0x81000000) this.known.delete(persistent);
      else if (evicted) {
        this.known.set(persistent, evicted);
        loaded = { handle: persistent, auth: evicted.auth };
      }
    }
    return loaded;
  }
  save(context: number, handle: number): void {
    const object = this.known.get(handle);
    if (object) this.#saved.set(context, object);
  }
  /** @returns the authValue; null when that context was no object's. */
  restore(context: number, handle: number): Uint8Array | null {
    const object = this.#saved.get(context);
    if (object) this.known.set(handle, object);
    return object?.auth ?? null;
  }
  /** After _TPM_Init only persistent objects are left. */
  reset(): void {
    for (const handle of this.known.keys()) if (handle < 0x81000000) this.known.delete(handle);
  }
}
