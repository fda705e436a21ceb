/**
 * Streams of commands for two TPMs: mostly right, so that they get deep, with one thing wrong now and then. What is right
 * is asked of the model; the forms of structures come from the specification's tables.
 */
import { fileURLToPath } from "node:url";
import { type Command, commands } from "../../../src/spec/commands.ts";
import { findHandlers } from "../../../src/spec/generate/handlers.ts";
import { sized, u8, u16, u32 } from "../harness.ts";
import { ALG, RH, RS_PW, SE } from "../names.ts";
import { AUDIT, CONTINUE, DECRYPT, ENCRYPT } from "../sessions.ts";
import { KnownKeys } from "./knownKeys.ts";
import type { Model } from "./model.ts";
import { isNvCommand, NvIndices } from "./nvIndices.ts";
import { KnownObjects } from "./objects.ts";
import { Parameters } from "./parameters.ts";
import type { Random } from "./random.ts";
import type { CommandStep, Mutation, Part, SessionUse, Step } from "./step.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** How often each command is tried. Those that are not named: 3. */
const WEIGHTS: Readonly<Record<string, number>> = {
  StartAuthSession: 14,
  CreatePrimary: 4,
  Create: 6,
  CreateLoaded: 5,
  Load: 8,
  Import: 5,
  ReadPublic: 4,
  Unseal: 5,
  Sign: 7,
  VerifySignature: 6,
  MakeCredential: 4,
  ActivateCredential: 5,
  Duplicate: 5,
  EvictControl: 3,
  PCR_Extend: 10,
  ContextSave: 8,
  ContextLoad: 8,
  FlushContext: 5,
  HashSequenceStart: 6,
  SequenceUpdate: 6,
  SequenceComplete: 4,
  EventSequenceComplete: 5,
  PolicyPCR: 6,
  PolicyCommandCode: 5,
  PolicyGetDigest: 7,
  PolicySecret: 8,
  PolicyTicket: 5,
  PolicyOR: 6,
  PolicyRestart: 2,
  PP_Commands: 1,
  SetAlgorithmSet: 1,
  SetCommandCodeAuditStatus: 2,
  SetPrimaryPolicy: 6,
  HierarchyChangeAuth: 8,
  GetCapability: 14,
  NV_DefineSpace: 8,
  NV_UndefineSpace: 2,
  NV_UndefineSpaceSpecial: 2,
  NV_ReadPublic: 5,
  NV_Write: 10,
  NV_Increment: 5,
  NV_Read: 8,
  NV_ChangeAuth: 3,
  PolicyNV: 5,
  LoadExternal: 6,
  RSA_Encrypt: 5,
  ZGen_2Phase: 6,
  Commit: 6,
  RSA_Decrypt: 5,
  EncryptDecrypt2: 6,
  MAC: 8,
  MAC_Start: 10,
  Clear: 2,
  ClearControl: 2,
  ChangeEPS: 1,
  ChangePPS: 1,
  HierarchyControl: 4,
  Shutdown: 2,
  Startup: 1,
  PCR_Allocate: 2,
  SelfTest: 1,
};
/** Self-tests, of which each TPM has its own; and commands that libtpms 0.9.2 does not have. */
const LEFT_OUT = [
  "IncrementalSelfTest",
  "GetTestResult",
  "AC_GetCapability",
  "AC_Send",
  "Policy_AC_SendSelect",
  "ACT_SetTimeout",
  "ECC_Encrypt",
  "ECC_Decrypt",
  "FieldUpgradeStart",
  "FieldUpgradeData",
  "FirmwareRead",
];

/** Their parameters are never made up from the tables alone. */
const ALWAYS_RIGHT = [
  "LoadExternal",
  "CreatePrimary",
  "Create",
  "CreateLoaded",
  "ClockSet",
  "TestParms",
  "PolicyCounterTimer",
  "SetCommandCodeAuditStatus",
];

/** Their parameters are not changed at random: the model, or what does not exist yet, depends on them. */
const UNCHANGED = [
  "HierarchyChangeAuth",
  "PCR_SetAuthValue",
  "HashSequenceStart",
  "PolicyCommandCode",
  "PolicyCounterTimer",
  "PolicySecret",
  "SetCommandCodeAuditStatus",
  "ClockSet",
  "TestParms",
  "Startup",
  "Shutdown",
  "StartAuthSession",
  "LoadExternal",
  "EC_Ephemeral",
  "CreatePrimary",
  "EvictControl",
];

/** They need a slot. */
const LOADING = ["CreatePrimary", "CreateLoaded", "Load"];
const HIERARCHIES = [RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.LOCKOUT];

export class Grammar {
  readonly #random: Random;
  readonly #model: Model;
  readonly #commands: Command[];
  readonly #values: Parameters;
  /** What comes next; null where it is not possible any more. */
  #plan: (() => CommandStep | null)[] = [];

  constructor(random: Random, model: Model) {
    this.#random = random;
    this.#model = model;
    const handlers = findHandlers(root);
    this.#commands = commands
      .filter(({ name }) => handlers.has(name) && !LEFT_OUT.includes(name))
      .flatMap((command) => Array.from({ length: WEIGHTS[command.name] ?? 3 }, () => command));
    this.#values = new Parameters(
      random,
      model,
      this.#commands.map(({ code }) => code),
    );
  }

  next(): Step {
    const r = this.#random;
    const planned = this.#plan.shift();
    if (planned) return planned() ?? this.next();
    if (!this.#model.started) {
      if (r.chance(10)) return { kind: "hash", data: r.bytes(r.below(40)) };
      const type = r.chance(55) || this.#model.protectedTried ? 0 : 1;
      if (r.chance(85)) return this.#command("Startup", [], [u16(type)], r.of([0, 0, 0, 0, 3, 1]));
    } else {
      if (r.chance(1) && r.chance(35)) return { kind: "init" };
      // With all slots in use libtpms would flush an object to make room; and with it a shutdown stays on record although
      // restartCount and PCRs have changed.
      const may = this.#model.transients() < 2 && !this.#model.shutdownOnRecord;
      if (r.chance(1) && may) return { kind: "hash", data: r.bytes(r.below(100)) };
    }
    const command = r.of(this.#commands);
    // What a command needs is made first, mostly.
    const lacks = (type: string, has: boolean) => !has && command.handles.some((h) => h.type === type) && r.chance(85);
    if (
      lacks(
        "TPMI_SH_POLICY",
        this.#model.loaded().some((s) => s.type !== SE.HMAC),
      )
    )
      return this.#named(r.of(["StartAuthSession", "StartAuthSession", "ContextLoad", "FlushContext"]));
    if (KnownKeys.takesBackShutdown(command.name) && this.#model.shutdownOnRecord) return this.next();
    if (r.chance(85) && this.#model.keys.lacksKey(command.name)) {
      const isFull = this.#model.transients() >= 3;
      return this.#named(isFull ? "FlushContext" : "LoadExternal");
    }
    if (KnownObjects.isCommand(command.name)) {
      if (LOADING.includes(command.name) && this.#model.transients() >= 3 && r.chance(85))
        return this.#named("FlushContext");
      const first = r.chance(90) ? this.#model.objects.lacks(r, command.name) : null;
      if (first) return this.#named(LOADING.includes(first) && this.#model.transients() >= 3 ? "FlushContext" : first);
      if (command.name === "Duplicate" && r.chance(80)) return this.#byCommandCode(command);
    }
    const index = this.#model.nv.under(command.name);
    if (index !== undefined && r.chance(80)) return this.#byCommandCode(command, index);
    if (
      command.name !== "StartAuthSession" &&
      !KnownObjects.isCommand(command.name) &&
      !KnownKeys.isCommand(command.name) &&
      lacks("TPMI_DH_OBJECT", this.#model.sequences.size > 0)
    )
      return this.#named("HashSequenceStart");
    if (NvIndices.takesBackShutdown(command.name) && this.#model.shutdownOnRecord) return this.next();
    if (lacks("TPMI_RH_NV_INDEX", this.#model.nv.known.size > 0)) return this.#named("NV_DefineSpace");
    if (this.#keepsOtherState(command)) return this.next();
    // A failed TPM2_ContextLoad of libtpms nullifies a shutdown; here what fails changes nothing.
    if (command.name === "ContextLoad" && this.#model.shutdownOnRecord) return this.next();
    // TPM2_Clear of libtpms takes back a PCR allocation that waits for _TPM_Init.
    if (command.name === "Clear" && this.#model.allocationWaits) return this.next();
    return this.#generate(command);
  }

  /** After it the two TPMs would start differently: what a shutdown saved and what takes it back is not the same. */
  #keepsOtherState({ name, code }: Command): boolean {
    const { shutdownOnRecord, audited, algorithmSetChanged } = this.#model;
    if (shutdownOnRecord && (audited.has(code) || name === "SetAlgorithmSet")) return true;
    return algorithmSetChanged && name === "Shutdown";
  }

  #named(name: string): Step {
    const command = this.#commands.find((c) => c.name === name);
    if (!command || this.#keepsOtherState(command) || (name === "ContextLoad" && this.#model.shutdownOnRecord))
      return this.next();
    return this.#generate(command);
  }

  /** A policy session that is good for this command only, and its use: on this index, or on some object. */
  #byCommandCode(row: Command, index?: number): CommandStep {
    const r = this.#random;
    const newest = () => this.#model.loaded().findLast(({ type }) => type === SE.POLICY)?.handle;
    this.#plan = [
      () => {
        const session = newest();
        return session ? this.#command("PolicyCommandCode", [session], [u32(row.code)]) : null;
      },
      () => {
        const session = newest();
        if (!session) return null;
        const step = this.#generate(row);
        if (index !== undefined) step.handles[0] = index;
        const use: SessionUse = { handle: session, attributes: r.below(2), proof: "right", nonce: r.bytes(16) };
        const byPlatform: SessionUse = { handle: RS_PW, attributes: 0, proof: "right", nonce: new Uint8Array(0) };
        return { ...step, sessions: step.authorized === 1 ? [use] : [use, byPlatform] };
      },
    ];
    const parameters = [sized(r.bytes(16)), sized([]), u8(SE.POLICY), u16(ALG.NULL), u16(ALG.SHA256)];
    return this.#command("StartAuthSession", [RH.NULL, RH.NULL], parameters);
  }

  #command(name: string, handles: number[], parameters: Part[], locality = 0): CommandStep {
    const row = commands.find((command) => command.name === name);
    return { kind: "command", name, code: row?.code ?? 0, handles, authorized: 0, parameters, locality };
  }

  #generate(command: Command): CommandStep {
    const r = this.#random;
    const handles = this.#handles(command);
    const authorized = command.handles.filter(({ role }) => role !== null).length;
    const parameters: Part[] =
      r.chance(85) || ALWAYS_RIGHT.includes(command.name) || isNvCommand(command.name)
        ? this.#values.right(command.name, handles)
        : command.parameters.map((field) => this.#values.wire(field.type, field.allowNull === "always"));
    const sessions = this.#sessions(command, handles, authorized);
    const step: CommandStep = {
      kind: "command",
      name: command.name,
      code: command.code,
      handles,
      authorized,
      ...(sessions ? { sessions } : {}),
      parameters,
      ...(KnownObjects.isCommand(command.name) ? { asked: this.#model.objects.asked } : {}),
      locality: this.#locality(command.name, handles[0]),
    };
    if (sessions?.[0] && handles.some((handle) => this.#model.nv.isRightOnly(command.name, handle))) {
      const byPassword = { handle: RS_PW, attributes: 1, proof: "right", nonce: new Uint8Array(0) } as const;
      step.sessions = Array.from({ length: authorized }, () => ({ ...byPassword }));
      return step;
    }
    if (parameters.every((part) => part instanceof Uint8Array) && r.chance(5)) {
      // What is encrypted differs on the two TPMs, and so would what a changed octet decrypts to.
      const isEncrypted = sessions?.some((s) => s.attributes & (DECRYPT | ENCRYPT));
      step.mutation = isEncrypted ? { kind: "cut", by: 1 + r.below(30), fix: true } : this.#mutation(command.name);
    }
    return step;
  }

  #handles({ name, handles }: Command): number[] {
    const r = this.#random;
    const { nv } = this.#model;
    const one = (type: string) => this.#handle(name, handles.find((handle) => handle.type === type)?.name ?? "", type);
    const types = handles.map(({ type }) => type);
    if (types.includes("TPMI_RH_NV_INDEX") && r.chance(96)) return nv.handles(r, types, nv.choose(r), one);
    return handles.map((handle) => this.#handle(name, handle.name, handle.type));
  }

  #locality(name: string, handle: number | undefined): number {
    const r = this.#random;
    if (name.startsWith("PCR_") && handle !== undefined && handle >= 16 && handle < 24) return r.below(5);
    return r.chance(90) ? 0 : r.below(5);
  }

  #mutation(name: string): Mutation {
    const r = this.#random;
    switch (r.below(5)) {
      case 0:
        return { kind: "tag", tag: r.of([0x8001, 0x8002, 0x8003, 0x00c4, 0x8000]) };
      case 1:
        return { kind: "cut", by: 1 + r.below(6), fix: r.chance(80) };
      case 2:
        return { kind: "extend", by: r.bytes(1 + r.below(4)), fix: r.chance(80) };
      case 3:
        return { kind: "authorizationSize", by: r.of([-1, 1, -4, 4, 9, 100]) };
      default:
        return UNCHANGED.includes(name) || isNvCommand(name)
          ? { kind: "extend", by: r.bytes(1), fix: true }
          : { kind: "flip", at: r.below(60), with: 1 << r.below(8) };
    }
  }

  #handle(name: string, handleName: string, type: string): number {
    const r = this.#random;
    if (r.chance(4) && name !== "CertifyX509")
      return r.of([
        ...HIERARCHIES,
        RH.NULL,
        RH.PLATFORM_NV,
        RS_PW,
        24,
        31,
        0x01000000,
        0x02000000,
        0x02000040,
        0x03000001,
        0x80000000,
        0x80000003,
        0x81000000,
        0x40000010,
        0x40000110,
        0x90000000,
        0xffffffff,
      ]);
    const policies = this.#model
      .loaded()
      .filter((s) => s.type !== SE.HMAC)
      .map((s) => s.handle);
    const all = [
      ...this.#model.loaded().map((s) => s.handle),
      ...this.#model.sequences,
      ...this.#model.keys.loaded.keys(),
      ...this.#model.objects.known.keys(),
    ];
    switch (type) {
      case "TPMI_DH_PCR":
        return name === "PCR_SetAuthValue"
          ? r.of([20, 21, 22, 16])
          : r.of([0, 7, 10, 16, 17, 18, 19, 20, 21, 22, 23, r.below(24)]);
      case "TPMI_RH_PLATFORM":
        return RH.PLATFORM;
      case "TPMI_RH_LOCKOUT":
        return RH.LOCKOUT;
      case "TPMI_RH_PROVISION":
        return r.of([RH.OWNER, RH.PLATFORM]);
      case "TPMI_RH_CLEAR":
        return r.of([RH.LOCKOUT, RH.PLATFORM]);
      case "TPMI_RH_HIERARCHY":
        return r.of([RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM]);
      case "TPMI_RH_HIERARCHY_AUTH":
      case "TPMI_RH_HIERARCHY_POLICY":
        return r.of(HIERARCHIES);
      case "TPMI_SH_POLICY":
        return policies.length > 0 ? r.of(policies) : 0x03000000;
      case "TPMI_DH_OBJECT":
        if (handleName === "tpmKey") return RH.NULL;
        if (KnownObjects.isCommand(name)) return this.#model.objects.choose(r, name, handleName) ?? 0x80000000;
        if (KnownKeys.isCommand(name) && r.chance(95)) return this.#model.keys.choose(r, name) ?? 0x80000000;
        return this.#model.sequences.size > 0 ? r.of([...this.#model.sequences]) : 0x80000000;
      case "TPMI_DH_PARENT":
        return r.chance(25)
          ? r.of([...HIERARCHIES, RH.NULL])
          : (this.#model.objects.choose(r, name, handleName) ?? RH.OWNER);
      case "TPMI_RH_ENDORSEMENT":
        return RH.ENDORSEMENT;
      case "TPMI_SH_HMAC": {
        const hmacs = this.#model.loaded().filter((s) => s.type === SE.HMAC);
        return hmacs.length > 0 ? r.of(hmacs).handle : 0x02000000;
      }
      case "TPMI_DH_ENTITY":
        if (name === "PolicySecret")
          return r.of([...HIERARCHIES, 0, 16, 20, ...this.#model.sequences, ...this.#model.nv.known.keys()]);
        return r.of([
          RH.NULL,
          RH.NULL,
          ...HIERARCHIES,
          16,
          20,
          ...this.#model.sequences,
          ...this.#model.keys.loaded.keys(),
          ...this.#model.nv.known.keys(),
        ]);
      case "TPMI_DH_CONTEXT":
        return all.length > 0 ? r.of(all) : 0x02000000;
      default:
        return r.of([RH.OWNER, RH.PLATFORM, RH.NULL]);
    }
  }

  #sessions(command: Command, handles: number[], authorized: number): SessionUse[] | undefined {
    const r = this.#random;
    const uses: SessionUse[] = [];
    const taken = new Set<number>();
    for (let i = 0; i < authorized; i++) uses.push(this.#authorization(handles[i] ?? 0, taken));
    if (authorized > 0 && r.chance(2)) return undefined;
    const maxExtra = authorized > 0 ? (r.chance(25) ? 1 + r.below(2) : 0) : r.chance(25) ? 1 + r.below(3) : 0;
    for (let i = 0; i < maxExtra && uses.length < 4; i++) {
      const known = this.#model.loaded().filter((s) => !taken.has(s.handle) || r.chance(5));
      const session = known.length > 0 ? r.of(known) : null;
      if (!session) break;
      taken.add(session.handle);
      uses.push({
        handle: session.handle,
        attributes: (r.chance(85) ? CONTINUE : 0) | this.#tasks(command, session.symmetric, true),
        proof: r.chance(95) ? "right" : r.of(["wrong", "empty", "garbage"]),
        nonce: this.#nonce(),
      });
    }
    // The first authorization may encrypt and audit, too.
    const [first] = uses;
    if (first && first.handle !== RS_PW && authorized > 0 && r.chance(25)) {
      const symmetric = this.#model.sessions.get(first.handle)?.symmetric ?? ALG.NULL;
      first.attributes |= this.#tasks(command, symmetric, false);
    }
    if (uses.length === 0) return r.chance(2) ? [] : undefined;
    return uses;
  }

  #nonce(): Uint8Array {
    const r = this.#random;
    return r.bytes(r.of([16, 16, 20, 32, 32, 31, 0, 1, 64, ...(r.chance(5) ? [65] : [])]));
  }

  #tasks(command: Command, symmetric: number, needed: boolean): number {
    const r = this.#random;
    const decrypts = command.parameters[0]?.type.startsWith("TPM2B") ?? false;
    const encrypts = command.response[0]?.type.startsWith("TPM2B") ?? false;
    let tasks = 0;
    if (r.chance(3)) return r.below(256) & 0xfe;
    if (symmetric !== ALG.NULL && decrypts && r.chance(60)) tasks |= DECRYPT;
    if (symmetric !== ALG.NULL && encrypts && r.chance(60)) tasks |= ENCRYPT;
    if ((needed && tasks === 0) || r.chance(30)) tasks |= AUDIT | (r.chance(20) ? 2 : 0) | (r.chance(20) ? 4 : 0);
    return tasks;
  }

  #authorization(entity: number, taken: Set<number>): SessionUse {
    const r = this.#random;
    const known = this.#model.loaded().filter((s) => !taken.has(s.handle) || r.chance(5));
    // A wrong proof for lockout locks it until the next power cycle: rarely.
    const wrong = entity === RH.LOCKOUT ? 1 : 5;
    const proof = r.chance(100 - wrong) ? "right" : r.of(["wrong", "empty", "garbage"] as const);
    if ((this.#model.keys.loaded.has(entity) || this.#model.objects.known.has(entity)) && r.chance(60))
      return { handle: RS_PW, attributes: 1, proof, nonce: new Uint8Array(0) };
    const satisfying = this.#model.satisfying(entity).filter((s) => !taken.has(s.handle));
    if (satisfying.length > 0 && r.chance(70)) {
      const { handle } = r.of(satisfying);
      taken.add(handle);
      return { handle, attributes: r.chance(85) ? CONTINUE : 0, proof, nonce: this.#nonce() };
    }
    if (known.length === 0 || r.chance(45))
      return {
        handle: r.chance(99) ? RS_PW : r.of([0x02000005, 0x03000000, 0x40000010, 0]),
        attributes: r.chance(97) ? r.below(2) : r.below(256),
        proof,
        nonce: r.chance(99) ? new Uint8Array(0) : r.bytes(1),
      };
    const session = r.of(known);
    taken.add(session.handle);
    return { handle: session.handle, attributes: r.chance(85) ? CONTINUE : 0, proof, nonce: this.#nonce() };
  }
}
