/** What a caller of the TPM knows of NV Indices, and what it asks of them. */

import { hex, type Response, sized, u16, u32, u64 } from "../harness.ts";
import { ALG, CC, RH } from "../names.ts";
import { NV, type NvPublic, nvName, nvPublic, pin } from "../nv.ts";
import { commandCodePolicy } from "../objects.ts";
import type { Random } from "./random.ts";
import type { CommandStep, Part } from "./step.ts";

const FIRST = 0x01000000;
const HASHES = [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512];
const SIZES: Readonly<Record<number, number>> = {
  [ALG.SHA1]: 20,
  [ALG.SHA256]: 32,
  [ALG.SHA384]: 48,
  [ALG.SHA512]: 64,
};
const TYPES = [0, 0, NV.COUNTER, NV.BITS, NV.EXTEND, NV.PIN_PASS, NV.PIN_FAIL];
const READS = NV.OWNERREAD | NV.PPREAD | NV.AUTHREAD | NV.POLICYREAD;
const WRITES = NV.OWNERWRITE | NV.PPWRITE | NV.AUTHWRITE | NV.POLICYWRITE;
/** Their data must be there before the authValue is looked at (Part 3, 31.1). */
export const NEED_DATA = ["NV_Read", "NV_Certify", "PolicyNV", "PolicyAuthorizeNV"];
const LOCKS = ["NV_WriteLock", "NV_ReadLock", "NV_GlobalWriteLock"];

/** Commands that only a policy authorises, by that of TPM2_PolicyCommandCode. */
const BY_POLICY = { NV_ChangeAuth: CC.NV_ChangeAuth, NV_UndefineSpaceSpecial: CC.NV_UndefineSpaceSpecial };

/** TPM_EO_SIGNED_GT, _LT, _GE, _LE */
const SIGNED = [2, 4, 6, 8];

export interface KnownIndex {
  info: NvPublic;
  /** TPMA_NV as it is now; null from a TPM2_Startup until TPM2_NV_ReadPublic tells. */
  attributes: number | null;
}

export class NvIndices {
  readonly known = new Map<number, KnownIndex>();

  /** The Name, as far as it is known. */
  nameOf(handle: number): Uint8Array {
    const index = this.known.get(handle);
    return index ? nvName(index.info, index.attributes ?? index.info.attributes) : u32(handle);
  }

  /** A wrong authValue must not be tried: only libtpms would count it. */
  isRightOnly(name: string, handle: number): boolean {
    const attributes = this.known.get(handle)?.attributes ?? 0;
    return handle >>> 24 === 1 && NEED_DATA.includes(name) && !(attributes & NV.WRITTEN);
  }

  /** A lock of an orderly index takes back a shutdown here, but not in libtpms. */
  static takesBackShutdown(name: string): boolean {
    return LOCKS.includes(name);
  }

  /** An index whose policy is TPM2_PolicyCommandCode of this command. */
  under(name: string): number | undefined {
    const code = BY_POLICY[name as keyof typeof BY_POLICY];
    if (code === undefined) return undefined;
    const policy = hex(commandCodePolicy(code));
    return [...this.known].find(([, { info }]) => hex(info.policy ?? new Uint8Array(0)) === policy)?.[0];
  }

  startup(): void {
    for (const index of this.known.values()) index.attributes = null;
  }

  clear(): void {
    for (const [handle, { info }] of this.known) if (!(info.attributes & NV.PLATFORMCREATE)) this.known.delete(handle);
  }

  /** @returns the definition, and what TPM2_NV_DefineSpace gave as authValue. */
  define(parameters: Uint8Array): { info: NvPublic; auth: Uint8Array } {
    const view = new DataView(parameters.buffer, parameters.byteOffset, parameters.byteLength);
    const auth = parameters.slice(2, 2 + view.getUint16(0));
    const at = 4 + auth.length;
    const policy = parameters.slice(at + 12, at + 12 + view.getUint16(at + 10));
    const info = {
      handle: view.getUint32(at),
      nameAlg: view.getUint16(at + 4),
      attributes: view.getUint32(at + 6),
      policy,
      size: view.getUint16(at + 12 + policy.length),
    };
    this.known.set(info.handle, { info, attributes: info.attributes });
    return { info, auth };
  }

  /** After a command on an index that succeeded. */
  learn({ name, handles }: CommandStep, response: Response): void {
    const handle = name === "NV_UndefineSpaceSpecial" || name === "NV_ReadPublic" ? handles[0] : handles[1];
    const index = this.known.get(handle ?? 0);
    const set = (index: KnownIndex | undefined, flag: number) => {
      if (index && index.attributes !== null) index.attributes |= flag;
    };
    switch (name) {
      case "NV_UndefineSpace":
      case "NV_UndefineSpaceSpecial":
        this.known.delete(handle ?? 0);
        break;
      case "NV_ReadPublic":
        if (index && !response.sessions) index.attributes = response.view.getUint32(10 + 8);
        break;
      case "NV_Write":
      case "NV_Increment":
      case "NV_Extend":
      case "NV_SetBits":
        set(index, NV.WRITTEN);
        break;
      case "NV_WriteLock":
        set(index, NV.WRITELOCKED);
        break;
      case "NV_ReadLock":
        set(index, NV.READLOCKED);
        break;
      case "NV_GlobalWriteLock":
        for (const each of this.known.values()) if (each.info.attributes & NV.GLOBALLOCK) set(each, NV.WRITELOCKED);
        break;
    }
  }

  /** An index that is there, mostly; of four. */
  choose(r: Random): number {
    const handles = [...this.known.keys()];
    return handles.length > 0 && r.chance(95) ? r.of(handles) : FIRST + r.below(4);
  }

  /** Handles of a command on an index: itself, the owner or the platform authorises. */
  handles(r: Random, types: readonly string[], index: number, other: (type: string) => number): number[] {
    return types.map((type) => {
      if (type === "TPMI_RH_NV_INDEX") return index;
      if (type !== "TPMI_RH_NV_AUTH") return other(type);
      return r.chance(55) ? index : r.of([RH.OWNER, RH.OWNER, RH.PLATFORM, this.choose(r)]);
    });
  }

  /** Parameters of a command on an index; `policy` is one that some session can satisfy. */
  right(r: Random, name: string, handles: number[], auth: Uint8Array, policy: Policy): Part[] | null {
    const index = this.known.get(handles[1] ?? 0);
    const size = index?.info.size ?? 8;
    const isPin = ((index?.info.attributes ?? 0) & 0xf0) >= NV.PIN_FAIL;
    switch (name) {
      case "NV_DefineSpace":
        return [sized(auth), sized(nvPublic(this.#definition(r, handles[0] === RH.PLATFORM, policy)))];
      case "NV_Write": {
        // Memory that was never written is not the same in both TPMs after _TPM_Init, where it can be seen: in a PIN.
        if (isPin) return [sized(pin(r.below(3), r.below(4))), u16(0)];
        const offset = r.chance(70) ? 0 : r.below(size + 2);
        const length = r.chance(50) ? size - Math.min(offset, size) : r.below(size + 2);
        return [sized(r.bytes(Math.min(length, 1025))), u16(offset)];
      }
      case "NV_Read": {
        const offset = r.chance(70) ? 0 : r.below(size + 2);
        return [u16(r.chance(60) ? size - Math.min(offset, size) : r.below(size + 2)), u16(offset)];
      }
      case "NV_Extend":
        return [sized(r.bytes(r.of([0, 1, 32, 64, 1024])))];
      case "NV_SetBits":
        return [u64(1n << BigInt(r.below(64)))];
      case "NV_ChangeAuth":
        return [sized(auth)];
      case "PolicyNV": {
        const offset = r.chance(70) ? 0 : r.below(size + 2);
        // Not empty: libtpms takes the sign of nothing from what happens to be in memory.
        const octets = 1 + r.below(8);
        const operand = r.chance(50) ? new Uint8Array(octets).fill(r.of([0, 0xff])) : r.bytes(octets);
        const operation = r.below(13);
        // Of two negative numbers libtpms takes the one that is further from 0 for the larger one.
        if (SIGNED.includes(operation)) operand[0]! &= 0x7f;
        return [sized(operand), u16(offset), u16(operation)];
      }
      case "PolicyNvWritten":
        return [Uint8Array.of(r.of([0, 0, 1, 1, 1, 2]))];
      default:
        return null;
    }
  }

  #definition(r: Random, byPlatform: boolean, policy: Policy): NvPublic {
    const type = r.of(TYPES);
    const nameAlg = r.chance(80) ? policy.hash : r.of(HASHES);
    let attributes = type | (r.next() & READS) | (r.next() & WRITES);
    if (r.chance(85)) attributes |= NV.NO_DA;
    if (r.chance(97) && byPlatform) attributes |= NV.PLATFORMCREATE;
    if (r.chance(40)) attributes |= NV.ORDERLY;
    if (byPlatform && r.chance(30)) attributes |= NV.POLICY_DELETE;
    for (const flag of [
      NV.WRITEDEFINE,
      NV.WRITE_STCLEAR,
      NV.GLOBALLOCK,
      NV.READ_STCLEAR,
      NV.CLEAR_STCLEAR,
      NV.WRITEALL,
    ])
      if (r.chance(20)) attributes |= flag;
    if (type >= NV.PIN_FAIL && r.chance(90)) {
      attributes |= NV.NO_DA;
      attributes &= ~(NV.AUTHWRITE | NV.GLOBALLOCK | NV.WRITEDEFINE);
    }
    if (type === NV.COUNTER && r.chance(90)) attributes &= ~NV.CLEAR_STCLEAR;
    if (r.chance(3)) attributes |= r.of([NV.WRITTEN, NV.READLOCKED, NV.WRITELOCKED, 0x100, 0xa0]);
    const right = type === NV.EXTEND ? (SIZES[nameAlg] ?? 0) : type === 0 ? r.of([0, 4, 8, 34, 66, 100, 1500]) : 8;
    return {
      handle: FIRST + r.below(4),
      nameAlg: r.chance(98) ? nameAlg : r.of([ALG.NULL, ALG.AES]),
      attributes: attributes >>> 0,
      policy:
        nameAlg === ALG.SHA256 && r.chance(25)
          ? commandCodePolicy(
              attributes & NV.POLICY_DELETE ? BY_POLICY.NV_UndefineSpaceSpecial : BY_POLICY.NV_ChangeAuth,
            )
          : r.chance(50) && nameAlg === policy.hash
            ? policy.digest
            : r.chance(95)
              ? new Uint8Array(0)
              : r.bytes(20),
      size: r.chance(96) ? right : r.of([2048, 2049, 9, 7]),
    };
  }
}

export interface Policy {
  hash: number;
  digest: Uint8Array;
}

/** Everything that the commands on indices take is kept track of: they are not changed at random. */
export const isNvCommand = (name: string) => name.startsWith("NV_") || NEED_DATA.includes(name);
