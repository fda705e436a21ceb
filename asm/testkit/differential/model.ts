/** What a caller of the TPM knows without asking: handles in use, authValues, what was saved. Both TPMs must agree on it. */

import { hex, type Response } from "../harness.ts";
import { CC, RH, rc } from "../names.ts";
import { KnownKeys } from "./knownKeys.ts";
import { NvIndices } from "./nvIndices.ts";
import { KnownObjects } from "./objects.ts";
import type { CommandStep, Step } from "./step.ts";

const TPM_RC_RETRY = rc("TPM_RC_RETRY");
const LOADS = [
  "CreatePrimary",
  "CreateLoaded",
  "Load",
  "LoadExternal",
  "MAC_Start",
  "HashSequenceStart",
  "ContextLoad",
];
const EMPTY = new Uint8Array(0);

export function stripZeros(auth: Uint8Array): Uint8Array {
  let size = auth.length;
  while (size > 0 && auth[size - 1] === 0) size--;
  return auth.slice(0, size);
}

/** TPM2_PolicySecret gave a timeout, and with it a ticket. */
export function isTicket(response: Response): boolean {
  const { parameters } = response;
  return parameters.length > 12 && parameters[1] === 8;
}

export interface KnownSession {
  handle: number;
  type: number;
  hash: number;
  symmetric: number;
  /** In the TPM, not in a saved context. */
  isLoaded: boolean;
  /** A Name that differs between the TPMs has gone into its policyDigest. */
  isOwn?: boolean;
  /** policyDigest, where TPM2_PolicyGetDigest told it. */
  digest?: Uint8Array;
}

export class Model {
  readonly auth = new Map<number, Uint8Array>();
  readonly sessions = new Map<number, KnownSession>();
  /** Policies of entities. */
  readonly policies = new Map<number, { hash: number; digest: Uint8Array }>();
  readonly sequences = new Set<number>();
  readonly nv = new NvIndices();
  readonly keys = new KnownKeys();
  readonly objects = new KnownObjects();
  readonly slots = new Set<number>();
  /** MAC sequences with keys that each TPM made, and their contexts. */
  readonly #ownSequences = new Set<number>();
  readonly #ownContexts = new Set<number>();
  /** Handles of the contexts saved, by number. */
  readonly contexts: number[] = [];
  /** Contexts before this one are of an earlier power cycle. */
  firstContext = 0;
  started = false;
  /** TPM2_PCR_Allocate, for the next _TPM_Init. */
  allocationWaits = false;
  /** How many tickets TPM2_PolicySecret gave. */
  tickets = 0;
  /** Commands under audit: an audited command takes back a shutdown here, but not in libtpms. */
  readonly audited = new Set([CC.SetCommandCodeAuditStatus]);
  /** TPM2_SetAlgorithmSet in this power cycle: libtpms keeps state after it. */
  algorithmSetChanged = false;
  /** TPM2_Shutdown since the last TPM2_Startup. */
  shutdownOnRecord = false;
  /** A protected authValue was tried: libtpms forgets it at a TPM2_Startup that fails. */
  protectedTried = false;
  /** Of the last TPM2_ClockSet in this power cycle; 0 for none. */
  clock = 0n;

  /** The PCRs 20 to 22 share an authValue. */
  static entity(handle: number): number {
    return handle >= 20 && handle <= 22 ? 20 : handle;
  }
  authOf(handle: number): Uint8Array {
    return this.auth.get(Model.entity(handle)) ?? EMPTY;
  }
  /** Of a sequence: none. */
  nameOf(handle: number): Uint8Array {
    return handle >= 0x80000000 ? this.keys.nameOf(handle) : this.nv.nameOf(handle);
  }
  setAuth(handle: number, auth: Uint8Array): void {
    this.auth.set(Model.entity(handle), stripZeros(auth));
  }

  /** What comes of it is not the same on the two TPMs. */
  isOwn(handle: number): boolean {
    return this.objects.isOwn(handle) || this.#ownSequences.has(handle) || this.sessions.get(handle)?.isOwn === true;
  }
  /** Objects of every kind in the TPM's slots; some may be gone. */
  transients(): number {
    return this.slots.size;
  }
  /** Also of what is not known otherwise, such as the outcome of a changed command. */
  #occupy(step: CommandStep, response: Response, parameters: Uint8Array): void {
    // TPM_RC_HANDLE: it was flushed with its hierarchy.
    if (
      step.name === "FlushContext" &&
      parameters.length >= 4 &&
      !step.mutation &&
      [0, rc("TPM_RC_HANDLE", { parameter: 1 })].includes(response.rc)
    )
      this.slots.delete(new DataView(parameters.buffer, parameters.byteOffset).getUint32(0));
    if (response.rc !== 0) return;
    const completed = { SequenceComplete: 0, EventSequenceComplete: 1 }[step.name];
    if (completed !== undefined) this.slots.delete(step.handles[completed] ?? 0);
    const started = response.bytes.length >= 14 && LOADS.includes(step.name) ? response.view.getUint32(10) : 0;
    if (started >>> 24 === 0x80) this.slots.add(started);
  }
  loaded(): KnownSession[] {
    return [...this.sessions.values()].filter(({ isLoaded }) => isLoaded);
  }
  #setLoaded(handle: number, isLoaded: boolean): void {
    const session = this.sessions.get(handle);
    if (session) session.isLoaded = isLoaded;
  }

  #setOwn(policy: number | undefined, authority: number): void {
    const session = this.sessions.get(policy ?? 0);
    if (session && this.objects.isOwn(authority)) session.isOwn = true;
  }

  /** Sessions whose policyDigest is the policy of this entity. */
  satisfying(handle: number): KnownSession[] {
    const policy = this.policies.get(Model.entity(handle));
    if (!policy) return [];
    return this.loaded().filter(
      ({ hash, digest }) => digest && hash === policy.hash && hex(digest) === hex(policy.digest),
    );
  }

  /** After TPM2_PolicyGetDigest, whose response may have been encrypted. */
  learnDigest(handle: number, digest: Uint8Array): void {
    const session = this.sessions.get(handle);
    if (session && !session.isOwn) session.digest = digest;
  }

  /** After a step that did what it should; `parameters` are the command's in clear. */
  learn(step: Step, response: Response | null, parameters: Uint8Array): void {
    if (step.kind === "init") {
      this.sessions.clear();
      this.sequences.clear();
      this.keys.reset();
      this.objects.reset();
      this.slots.clear();
      this.started = false;
      this.allocationWaits = false;
      this.algorithmSetChanged = false;
      this.firstContext = this.contexts.length;
      this.clock = 0n;
      return;
    }
    if (response?.rc === TPM_RC_RETRY) this.protectedTried = true;
    if (step.kind === "command" && response) this.#occupy(step, response, parameters);
    if (step.kind === "hash" || !response || response.rc !== 0 || step.mutation) return;
    this.#learnCommand(step, response, parameters);
    for (const use of step.sessions ?? []) if (!(use.attributes & 1)) this.sessions.delete(use.handle);
  }

  #learnCommand(step: CommandStep, response: Response, parameters: Uint8Array): void {
    const view = new DataView(parameters.buffer, parameters.byteOffset, parameters.byteLength);
    const first = () => parameters.slice(2, 2 + view.getUint16(0));
    const handle = step.handles[0] ?? 0;
    this.nv.learn(step, response);
    const object = this.objects.learn(step, response, parameters);
    if (object) this.setAuth(object.handle, object.auth);
    switch (step.name) {
      case "NV_DefineSpace": {
        const { info, auth } = this.nv.define(parameters);
        this.setAuth(info.handle, auth);
        this.policies.set(info.handle, { hash: info.nameAlg ?? 0, digest: info.policy ?? EMPTY });
        break;
      }
      case "NV_ChangeAuth":
        this.setAuth(handle, first());
        break;
      case "NV_UndefineSpaceSpecial":
        this.auth.delete(handle);
        break;
      case "Startup":
        this.started = true;
        this.protectedTried = false;
        this.nv.startup();
        this.shutdownOnRecord = false;
        // Only a Resume keeps platformAuth and the authValue of PCRs.
        if (view.getUint16(0) === 0) {
          this.auth.delete(RH.PLATFORM);
          this.auth.delete(20);
        }
        break;
      case "StartAuthSession": {
        const nonce = view.getUint16(0);
        const salt = view.getUint16(2 + nonce);
        const at = 4 + nonce + salt;
        const started = response.view.getUint32(10);
        const hash = view.getUint16(parameters.length - 2);
        this.sessions.set(started, {
          handle: started,
          type: parameters[at] ?? 0,
          symmetric: view.getUint16(at + 1),
          hash,
          isLoaded: true,
        });
        break;
      }
      case "LoadExternal": {
        const loaded = response.view.getUint32(10);
        const key = this.keys.load(loaded, parameters, response);
        if (key) this.setAuth(loaded, key.auth);
        break;
      }
      case "EC_Ephemeral":
      case "Commit":
        this.keys.counted();
        break;
      case "MAC_Start":
      case "HashSequenceStart": {
        const started = response.view.getUint32(10);
        this.sequences.add(started);
        if (step.name === "MAC_Start" && this.objects.isOwn(handle)) this.#ownSequences.add(started);
        else this.#ownSequences.delete(started);
        this.setAuth(started, first());
        break;
      }
      case "SequenceComplete":
        // Its authValue is still part of this response's HMAC.
        this.sequences.delete(handle);
        break;
      case "EventSequenceComplete":
        this.sequences.delete(step.handles[1] ?? 0);
        break;
      case "FlushContext":
        this.sessions.delete(view.getUint32(0));
        this.sequences.delete(view.getUint32(0));
        this.keys.loaded.delete(view.getUint32(0));
        this.objects.known.delete(view.getUint32(0));
        break;
      case "ContextSave":
        this.keys.save(this.contexts.length, handle);
        this.objects.save(this.contexts.length, handle);
        if (this.#ownSequences.has(handle)) this.#ownContexts.add(this.contexts.length);
        this.contexts.push(handle);
        this.#setLoaded(handle, false);
        break;
      case "ContextLoad": {
        const loaded = response.view.getUint32(10);
        this.#setLoaded(loaded, true);
        if (loaded >= 0x80000000) {
          const part = step.parameters[0];
          if (part && !(part instanceof Uint8Array) && "context" in part) {
            const auth = this.objects.restore(part.context, loaded);
            if (auth) this.setAuth(loaded, auth);
            else if (this.keys.restore(part.context, loaded)) this.setAuth(loaded, this.keys.authOf(loaded));
            else {
              this.sequences.add(loaded);
              if (this.#ownContexts.has(part.context)) this.#ownSequences.add(loaded);
              else this.#ownSequences.delete(loaded);
              this.auth.set(loaded, this.authOf(this.contexts[part.context] ?? 0));
            }
          }
        }
        break;
      }
      case "PolicySigned":
        this.#setOwn(step.handles[1], handle);
        break;
      case "PolicyRestart": {
        const session = this.sessions.get(handle);
        if (session) session.isOwn = false;
        break;
      }
      case "PolicySecret":
        this.#setOwn(step.handles[1], handle);
        if (isTicket(response)) this.tickets++;
        break;
      case "SetCommandCodeAuditStatus": {
        const setCount = view.getUint32(2);
        for (let i = 0; i < setCount; i++) this.audited.add(view.getUint32(6 + 4 * i));
        const clearAt = 6 + 4 * setCount;
        for (let i = 0; i < view.getUint32(clearAt); i++) this.audited.delete(view.getUint32(clearAt + 4 + 4 * i));
        this.audited.add(CC.SetCommandCodeAuditStatus);
        break;
      }
      case "SetAlgorithmSet":
        this.algorithmSetChanged = true;
        break;
      case "SetPrimaryPolicy":
        this.policies.set(handle, { digest: first(), hash: view.getUint16(parameters.length - 2) });
        break;
      case "PCR_SetAuthPolicy":
        this.policies.set(20, { digest: first(), hash: view.getUint16(parameters.length - 6) });
        break;
      case "HierarchyChangeAuth":
        this.setAuth(handle, first());
        break;
      case "PCR_SetAuthValue":
        this.setAuth(handle, first());
        break;
      case "Shutdown":
        this.protectedTried = false;
        this.shutdownOnRecord = true;
        break;
      case "PCR_Allocate":
        this.allocationWaits = true;
        break;
      case "ClockSet":
        this.clock = view.getBigUint64(0);
        break;
      case "Clear":
        this.clock = 0n;
        this.nv.clear();
        for (const entity of [RH.OWNER, RH.ENDORSEMENT, RH.LOCKOUT]) {
          this.auth.delete(entity);
          this.policies.delete(entity);
        }
        break;
      case "ChangeEPS":
        this.auth.delete(RH.ENDORSEMENT);
        break;
    }
  }
}
