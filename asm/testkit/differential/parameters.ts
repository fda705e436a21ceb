/** Parameters of commands: what is right asked of the model, boundary values, and forms from the specification's tables. */
import fc from "fast-check";
import { commands } from "../../../src/spec/commands.ts";
import { TPM_GENERATED } from "../../../src/spec/constants.ts";
import { valuesWith } from "../../../src/spec/generate/sizes.ts";
import { wireOf } from "../../../src/spec/generate/testkit/wire.ts";
import { limitsOf } from "../../../src/spec/limits.ts";
import { concat, sized, u8, u16, u32, u64 } from "../harness.ts";
import { ALG, CC, HC, RH, SE, ST } from "../names.ts";
import { nullTicket } from "../signatures.ts";
import { ABOVE_LAST_CC, capabilityParameters, UNASSIGNED_CC, UNDER_FIRST_CC, VENDOR_CC } from "./capabilities.ts";
import { KnownKeys } from "./knownKeys.ts";
import type { Model } from "./model.ts";
import { KnownObjects } from "./objects.ts";
import type { Random } from "./random.ts";
import type { Part } from "./step.ts";

const world = {
  values: valuesWith(limitsOf("libtpms-0.9")),
  algorithm: () => true,
  curve: () => true,
  keyBits: () => true,
};
const HASHES = [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512];
const SIZES: Readonly<Record<number, number>> = {
  [ALG.SHA1]: 20,
  [ALG.SHA256]: 32,
  [ALG.SHA384]: 48,
  [ALG.SHA512]: 64,
};
const HIERARCHIES = [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.LOCKOUT];

export class Parameters {
  readonly #random: Random;
  readonly #model: Model;
  /** Of the commands that exist. */
  readonly #codes: readonly number[];
  #clock = 1n << 32n;

  constructor(random: Random, model: Model, codes: readonly number[]) {
    this.#random = random;
    this.#model = model;
    this.#codes = codes;
  }

  /** Mostly right parameters, each in its own part. */
  right(name: string, handles: number[]): Part[] {
    const r = this.#random;
    if (KnownObjects.isCommand(name)) return this.#model.objects.right(r, name, handles, this.#selection());
    if (KnownKeys.isCommand(name)) return this.#model.keys.right(r, name, handles[0] ?? 0);
    const hash = r.of(HASHES);
    const ofIndex = this.#model.nv.right(r, name, handles, this.#auth(), this.#satisfiable());
    if (ofIndex) return ofIndex;
    switch (name) {
      case "Startup":
        return [u16(this.#model.protectedTried ? r.of([0, 2]) : r.below(3))];
      case "Shutdown":
        return [u16(r.of([0, 1, 1, 2]))];
      case "SelfTest":
        return [u8(r.below(3))];
      case "StartAuthSession":
        return [
          sized(r.bytes(r.of([16, 16, 20, SIZES[hash] ?? 0, SIZES[hash] ?? 0, r.below(70)]))),
          sized(r.chance(98) ? [] : [1, 2, 3]),
          u8(r.of([SE.HMAC, SE.HMAC, SE.POLICY, SE.POLICY, SE.TRIAL, ...(r.chance(5) ? [2, 4] : [])])),
          this.#symmetric(),
          u16(hash),
        ];
      case "PolicyPCR":
        return [sized(r.chance(80) ? [] : r.bytes(r.of([20, 32]))), this.#selection()];
      case "PolicyCommandCode":
        return [
          u32(
            r.of([
              CC.HierarchyChangeAuth,
              CC.SetPrimaryPolicy,
              CC.PCR_Extend,
              CC.Clear,
              CC.Startup,
              CC.SequenceComplete,
              UNDER_FIRST_CC,
              UNASSIGNED_CC,
              CC.PCR_Reset,
              CC.PCR_Event,
              CC.NV_UndefineSpaceSpecial,
              CC.NV_UndefineSpaceSpecial,
              CC.NV_ChangeAuth,
              CC.NV_ChangeAuth,
              CC.NV_Write,
              CC.NV_Read,
            ]),
          ),
        ];
      case "PolicySecret":
        return [
          sized(r.chance(95) ? [] : r.bytes(16)),
          sized(r.chance(80) ? [] : this.#digest()),
          sized(r.chance(60) ? [] : r.bytes(r.of([1, 32, 64, ...(r.chance(5) ? [65] : [])]))),
          u32(r.of([0, 0, 100_000, -100_000 >>> 0, -100_000 >>> 0, 0x80000000])),
        ];
      case "PolicyTicket": {
        const { tickets } = this.#model;
        if (tickets > 0 && r.chance(90)) {
          const ticket = Math.max(0, tickets - 1 - r.below(4));
          return [{ ticket, tamper: r.chance(60) ? null : r.below(200) }];
        }
        const given = concat(
          u16(r.of([ST.AUTH_SECRET, ST.AUTH_SIGNED, ST.VERIFIED])),
          u32(RH.OWNER),
          sized(r.bytes(64)),
        );
        return [sized(r.bytes(r.of([8, 8, 0]))), sized([]), sized([]), sized(u32(RH.OWNER)), given];
      }
      case "PolicyOR": {
        const known = this.#model.loaded().flatMap(({ digest }) => (digest ? [digest] : []));
        const count = r.of([0, 1, 2, 2, 3, 8, 9]);
        const digests = Array.from({ length: count }, () =>
          sized(known.length > 0 && r.chance(70) ? r.of(known) : this.#digest()),
        );
        return [concat(u32(count), ...digests)];
      }
      case "PolicyLocality":
        return [u8(r.of([0, 1, 3, 0x1f, 0x1e, 0x20, 0x21, r.below(256)]))];
      case "PolicyCounterTimer": {
        // Only resetCount and restartCount: each TPM has a time and a clock of its own.
        const offset = r.of([16, 17, 20, 22, 24, 25, 26]);
        const size = offset < 24 ? r.below(25 - offset) : r.of([0, 2]);
        const operand = r.chance(60) ? new Uint8Array(size) : r.bytes(size);
        // Of no octets libtpms compares the signs that it happens to find.
        const operation = size === 0 ? r.of([0, 1, 3, 5, 7, 9, 10, 11, 12]) : r.below(13);
        return [sized(operand), u16(offset), u16(operation)];
      }
      case "PolicyCpHash":
      case "PolicyNameHash":
      case "PolicyTemplate":
        return [sized(this.#digest())];
      case "PolicyDuplicationSelect":
        return [sized(r.bytes(r.of([0, 4, 34, 66]))), sized(r.bytes(r.of([0, 34]))), u8(r.of([0, 1, 1, 2]))];
      case "PolicyAuthorize": {
        const hash = r.of(HASHES);
        const known = this.#model.loaded().flatMap(({ digest }) => (digest ? [digest] : []));
        return [
          sized(known.length > 0 ? r.of(known) : []),
          sized(r.bytes(r.below(20))),
          sized(concat(u16(r.chance(90) ? hash : ALG.NULL), r.bytes(SIZES[hash] ?? 0))),
          nullTicket(ST.VERIFIED),
        ];
      }
      case "PP_Commands":
        return [this.#codeList(), this.#codeList()];
      case "SetCommandCodeAuditStatus":
        if (r.chance(20)) return [u16(r.of([...HASHES, ALG.SM3_256, 0])), u32(0), u32(0)];
        return [u16(r.of([ALG.NULL, ALG.NULL, ...HASHES])), this.#codeList(), this.#codeList()];
      case "GetRandom":
        return [u16(r.of([0, 1, 16, 64, 65, 0xffff]))];
      case "StirRandom":
        return [sized(r.bytes(r.of([0, 1, 128, 129])))];
      case "Hash":
        return [sized(this.#data()), u16(r.of([...HASHES, ALG.NULL])), u32(r.of([...HIERARCHIES, RH.NULL]))];
      case "HashSequenceStart":
        return [sized(this.#auth()), u16(r.of([...HASHES, ALG.NULL, ALG.NULL, ALG.SHA3_256]))];
      case "SequenceUpdate":
        return [sized(this.#data())];
      case "SequenceComplete":
        return [sized(this.#data()), u32(r.of([...HIERARCHIES, RH.NULL]))];
      case "EventSequenceComplete":
        return [sized(this.#data())];
      case "PCR_Extend": {
        const count = r.of([0, 1, 1, 2, 4, 5]);
        const digests = Array.from({ length: count }, () => {
          const algorithm = r.of(HASHES);
          return concat(u16(algorithm), r.bytes(SIZES[algorithm] ?? 0));
        });
        return [concat(u32(count), ...digests)];
      }
      case "PCR_Event":
        return [sized(r.bytes(r.of([0, 1, 30, 200, 1024, 1025])))];
      case "PCR_Read":
      case "PCR_Allocate":
        return [this.#selection()];
      case "PCR_SetAuthPolicy": {
        const policy = this.#policy();
        return [...policy, u32(r.of([16, 20, 20, 21, 22, 24]))];
      }
      case "PCR_SetAuthValue":
      case "HierarchyChangeAuth":
        return [sized(this.#auth())];
      case "HierarchyControl":
        return [
          u32(r.of([RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.PLATFORM_NV, RH.NULL, handles[0] ?? 0])),
          u8(r.of([0, 1, 1, 1, 2])),
        ];
      case "SetPrimaryPolicy":
        return this.#policy();
      case "ClearControl":
        return [u8(r.of([0, 0, 0, 1, 2]))];
      case "DictionaryAttackParameters":
        return [
          u32(r.of([0, 1, 3, 32, 0xffffffff])),
          u32(r.of([0, 1000, 7200, 0xffffffff])),
          u32(r.of([0, 1000, 86400])),
        ];
      case "ContextLoad": {
        const count = this.#model.contexts.length;
        if (count === 0) return [new Uint8Array(20)];
        // Mostly one that can be loaded: a sequence, or a session that was saved and not loaded again.
        const usable = this.#model.contexts.flatMap((handle, i) => {
          const session = this.#model.sessions.get(handle);
          return i >= this.#model.firstContext && (handle >= HC.TRANSIENT_FIRST || session?.isLoaded === false)
            ? [i]
            : [];
        });
        const context = usable.length > 0 && r.chance(85) ? r.of(usable.slice(-4)) : r.below(count);
        const part = r.of(["sequence", "handle", "hierarchy", "blob"] as const);
        return [
          r.chance(88) ? { context } : { context, tamper: { part, at: r.chance(50) ? r.below(8) : r.below(300) } },
        ];
      }
      case "FlushContext": {
        const all = [...this.#model.sessions.keys(), ...this.#model.slots];
        return [
          u32(
            all.length > 0 && r.chance(90)
              ? r.of(all)
              : r.of([
                  RH.OWNER,
                  HC.HMAC_SESSION_FIRST + 4,
                  HC.TRANSIENT_FIRST + 1,
                  HC.PERSISTENT_FIRST,
                  HC.PCR_FIRST,
                  HC.POLICY_SESSION_FIRST + 2,
                ]),
          ),
        ];
      }
      case "ClockSet":
        // Far apart: each TPM has a clock of its own.
        if (r.chance(20)) return [u64(r.of([0xffff000000000001n, 0xffffffffffffffffn]))];
        // Clock of libtpms goes back with the power: a change of it alone is not stored.
        if (r.chance(20) && this.#model.clock === this.#clock) return [u64(this.#clock - (1n << 31n))];
        this.#clock += 1n << 32n;
        return [u64(this.#clock)];
      case "ClockRateAdjust":
        return [u8(r.of([0, 1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc]))];
      case "TestParms":
        return [this.#parms()];
      case "GetCapability":
        return capabilityParameters(this.#random);
      default:
        return (commands.find((command) => command.name === name)?.parameters ?? []).map((field) =>
          this.wire(field.type, field.allowNull === "always"),
        );
    }
  }

  /** From the tables. */
  wire(type: string, allowNull: boolean): Uint8Array {
    if (type === "TPMT_SYM_DEF") return this.#symmetric();
    if (type === "TPM_CC") return u32(this.#random.of([this.#random.of(this.#codes), 0, UNDER_FIRST_CC, VENDOR_CC]));
    return (
      fc.sample(wireOf(type, allowNull, world), { seed: this.#random.next() | 0, numRuns: 1 })[0] ?? new Uint8Array(0)
    );
  }

  #symmetric(): Uint8Array {
    const r = this.#random;
    const cipher = r.of([ALG.AES, ALG.AES, ALG.CAMELLIA, ALG.TDES]);
    const cfb = (bits: number, mode: number = ALG.CFB) => concat(u16(cipher), u16(bits), u16(mode));
    if (r.chance(5)) return r.of([cfb(192), cfb(128, ALG.NULL), cfb(0), concat(u16(ALG.SM4), u16(128)), u16(0x7fff)]);
    return r.of([
      u16(ALG.NULL),
      concat(u16(ALG.XOR), u16(r.of(HASHES))),
      cfb(128),
      cfb(cipher === ALG.TDES ? 192 : 256),
    ]);
  }

  #auth(): Uint8Array {
    const r = this.#random;
    return r.of(
      [[], [1, 2, 3], [9, 0, 0], [0], [...r.bytes(20)], [...r.bytes(32)], [...r.bytes(64)], [...r.bytes(65)]].map(
        (octets) => Uint8Array.from(octets),
      ),
    );
  }

  #selection(): Uint8Array {
    const r = this.#random;
    const entries = Array.from({ length: r.of([0, 1, 1, 1, 2, 3, 4]) }, () => {
      const size = r.of([3, 3, 3, 3, 3, 2, 4]);
      const bits = r.chance(40)
        ? r.bytes(size).map((b) => b & r.below(256))
        : new Uint8Array(size).fill(r.of([0, 1, 0xff]));
      return concat(
        u16(r.of([...HASHES, ...(r.chance(5) ? [ALG.NULL, ALG.SM3_256, ALG.SHA3_256] : [])])),
        u8(size),
        bits,
      );
    });
    return concat(u32(entries.length), ...entries);
  }

  /** TPMT_PUBLIC_PARMS */
  #parms(): Uint8Array {
    const r = this.#random;
    const hash = u16(r.of([...HASHES, ALG.NULL]));
    if (r.chance(40)) return this.wire("TPMT_PUBLIC_PARMS", false);
    if (r.chance(40)) return concat(u16(ALG.SYMCIPHER), this.#symmetric());
    const scheme = r.of([
      concat(u16(ALG.HMAC), hash),
      concat(u16(ALG.XOR), hash, u16(r.of([ALG.KDF1_SP800_108, ALG.NULL]))),
      u16(ALG.NULL),
      u16(ALG.SHA256),
    ]);
    return concat(u16(ALG.KEYEDHASH), scheme);
  }

  /** TPML_CC */
  #codeList(): Uint8Array {
    const r = this.#random;
    const codes = Array.from({ length: r.below(4) }, () =>
      u32(r.chance(90) ? r.of(this.#codes) : r.of([0, ABOVE_LAST_CC])),
    );
    return concat(u32(codes.length), ...codes);
  }

  /** As long as those of a session that is there, mostly. */
  #digest(): Uint8Array {
    const r = this.#random;
    const sessions = this.#model.loaded().filter(({ type }) => type !== SE.HMAC);
    const hash = sessions.length > 0 && r.chance(90) ? r.of(sessions).hash : r.of(HASHES);
    return r.chance(50) ? new Uint8Array(SIZES[hash] ?? 0).fill(r.below(2)) : r.bytes(SIZES[hash] ?? 0);
  }

  #data(): Uint8Array {
    const r = this.#random;
    const data = r.bytes(r.of([0, 1, 3, 4, 5, 64, 65, 1024, ...(r.chance(5) ? [1025] : [])]));
    // No ticket is made of it.
    if (r.chance(15)) data.set(u32(TPM_GENERATED.TPM_GENERATED_VALUE).slice(0, data.length));
    return data;
  }

  #policy(): Part[] {
    const r = this.#random;
    // Of a session, so that it comes to authorise something.
    const known = this.#model.loaded().filter(({ digest }) => digest);
    if (known.length > 0 && r.chance(80)) {
      const { digest, hash } = r.of(known);
      return [sized(digest ?? []), u16(hash)];
    }
    const hash = r.of([...HASHES, ALG.NULL]);
    return [sized(r.bytes(r.chance(90) ? (SIZES[hash] ?? 0) : r.of([0, 1, 20, 32, 64]))), u16(hash)];
  }

  /** The policy of some session that is there. */
  #satisfiable(): { hash: number; digest: Uint8Array } {
    const known = this.#model.loaded().flatMap(({ digest, hash }) => (digest ? [{ hash, digest }] : []));
    return known.length > 0 ? this.#random.of(known) : { hash: ALG.SHA256, digest: new Uint8Array(0) };
  }
}
