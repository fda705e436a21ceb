/**
 * What a demo knows of the PC: it hears the TPM's commands, reads the firmware's log and IMA's list, and looks into the TPM. All
 * ticks of a demo come from here, none from a button or from what the terminal shows.
 */
import {
  type BootRecord,
  inspectedPcrs,
  joinEvents,
  joinIma,
  PcrRecorder,
  type PcrStep,
  parseImaLog,
  readEventLog,
  readHead,
  type TcgEvent,
  TPM_ALG,
  type TpmCommandEvent,
  traceChain,
} from "../../../src/index.ts";
import { toHex } from "../../pc/hex.ts";
import type { DemoGround } from "./ground.ts";

export const SHA256 = TPM_ALG.TPM_ALG_SHA256;

/** A command of the guest's, as a demo looks at it. */
export interface Heard {
  readonly name: string;
  readonly succeeded: boolean;
  readonly event: TpmCommandEvent;
}

export class Witness {
  readonly #ground: DemoGround;
  readonly #recorder = new PcrRecorder();
  readonly #forget: () => void;
  #heard: Heard[] = [];
  readonly #all: TpmCommandEvent[] = [];
  #events: readonly TcgEvent[] = [];

  /** @param onChange told of each command that changed a PCR. */
  constructor(ground: DemoGround, onChange: () => void) {
    this.#ground = ground;
    this.#forget = ground.tpm.on("command", (event) => {
      const { name, responseCode } = readHead(event.command, event.response);
      // With it a boot begins; nothing can be measured before.
      if (name === "Startup" && responseCode.severity === "success") {
        this.#recorder.begin(event.startedAt);
        this.#events = [];
      }
      this.#all.push(event);
      if (!event.own) this.#heard.push({ name, succeeded: responseCode.severity === "success", event });
      if (this.#recorder.observe(event)) onChange();
    });
  }

  close(): void {
    this.#forget();
  }

  /** What has changed the PCRs of this boot, with the firmware's events where its log was read. */
  get steps(): readonly PcrStep[] {
    return joinEvents(this.#recorder.steps, this.#events).steps;
  }

  /** All commands since the demo was opened. */
  get all(): readonly TpmCommandEvent[] {
    return this.#all;
  }

  /** @returns the guest's commands since the last call. */
  takeHeard(): readonly Heard[] {
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }

  /** The firmware has handed over: its log is whole. */
  readLog(): void {
    const machine = this.#ground.machine();
    if (machine?.log === undefined) return;
    const { address, size } = machine.log;
    this.#events = readEventLog(machine.readPhysical(address, size)).events;
  }

  /**
   * This boot up to now.
   * @param imaList what the guest has copied of IMA's list; null where it has not.
   */
  async record(imaList: Uint8Array | null): Promise<BootRecord> {
    const { began, omitted } = this.#recorder;
    const joined = imaList === null ? this.steps : (await joinIma(this.steps, parseImaLog(imaList).entries)).steps;
    const values: (string | null)[] = [];
    for (const { algorithm, pcr, digest } of inspectedPcrs(await this.#ground.tpm.inspect())) {
      if (algorithm === SHA256) values[pcr] = toHex(digest);
    }
    return { began, steps: joined, omitted: new Map(omitted), banks: [{ algorithm: SHA256, values }] };
  }
}

/** Whether what was heard of a PCR gives the value that the TPM has. */
export async function isProven({ steps, banks }: BootRecord, pcr: number): Promise<boolean> {
  const chain = await traceChain(steps, SHA256, pcr);
  const value = banks.find(({ algorithm }) => algorithm === SHA256)?.values[pcr];
  return value != null && chain.at(-1)?.after === value;
}
