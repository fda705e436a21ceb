/** Follows a machine's boots and collects what {@link judgeBoot} judges by. */
import { inspectedBanks, inspectedPcrs, type PcrDigest, type PcrSelection } from "../client/index.ts";
import type { Tpm, TpmCommandEvent } from "../engine/api.ts";
import type { TpmInspection } from "../engine/inspection.ts";
import { type EventLog, hashName, readEventLog } from "../firmware/eventLog.ts";
import { type PcrBanks, replayEventLog } from "../firmware/eventLogReplay.ts";
import { EV_IPL, EV_NO_ACTION } from "../firmware/eventTypes.ts";
import { PCR_STRINGS } from "../firmware/measuredBoot.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import type { CommandName } from "../spec/commands.ts";
import { TPM_RH } from "../spec/handles.ts";
import { decodeCommand, decodeResponse } from "../trace/index.ts";
import type { Machine } from "../v86/machine.ts";
import { type BootEvidence, type BootFinding, type Handover, judgeBoot } from "./judgement.ts";

/** The PCRs that firmware and boot loader measure into. Later ones have logs of their own (IMA: PCR 10). */
const LAST_FIRMWARE_PCR = 9;
const STARTUP: CommandName = "Startup";
const HIERARCHY_CONTROL: CommandName = "HierarchyControl";
/** Its parameters, which end it: TPMI_RH_ENABLES enable, TPMI_YES_NO state. */
const HIERARCHY_CONTROL_PARAMETERS = 4 + 1;

/** What is known of the present boot. */
export interface BootJudgement {
  readonly findings: readonly BootFinding[];
  /** All has been looked at: the guest is at its prompt, and `findings` is the last word. */
  readonly settled: boolean;
}

/** Without `measured` nothing is known of what the option ROM has to do. */
export type WatchedMachine = Pick<Machine, "on" | "log" | "readPhysical"> & Partial<Pick<Machine, "measured">>;

export interface BootWatchOptions {
  readonly machine: WatchedMachine;
  /** Is looked at when the kernel begins; no command is sent. */
  readonly tpm: Pick<Tpm, "inspect">;
  /** Told at each boot's beginning and whenever something new is known. */
  readonly onJudgement: (judgement: BootJudgement) => void;
  /** Milliseconds since 1970, with a fraction, by the clock of {@link TpmCommandEvent.startedAt}. */
  readonly now?: () => number;
}

const fresh: BootEvidence = {
  stage: "off",
  firmware: { started: false, gaveUp: false, failure: null },
  handover: null,
  linuxCommands: 0,
};

const nothing: Handover = {
  measurements: null,
  firmwareMeasurements: 0,
  logProblem: null,
  hierarchiesOff: null,
  unexplained: null,
  unlogged: [],
  banks: { onlyLog: [], onlyTpm: [] },
  unchecked: null,
};

export class BootWatch {
  readonly #options: BootWatchOptions;
  readonly #now: () => number;
  #evidence = fresh;
  /** The firmware's last TPM2_HierarchyControl was for the storage hierarchy, and succeeded. */
  #isStorageSet = false;
  /** Commands from before the last _TPM_Init say nothing about this boot. */
  #began = 0;
  #boot = 0;

  constructor(options: BootWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
    const { machine } = options;
    machine.on("reset", () => this.#begin("bios"));
    // A guest from a snapshot was booted elsewhere: of that nothing was seen.
    machine.on("restored", () => this.#begin("off"));
    machine.on("stage", (stage) => {
      if (stage === "bios" || stage === "off") this.#begin(stage);
      else this.#learn({ stage });
      if (stage === "kernel") void this.#lookAtHandover();
    });
  }

  /** To be told of every command; the host's own say nothing of the guest. */
  observe(event: Pick<TpmCommandEvent, "command" | "response" | "startedAt" | "own">): void {
    const { command, response, startedAt, own } = event;
    const { stage, firmware, linuxCommands } = this.#evidence;
    if (own || stage === "off" || startedAt < this.#began) return;
    if (stage !== "bios") {
      // Only the first one can change the judgement.
      this.#evidence = { ...this.#evidence, linuxCommands: linuxCommands + 1 };
      return;
    }
    const { name, command: known } = decodeCommand(command);
    const { severity, name: code } = decodeResponse(response, command).responseCode;
    const succeeded = severity === "success";
    const gaveUp = name === HIERARCHY_CONTROL && !this.#isRequested(command, succeeded);
    const failure = succeeded ? null : `${known === undefined ? name : `TPM2_${name}`} answered ${code}`;
    this.#evidence = {
      ...this.#evidence,
      firmware: {
        started: firmware.started || (name === STARTUP && succeeded),
        gaveUp: firmware.gaveUp || gaveUp,
        // What fails afterwards does so because of it.
        failure: firmware.gaveUp ? firmware.failure : (firmware.failure ?? failure),
      },
    };
  }

  /**
   * Whether this TPM2_HierarchyControl does what a present user has agreed to: our option ROM sets the storage hierarchy, and the
   * endorsement hierarchy after it (guest/rom/operations.asm). SeaBIOS, which gives up, begins with the endorsement hierarchy.
   */
  #isRequested(command: Uint8Array, succeeded: boolean): boolean {
    const at = command.length - HIERARCHY_CONTROL_PARAMETERS;
    const hierarchy = new DataView(command.buffer, command.byteOffset, command.byteLength).getUint32(at);
    const isAfterStorage = this.#isStorageSet;
    this.#isStorageSet = hierarchy === TPM_RH.TPM_RH_OWNER && succeeded;
    return hierarchy === TPM_RH.TPM_RH_OWNER || (hierarchy === TPM_RH.TPM_RH_ENDORSEMENT && isAfterStorage);
  }

  #begin(stage: "bios" | "off"): void {
    this.#boot++;
    this.#isStorageSet = false;
    this.#began = this.#now();
    this.#evidence = fresh;
    this.#learn({ stage });
  }

  #learn(news: Partial<BootEvidence>): void {
    this.#evidence = { ...this.#evidence, ...news };
    const { stage, handover } = this.#evidence;
    this.#options.onJudgement({
      findings: judgeBoot(this.#evidence),
      settled: stage === "shell" && handover !== null,
    });
  }

  async #lookAtHandover(): Promise<void> {
    const boot = this.#boot;
    const { machine, tpm } = this.#options;
    const { log, measured = [] } = machine;
    const handover =
      log === undefined
        ? nothing
        : await examine(readEventLog(machine.readPhysical(log.address, log.size)), measured, tpm);
    if (boot === this.#boot) this.#learn({ handover });
  }
}

/** @returns what can be said; a TPM that can't be looked at leaves the rest open. */
async function examine(log: EventLog, measured: Machine["measured"], tpm: BootWatchOptions["tpm"]): Promise<Handover> {
  let { hierarchiesOff, unexplained, unchecked, banks } = nothing;
  try {
    const inspection = await tpm.inspect();
    const replay = await replayEventLog(log.events);
    requireMeasuring(inspection);
    hierarchiesOff = areHierarchiesOff(inspection);
    banks = differingBanks(log, inspectedBanks(inspection));
    unexplained = unexplainedPcrs(
      log,
      replay,
      inspectedPcrs(inspection).filter(({ pcr }) => pcr <= LAST_FIRMWARE_PCR),
    );
    if (unexplained === null) unchecked = "none of the TPM's active PCR banks can be computed here.";
  } catch (error) {
    unchecked = (error as Error).message;
  }
  const measurements = log.events.filter(({ type }) => type !== EV_NO_ACTION);
  return {
    measurements: measurements.length,
    firmwareMeasurements: measurements.filter(({ pcrIndex }) => pcrIndex < PCR_STRINGS).length,
    logProblem: log.error?.message ?? null,
    hierarchiesOff,
    unexplained,
    unlogged: unloggedItems(log, measured),
    banks,
    unchecked,
  };
}

/** Each event stands for one item: what is measured twice must be in the log twice. */
function unloggedItems({ events }: EventLog, measured: Machine["measured"]): string[] {
  const texts = events.filter(({ type }) => type === EV_IPL).map(({ pcrIndex, data }) => `${pcrIndex} ${decode(data)}`);
  return measured.flatMap(({ name, pcr, text }) => {
    const at = texts.indexOf(`${pcr} ${text}\0`);
    if (at < 0) return [`${name} (PCR ${pcr})`];
    texts.splice(at, 1);
    return [];
  });
}

const decode = (data: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(data);

/** An empty log has no banks to differ in. */
function differingBanks({ specId, events }: EventLog, active: readonly PcrSelection[]): Handover["banks"] {
  if (events.length === 0) return nothing.banks;
  const logged = specId?.algorithms.map(({ algorithm }) => algorithm) ?? [TPM_ALG.TPM_ALG_SHA1];
  const present = active.map(({ algorithm }) => algorithm);
  const without = (banks: readonly number[], others: readonly number[]) =>
    banks.filter((bank) => !others.includes(bank)).map(hashName);
  return { onlyLog: without(logged, present), onlyTpm: without(present, logged) };
}

/** @throws Error where the PCRs stand for nothing. */
function requireMeasuring({ started, failureMode }: TpmInspection): void {
  if (failureMode) throw new Error("the TPM is in failure mode.");
  if (!started) throw new Error("the TPM still waits for TPM2_Startup.");
}

/** Of owner, endorsement and platform. */
const areHierarchiesOff = ({ hierarchies }: TpmInspection) =>
  hierarchies.every(({ name, enabled }) => name === "null" || !enabled);

/**
 * @returns the PCRs that hold in some bank what the log does not account for; null where not one could be compared. A
 * bank that the log covers and that could not be computed here is left out.
 */
export function unexplainedPcrs(
  { events }: Pick<EventLog, "events">,
  replay: PcrBanks,
  values: readonly PcrDigest[],
): readonly number[] | null {
  const wrong = new Set<number>();
  let isCompared = false;
  for (const { algorithm, pcr, digest } of values) {
    const bank = replay.get(algorithm);
    if (bank === undefined && events.some(({ digests }) => digests.some((each) => each.algorithm === algorithm)))
      continue;
    isCompared = true;
    const expected = bank?.get(pcr) ?? new Uint8Array(digest.length);
    if (digest.some((octet, at) => octet !== expected[at])) wrong.add(pcr);
  }
  return isCompared ? [...wrong].sort((a, b) => a - b) : null;
}
