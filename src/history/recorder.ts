/** Hears a TPM's commands and keeps those that changed PCRs. */
import { unmarshalValue } from "../client/index.ts";
import type { TpmCommandEvent } from "../engine/api.ts";
import { type CommandName, commandNamed } from "../spec/commands.ts";
import { TPM_SU } from "../spec/constants.ts";
import { HEADER_SIZE, TPM_RC_SUCCESS } from "../spec/header.ts";
import { decodeCommand, decodeResponse } from "../trace/index.ts";
import { PCR_COUNT, type PcrStep, SAVED_PCRS, type StepDigest, toHex } from "./steps.ts";

/** What is heard of a command. */
export type HeardCommand = Pick<TpmCommandEvent, "command" | "response" | "locality" | "own" | "startedAt">;

/** Steps that are kept of one PCR, and of all: a guest may extend in a loop for days. */
export const MAX_STEPS_OF_PCR = 1000;
export const MAX_STEPS = 3000;
/** Where the platform's own measurement goes: before TPM2_Startup and after it. */
const [HCRTM_PCR, DRTM_PCR] = [0, 17];

const CHANGING = ["Startup", "PCR_Extend", "PCR_Event", "EventSequenceComplete", "PCR_Reset"] as const;
type Changing = (typeof CHANGING)[number];
const BY_CODE = new Map<number, Changing>(
  CHANGING.map((name) => [commandNamed(name satisfies CommandName).code, name]),
);
/** Where the digests of an extend stand: in the command, or in the response with the name of its field. */
const ANSWERED: Partial<Record<Changing, string>> = { PCR_Event: "digests", EventSequenceComplete: "results" };

/** Of these commands: TPM2_Startup with its parameter. */
const SHORTEST = HEADER_SIZE + 2;

const u32 = (octets: Uint8Array, at: number) =>
  new DataView(octets.buffer, octets.byteOffset, octets.byteLength).getUint32(at);

export class PcrRecorder {
  #steps: PcrStep[] = [];
  /** Of the power cycle before: what a Resume goes on from. */
  #before: PcrStep[] = [];
  #counts = new Map<number, number>();
  #omitted = new Map<number, number>();
  #began = 0;
  #isStarted = false;

  /** In their order, from the last TPM2_Startup on; after a Resume with those of the power cycle before. */
  get steps(): readonly PcrStep[] {
    return this.#steps;
  }

  /** How many later steps of a PCR were not kept, where some were not. */
  get omitted(): ReadonlyMap<number, number> {
    return this.#omitted;
  }

  /** When the power cycle began: milliseconds since 1970. */
  get began(): number {
    return this.#began;
  }

  /** _TPM_Init. @param at milliseconds since 1970; commands from before say nothing of what follows. */
  begin(at: number): void {
    // Without TPM2_Startup nothing has changed of what TPM2_Shutdown(STATE) kept.
    if (this.#steps.length > 0) this.#before = this.#steps;
    this.#steps = [];
    this.#counts.clear();
    this.#omitted = new Map();
    this.#began = at;
    this.#isStarted = false;
  }

  /** To be told of every command, in their order. @returns whether it changed a PCR. */
  observe(event: HeardCommand): boolean {
    const { command, response, startedAt } = event;
    if (startedAt < this.#began || command.length < SHORTEST || response.length < HEADER_SIZE) return false;
    const name = BY_CODE.get(u32(command, 6));
    if (name === undefined || u32(response, 6) !== TPM_RC_SUCCESS) return false;
    if (name === "Startup") return this.#startup(event);
    const pcr = command.length < HEADER_SIZE + 4 ? PCR_COUNT : u32(command, HEADER_SIZE);
    // TPM_RH_NULL: nothing is extended.
    if (pcr >= PCR_COUNT) return false;
    this.#add({ ...headOf(event), kind: name, pcr, digests: name === "PCR_Reset" ? [] : digestsOf(name, event) });
    return true;
  }

  /**
   * The platform has measured data itself, from locality 4: what `hashStart`, `hashData` and `hashEnd` of a TPM do, of
   * which no event tells.
   * @param digests of all data, in each bank.
   */
  hashSequence(digests: readonly StepDigest[], at: number): void {
    const pcr = this.#isStarted ? DRTM_PCR : HCRTM_PCR;
    this.#add({ kind: "hash sequence", pcr, at, locality: 4, own: true, digests });
  }

  #startup(event: HeardCommand): boolean {
    const isResume =
      new DataView(event.command.buffer, event.command.byteOffset).getUint16(HEADER_SIZE) === TPM_SU.TPM_SU_STATE;
    if (isResume) for (const step of this.#before) if (isSaved(step)) this.#add(step);
    this.#before = [];
    this.#isStarted = true;
    this.#add({ ...headOf(event), kind: isResume ? "resume" : "Startup", pcr: null, digests: [] });
    return true;
  }

  #add(step: PcrStep): void {
    const { pcr } = step;
    const count = (pcr !== null && this.#counts.get(pcr)) || 0;
    if (pcr !== null && (count >= MAX_STEPS_OF_PCR || this.#steps.length >= MAX_STEPS)) {
      this.#omitted.set(pcr, (this.#omitted.get(pcr) ?? 0) + 1);
      return;
    }
    if (pcr !== null) this.#counts.set(pcr, count + 1);
    this.#steps.push(step);
  }
}

/** What a Resume before did to these PCRs is done by the next as well. */
const isSaved = ({ pcr, kind }: PcrStep) => (pcr === null ? kind !== "resume" : pcr < SAVED_PCRS);

const headOf = ({ startedAt, locality, own }: HeardCommand) => ({ at: startedAt, locality, own });

/** A TPML_DIGEST_VALUES as the client gives it. */
type DigestValues = readonly { readonly hashAlg: number; readonly digest: Uint8Array }[];

function digestsOf(name: Changing, { command, response }: HeardCommand): StepDigest[] {
  const answered = ANSWERED[name];
  const octets = answered === undefined ? command : response;
  const { fields } = answered === undefined ? decodeCommand(command) : decodeResponse(response, command);
  const field = fields.find((one) => one.name === (answered ?? "digests"));
  if (field === undefined) return [];
  const values = unmarshalValue(field.type, octets.subarray(field.offset, field.offset + field.size));
  return (values as unknown as DigestValues).map(({ hashAlg, digest }) => ({
    algorithm: hashAlg,
    digest: toHex(digest),
  }));
}
