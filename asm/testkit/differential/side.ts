/** One of the two TPMs: renders steps with its own nonces, keys and contexts, and checks what comes back. */
import { concat, hex, Response, sized, u8, u16, u32 } from "../harness.ts";
import { ALG, SE } from "../names.ts";
import { AUDIT, CONTINUE, cipherWithId, cryptCfb, DECRYPT, digest, ENCRYPT, hmac, kdfa } from "../sessions.ts";
import { isTicket, type Model } from "./model.ts";
import { SideObjects } from "./sideObjects.ts";
import type { CommandStep, Mutation, Part, SessionUse } from "./step.ts";

/** What runs the octets: our core or swtpm. */
export interface Machine {
  run(bytes: Uint8Array, locality: number): Promise<Uint8Array> | Uint8Array;
  init(): Promise<void> | void;
  hash(data: Uint8Array): Promise<void> | void;
}

interface SideSession {
  type: number;
  hash: number;
  symmetric: Uint8Array;
  key: Uint8Array;
  nonceTpm: Uint8Array;
  bound: { handle: number; auth: string; name: string } | null;
  isAudit: boolean;
  needs: "nothing" | "auth" | "password";
}
interface Context {
  sequence: Uint8Array;
  handle: Uint8Array;
  hierarchy: Uint8Array;
  blob: Uint8Array;
}
interface RenderedUse {
  use: SessionUse;
  session: SideSession | undefined;
  /** The authValue is part of the HMAC key. */
  withAuth: boolean;
  entity: number | null;
  auth: Uint8Array;
}

export interface Rendered {
  bytes: Uint8Array;
  /** Of the command, in clear. */
  parameters: Uint8Array;
  uses: RenderedUse[];
}

export class Side {
  readonly machine: Machine;
  readonly #model: Model;
  readonly #sessions = new Map<number, SideSession>();
  readonly #contexts: Context[] = [];
  /** Names and public areas of objects, and what was given out. */
  readonly #objects = new SideObjects();
  /** Parameters of TPM2_PolicyTicket. */
  readonly #tickets: Uint8Array[] = [];

  constructor(machine: Machine, model: Model) {
    this.machine = machine;
    this.#model = model;
  }

  forgetSessions(): void {
    this.#sessions.clear();
  }

  render(step: CommandStep): Rendered {
    const clear = concat(...step.parameters.map((part) => this.#part(part)));
    const uses: RenderedUse[] = (step.sessions ?? []).map((use, i) => this.#use(step, use, i));
    let parameters: Uint8Array = clear;
    const decrypting = uses.find(({ use, session }) => use.attributes & DECRYPT && session);
    if (decrypting) parameters = this.#cryptFirst(decrypting, parameters, true);
    const encrypting = uses.find(({ use, session }) => use.attributes & ENCRYPT && session);
    uses.forEach((rendered, i) => {
      rendered.auth = this.#proof(step, rendered, i, parameters, decrypting, encrypting);
    });
    // Octets that each TPM has of its own (HMACs) must not come to be sizes or attributes.
    const own = uses.some(({ session, auth }) => session && auth.length > 0);
    const area = concat(
      ...uses.map(({ use, auth }) => concat(u32(use.handle), sized(use.nonce), u8(use.attributes), sized(auth))),
    );
    const body = concat(...step.handles.map(u32), ...(step.sessions ? [u32(area.length), area] : []), parameters);
    const bytes = concat(u16(step.sessions ? 0x8002 : 0x8001), u32(10 + body.length), u32(step.code), body);
    return {
      bytes: mutate(bytes, step.mutation, step.handles.length, own ? bytes.length - parameters.length : 10),
      parameters: clear,
      uses,
    };
  }

  #part(part: Part): Uint8Array {
    if (part instanceof Uint8Array) return part;
    if ("ticket" in part) {
      const octets = this.#tickets[part.ticket]?.slice() ?? new Uint8Array(0);
      if (part.tamper !== null && octets.length > 0) octets[part.tamper % octets.length]! ^= 1;
      return octets;
    }
    if ("output" in part) return this.#objects.field(part.output, part.field, part.tamper);
    if ("nameOf" in part) return sized(this.#nameOf(part.nameOf));
    const saved = this.#contexts[part.context];
    if (!saved) return new Uint8Array(0);
    const context = { ...saved };
    if (part.tamper) {
      const octets = context[part.tamper.part].slice();
      octets[part.tamper.at % octets.length]! ^= 1;
      context[part.tamper.part] = octets;
    }
    return concat(context.sequence, context.handle, context.hierarchy, sized(context.blob));
  }

  #use(step: CommandStep, use: SessionUse, i: number): RenderedUse {
    const session = this.#sessions.get(use.handle);
    const entity = i < step.authorized ? (step.handles[i] ?? null) : null;
    let withAuth = false;
    if (session && entity !== null) {
      const auth = this.#model.authOf(entity);
      withAuth =
        session.type === SE.HMAC
          ? !(this.#isBound(session, entity, auth) && !session.isAudit)
          : session.needs === "auth";
    }
    return { use, session, withAuth, entity, auth: new Uint8Array(0) };
  }

  #isBound({ bound }: SideSession, entity: number, auth: Uint8Array): boolean {
    return bound?.handle === entity && bound.auth === hex(auth) && bound.name === hex(this.#nameOf(entity));
  }
  #nameOf(handle: number): Uint8Array {
    return this.#objects.nameOf(handle) ?? this.#model.nameOf(handle);
  }

  #proof(
    step: CommandStep,
    { use, session, withAuth, entity }: RenderedUse,
    i: number,
    parameters: Uint8Array,
    decrypting: RenderedUse | undefined,
    encrypting: RenderedUse | undefined,
  ): Uint8Array {
    if (use.proof === "empty") return new Uint8Array(0);
    if (use.proof === "garbage") return new Uint8Array(32).fill(0x5a);
    const auth = entity === null ? new Uint8Array(0) : this.#model.authOf(entity);
    const spoil = (octets: Uint8Array) =>
      use.proof === "wrong"
        ? concat(
            octets.map((b) => b ^ 0x11),
            u8(7),
          )
        : octets;
    if (!session || (session.type !== SE.HMAC && session.needs === "password")) return spoil(auth);
    const key = concat(session.key, withAuth ? auth : []);
    if (key.length === 0 && use.proof === "right" && use.nonce.length % 2 === 0) return new Uint8Array(0);
    const names = step.handles.map((handle) => this.#nameOf(handle));
    const cpHash = digest(session.hash, u32(step.code), ...names, parameters);
    const extra: Uint8Array[] = [];
    if (i === 0 && entity !== null) {
      if (decrypting?.session && decrypting.session !== session) extra.push(decrypting.session.nonceTpm);
      if (encrypting?.session && encrypting.session !== session && encrypting.session !== decrypting?.session)
        extra.push(encrypting.session.nonceTpm);
    }
    const value = hmac(session.hash, key, cpHash, use.nonce, session.nonceTpm, ...extra, u8(use.attributes));
    return use.proof === "wrong" ? value.map((b) => b ^ 0x11) : value;
  }

  /** Encrypts the first parameter of a command, or decrypts that of a response. */
  #cryptFirst({ use, session, entity }: RenderedUse, parameters: Uint8Array, command: boolean): Uint8Array {
    if (!session || parameters.length < 2) return parameters;
    const size = (parameters[0] ?? 0) * 256 + (parameters[1] ?? 0);
    const data = parameters.subarray(2, 2 + size);
    const key = concat(session.key, entity === null ? [] : this.#model.authOf(entity));
    const [newer, older] = command ? [use.nonce, session.nonceTpm] : [session.nonceTpm, use.nonce];
    const view = new DataView(session.symmetric.buffer, session.symmetric.byteOffset);
    const algorithm = view.getUint16(0);
    let out: Uint8Array = data;
    if (algorithm === ALG.XOR) {
      const mask = kdfa(session.hash, key, "XOR", newer, older, data.length * 8);
      out = data.map((octet, n) => octet ^ (mask[n] ?? 0));
    } else {
      const cipher = cipherWithId(algorithm);
      const derive = (label: string, bits: number) => kdfa(session.hash, key, label, newer, older, bits);
      if (cipher) out = cryptCfb(cipher, view.getUint16(2), derive, data, command);
    }
    return concat(parameters.subarray(0, 2), out, parameters.subarray(2 + size));
  }

  /**
   * Takes in the response: new nonces, sessions, contexts.
   * @returns it with the parameters in clear, and what was wrong with its HMACs.
   */
  accept(
    step: CommandStep,
    rendered: Rendered,
    response: Response,
    responseHandles: number,
  ): { clear: Response; problem: string | null } {
    if (response.rc !== 0) return { clear: response, problem: null };
    let clear = response;
    let problem: string | null = null;
    if (response.tag === 0x8002 && !step.mutation)
      ({ clear, problem } = this.#acceptSessions(step, rendered, response, responseHandles));
    if (!step.mutation) this.#learn(step, rendered, clear);
    return { clear, problem };
  }

  #acceptSessions(step: CommandStep, rendered: Rendered, response: Response, responseHandles: number) {
    const view = response.view;
    const at = 10 + 4 * responseHandles;
    const size = view.getUint32(at);
    let parameters: Uint8Array = response.bytes.slice(at + 4, at + 4 + size);
    const tail = response.bytes.slice(at + 4 + size);
    let cursor = at + 4 + size;
    let problem: string | null = null;
    for (const [i, { use, session, withAuth, entity }] of rendered.uses.entries()) {
      const nonceSize = view.getUint16(cursor);
      const nonce = response.bytes.slice(cursor + 2, cursor + 2 + nonceSize);
      const flags = response.bytes[cursor + 2 + nonceSize] ?? 0;
      const macSize = view.getUint16(cursor + 3 + nonceSize);
      const mac = response.bytes.slice(cursor + 5 + nonceSize, cursor + 5 + nonceSize + macSize);
      cursor += 5 + nonceSize + macSize;
      if (!session) continue;
      session.nonceTpm = nonce;
      const key = concat(session.key, withAuth && entity !== null ? this.#model.authOf(entity) : []);
      const rpHash = digest(session.hash, u32(0), u32(step.code), parameters);
      const expected = macSize === 0 ? "" : hex(hmac(session.hash, key, rpHash, nonce, use.nonce, u8(flags)));
      if (hex(mac) !== expected) problem ??= `the HMAC of session ${i + 1} is wrong`;
      if (flags & AUDIT) session.isAudit = true;
    }
    const encrypting = rendered.uses.find(({ use, session }) => use.attributes & ENCRYPT && session);
    if (encrypting) parameters = this.#cryptFirst(encrypting, parameters, false);
    const clear = new Response(concat(response.bytes.subarray(0, at + 4), parameters, tail));
    for (const { use, session } of rendered.uses) {
      if (session && !(use.attributes & CONTINUE)) this.#sessions.delete(use.handle);
      else if (session && session.type !== SE.HMAC) session.needs = "nothing";
    }
    return { clear, problem };
  }

  #learn(step: CommandStep, rendered: Rendered, response: Response): void {
    const handle = step.handles[0] ?? 0;
    const policy = this.#sessions.get(handle);
    this.#objects.learn(step, rendered.parameters, response);
    switch (step.name) {
      case "StartAuthSession":
        this.#startSession(step, rendered.parameters, response);
        break;
      case "PolicyAuthValue":
        if (policy) policy.needs = "auth";
        break;
      case "PolicyPassword":
        if (policy) policy.needs = "password";
        break;
      case "PolicyRestart":
        if (policy) policy.needs = "nothing";
        break;
      case "PolicySecret":
        if (isTicket(response))
          this.#tickets.push(ticketParameters(this.#nameOf(handle), rendered.parameters, response.parameters));
        break;
      case "ContextSave": {
        const { bytes } = response;
        this.#contexts.push({
          sequence: bytes.slice(10, 18),
          handle: bytes.slice(18, 22),
          hierarchy: bytes.slice(22, 26),
          blob: bytes.slice(28),
        });
        break;
      }
    }
  }

  #startSession(step: CommandStep, parameters: Uint8Array, response: Response): void {
    const view = new DataView(parameters.buffer, parameters.byteOffset, parameters.byteLength);
    const nonce = parameters.slice(2, 2 + view.getUint16(0));
    const at = 4 + nonce.length + view.getUint16(2 + nonce.length);
    const hash = view.getUint16(parameters.length - 2);
    const start = 10 + 4 + (step.sessions ? 4 : 0);
    const nonceTpm = response.bytes.slice(start + 2, start + 2 + response.view.getUint16(start));
    const bind = step.handles[1] ?? 0x40000007;
    const auth = this.#model.authOf(bind);
    this.#sessions.set(response.view.getUint32(10), {
      type: parameters[at] ?? 0,
      hash,
      symmetric: parameters.slice(at + 1, parameters.length - 2),
      key: bind === 0x40000007 ? new Uint8Array(0) : kdfa(hash, auth, "ATH", nonceTpm, nonce, digest(hash).length * 8),
      nonceTpm,
      bound: bind === 0x40000007 ? null : { handle: bind, auth: hex(auth), name: hex(this.#nameOf(bind)) },
      isAudit: false,
      needs: "nothing",
    });
  }
}

/** TPM2_PolicyTicket with what TPM2_PolicySecret was asked and gave. */
function ticketParameters(name: Uint8Array, asked: Uint8Array, given: Uint8Array): Uint8Array {
  const view = new DataView(asked.buffer, asked.byteOffset, asked.byteLength);
  const nonce = 2 + view.getUint16(0);
  const cpHash = 2 + view.getUint16(nonce);
  const policyRef = 2 + view.getUint16(nonce + cpHash);
  return concat(
    given.subarray(0, 10),
    asked.subarray(nonce, nonce + cpHash + policyRef),
    sized(name),
    given.subarray(10),
  );
}

function mutate(bytes: Uint8Array, mutation: Mutation | undefined, handles: number, first: number): Uint8Array {
  if (!mutation) return bytes;
  let out: Uint8Array = bytes.slice();
  switch (mutation.kind) {
    case "flip":
      // Not in the header: another command code would be a command of which the driver knows nothing.
      if (out.length > first) out[first + (mutation.at % (out.length - first))]! ^= mutation.with;
      return out;
    case "cut":
      out = out.slice(0, Math.max(10, out.length - mutation.by));
      break;
    case "extend":
      out = concat(out, mutation.by);
      break;
    case "authorizationSize": {
      const at = 10 + 4 * handles;
      if (out[1] === 2 && out.length >= at + 4) {
        const view = new DataView(out.buffer);
        view.setUint32(at, (view.getUint32(at) + mutation.by) >>> 0);
      }
      return out;
    }
    case "tag":
      out.set(u16(mutation.tag));
      return out;
  }
  if (mutation.fix) out.set(u32(out.length), 2);
  return out;
}
