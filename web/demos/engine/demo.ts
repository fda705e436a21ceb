/** What every demo has: the chain of the present boot, what is under way, and what went wrong. Steps end by facts, or say which do not hold. */
import {
  type BootChange,
  hasAttribute,
  type InspectedObject,
  type TpmCommandEvent,
  toPcapng,
  toTraceJson,
  unmarshalResponse,
} from "../../../src/index.ts";
import type { TraceFormat } from "../../state/model.ts";
import { Store } from "../../state/store.ts";
import type { FailureKind } from "../../words/demoNames.ts";
import { chainOf, type Link } from "./chain.ts";
import type { DemoGround } from "./ground.ts";
import { Hands, InterruptedError } from "./hands.ts";
import { SEALED_TO, SECRET } from "./lines.ts";
import { type Heard, isProven } from "./witness.ts";

const REDRAW_MS = 120;

/** What the TPM answered to the script that opens the secret. */
export interface Opening {
  /** It gave the very secret that was sealed. */
  readonly isOpen: boolean;
  /** The command that it refused; null where it refused none. */
  readonly refused: TpmCommandEvent | null;
}

export interface DemoState {
  /** Of the present boot. */
  readonly chain: readonly Link[];
  readonly activity: "booting" | "typing" | "working" | null;
  /** PCRs of the present boot whose value follows from what was heard; null until it was looked at. */
  readonly proven: readonly number[] | null;
  /** What was asked for has not come about. */
  readonly failure: FailureKind | null;
  /** What went wrong in the page itself, as it says so. */
  readonly problem: string | null;
}

export const initialDemo: DemoState = {
  chain: chainOf([]),
  activity: null,
  proven: null,
  failure: null,
  problem: null,
};

/** The facts do not hold. */
export class Unproven extends Error {
  readonly failure: FailureKind;
  constructor(failure: FailureKind) {
    super(failure);
    this.failure = failure;
  }
}

export abstract class Demo<State extends DemoState> {
  readonly store: Store<State>;
  protected readonly ground: DemoGround;
  protected readonly hands: Hands;

  constructor(ground: DemoGround, initial: State) {
    this.store = new Store(initial, REDRAW_MS);
    this.ground = ground;
    this.hands = new Hands(ground, () => this.draw());
  }

  /** What is under way ends. */
  close(): void {
    this.hands.close();
  }

  /** All commands since the demo was opened, as a file; secrets are zeros of the same length. */
  trace(format: TraceFormat): Uint8Array {
    const events = this.hands.witness.all;
    if (format === "pcapng") return toPcapng(events);
    return new TextEncoder().encode(`${JSON.stringify(toTraceJson(events), null, 1)}\n`);
  }

  /** One step; none while another is under way. Never rejects: what went wrong is in the store. */
  protected async attempt(work: () => Promise<void>): Promise<void> {
    if (this.store.value.activity !== null) return;
    this.#set({ failure: null, problem: null });
    try {
      await work();
    } catch (error) {
      if (error instanceof Unproven) this.#set({ failure: error.failure });
      else if (error instanceof InterruptedError) this.#set({ failure: "interrupted" });
      else this.#set({ problem: (error as Error).message });
    } finally {
      this.#set({ activity: null });
    }
  }

  /** Boots to the prompt. @throws Unproven where a link was not measured, or the TPM has other values than follow. */
  protected bootMeasured(change: BootChange): Promise<void> {
    return this.#measured(() => this.hands.boot(change));
  }

  /** The same, with an older state of the TPM. */
  protected bootRestored(permanent: Uint8Array): Promise<void> {
    return this.#measured(() => this.hands.restore(permanent));
  }

  async #measured(boot: () => Promise<void>): Promise<void> {
    this.#set({ activity: "booting", proven: null, chain: chainOf([]) });
    await boot();
    this.draw();
    const record = await this.hands.witness.record(null);
    const proven: number[] = [];
    for (const pcr of SEALED_TO) if (await isProven(record, pcr)) proven.push(pcr);
    this.#set({ proven });
    if (proven.length < SEALED_TO.length || chainOf(record.steps).some(({ count }) => count === 0)) {
      throw new Unproven("not-measured");
    }
  }

  protected async type(lines: readonly string[]): Promise<readonly Heard[]> {
    this.#set({ activity: "typing" });
    const heard = await this.hands.type(lines);
    this.draw();
    return heard;
  }

  /** Something is done beside the PC. */
  protected work(): void {
    this.#set({ activity: "working" });
  }

  /** What the TPM keeps under a handle. */
  protected async kept(handle: number): Promise<InspectedObject | undefined> {
    const { persistent } = await this.ground.tpm.inspect();
    return persistent.find((object) => object.handle === handle);
  }

  protected draw(): void {
    this.#set({ chain: chainOf(this.hands.witness.steps) });
  }

  #set(change: Partial<DemoState>): void {
    this.store.set(change as Partial<State>);
  }
}

/** Whether it is a sealed secret that nothing but its policy opens. */
export const isSealed = (object: InspectedObject | undefined): object is InspectedObject =>
  object?.publicArea.type === "TPM_ALG_KEYEDHASH" &&
  object.publicArea.authPolicy.length > 0 &&
  !hasAttribute("TPMA_OBJECT", object.publicArea.attributes, "userWithAuth");

/** Linux' resource manager asks these by itself, for a session too that is gone by then. */
const MANAGING: ReadonlySet<string> = new Set(["ContextSave", "ContextLoad", "FlushContext"]);

/** @param heard what the TPM was asked while the script ran. */
export function openingOf(heard: readonly Heard[]): Opening {
  const unsealed = heard.findLast(({ name, succeeded }) => name === "Unseal" && succeeded);
  const refused = heard.findLast(({ name, succeeded }) => !succeeded && !MANAGING.has(name))?.event ?? null;
  return { isOpen: unsealed !== undefined && secretOf(unsealed.event) === SECRET, refused };
}

/** What TPM2_Unseal gave, without the line's end. */
const secretOf = ({ response }: TpmCommandEvent): string =>
  new TextDecoder().decode(unmarshalResponse("Unseal", response).parameters.outData).trim();
