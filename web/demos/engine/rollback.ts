/** A TPM whose state is copied: a clone of it beside it, and the way back to the copy. What a counter tells of that, and whom. Demo "clone-rollback". */
import { readHead, TPM_RH, unmarshalResponse } from "../../../src/index.ts";
import { toHex } from "../../pc/hex.ts";
import { askClone, countIn } from "./clone.ts";
import { Demo, type DemoState, initialDemo, isSealed, type Opening, openingOf, Unproven } from "./demo.ts";
import type { DemoGround } from "./ground.ts";
import { SECRET } from "./lines.ts";
import {
  COUNTED_HANDLE,
  COUNTER,
  checkLines,
  countedLines,
  countLines,
  identityLines,
  incrementLine,
  openCountedLines,
  reportLines,
  SEEN_FILE,
  setClockLine,
  VERDICT_FILE,
} from "./rollbackLines.ts";
import type { Heard } from "./witness.ts";

/** What a verifier outside was told, by the TPM's answers to TPM2_NV_Read and TPM2_ReadClock. */
export interface Report {
  readonly counter: bigint;
  /** Milliseconds with power since the last TPM2_Clear. */
  readonly clock: bigint;
  /** The TPM vouches for Clock: it has told no higher one before. */
  readonly safe: boolean;
  readonly resetCount: number;
}

/** What a verifier finds who compares a report with the one that it remembers. */
export interface Finding {
  readonly counterFell: boolean;
  readonly clockFell: boolean;
  readonly resetCountFell: boolean;
}

/** Names of the same two keys in the PC's TPM and in the clone, in hex. */
export interface Identity {
  readonly primary: string;
  readonly ek: string;
}

export interface Copy {
  /** Of the file, octets. */
  readonly size: number;
  readonly here: Identity;
  readonly clone: Identity;
  /** What the clone gave. */
  readonly secret: string;
  /** After the clone's was counted up. */
  readonly counters: { readonly here: bigint; readonly clone: bigint };
}

export interface RollbackState extends DemoState {
  /** The counter's value that the secret is tied to, and the secret's policy, in hex. */
  readonly prepared: { readonly counter: bigint; readonly policy: string } | null;
  readonly copy: Copy | null;
  /** After the counter was counted up. */
  readonly counted: { readonly report: Report; readonly opening: Opening } | null;
  /** With the older state. */
  readonly back: {
    readonly report: Report;
    readonly opening: Opening;
    /** What the guest found: the counter is not what it remembers. */
    readonly isNoticedInside: boolean;
  } | null;
  /** After it was counted up again. */
  readonly caughtUp: Report | null;
}

const initial: RollbackState = {
  ...initialDemo,
  prepared: null,
  copy: null,
  counted: null,
  back: null,
  caughtUp: null,
};

/** Of a TPMI_YES_NO. */
const YES = 1;

export const compareReports = (remembered: Report, now: Report): Finding => ({
  counterFell: now.counter < remembered.counter,
  clockFell: now.clock < remembered.clock,
  resetCountFell: now.resetCount < remembered.resetCount,
});

export class Rollback extends Demo<RollbackState> {
  #state: Uint8Array | null = null;
  /** The guest's record, as it was when the state was copied. */
  #seen: Uint8Array | null = null;

  constructor(ground: DemoGround) {
    super(ground, initial);
  }

  /** A counter, and a secret that opens only while it has its present value. */
  prepare(): Promise<void> {
    return this.attempt(async () => {
      const { activity: _, ...fresh } = initial;
      this.store.set(fresh);
      const secret = (await this.kept(COUNTED_HANDLE)) !== undefined;
      await this.type(countedLines({ counter: (await this.#counter()) !== null, secret }));
      const [object, counter] = [await this.kept(COUNTED_HANDLE), await this.#counter()];
      if (counter === null) throw new Unproven("not-counted");
      if (!isSealed(object)) throw new Unproven("not-sealed");
      if (!(await this.#open()).isOpen) throw new Unproven("not-opened");
      this.store.set({ prepared: { counter, policy: toHex(object.publicArea.authPolicy) } });
    });
  }

  /** Copies the state, and starts a second TPM with it. */
  copy(): Promise<void> {
    return this.attempt(async () => {
      const { prepared } = this.store.value;
      if (prepared === null) throw new Unproven("not-counted");
      this.store.set({ copy: null, counted: null, back: null, caughtUp: null });
      const created = (await this.type(identityLines)).filter(succeeded("CreatePrimary"));
      const ek = created.find(isOfEndorsement)?.event;
      const primary = created.find((heard) => !isOfEndorsement(heard))?.event;
      const state = await this.ground.tpm.exportState();
      const seen = await this.hands.read(SEEN_FILE);
      if (ek === undefined || primary === undefined || state === null || seen === null) {
        throw new Unproven("not-the-same");
      }
      this.#state = state;
      this.#seen = new Uint8Array(seen);
      this.work();
      const tpm = await this.ground.clone(state);
      const clone = await askClone(tpm, [primary.command, ek.command], this.#seen).finally(() => tpm.close());
      const copy: Copy = {
        size: state.length,
        here: { primary: nameOf(primary.response), ek: nameOf(ek.response) },
        clone: { primary: clone.names[0]!, ek: clone.names[1]! },
        secret: clone.secret,
        counters: { here: (await this.#counter()) ?? -1n, clone: clone.counter },
      };
      this.store.set({ copy });
      const isSame = copy.here.primary === copy.clone.primary && copy.here.ek === copy.clone.ek;
      if (!isSame || copy.secret !== SECRET) throw new Unproven("not-the-same");
      const { here, clone: its } = copy.counters;
      if (here !== prepared.counter || its !== here + 1n) throw new Unproven("not-counted");
    });
  }

  /** Counts up, which shuts the secret; a verifier outside remembers what it is told. */
  count(): Promise<void> {
    return this.attempt(async () => {
      const before = await this.#counter();
      this.store.set({ counted: null, back: null, caughtUp: null });
      await this.type(countLines);
      const opening = await this.#open();
      const report = await this.#report();
      this.store.set({ counted: { opening, report } });
      if (before === null || report.counter !== before + 1n) throw new Unproven("not-counted");
      if (opening.isOpen || opening.refused === null) throw new Unproven("not-refused");
    });
  }

  /** Puts the copy in the place of the state, and the guest's record with it, as who copies a machine does. */
  rollBack(): Promise<void> {
    return this.attempt(async () => {
      const { counted, prepared } = this.store.value;
      if (this.#state === null || this.#seen === null || counted === null) throw new Unproven("not-counted");
      this.store.set({ back: null, caughtUp: null });
      await this.type([`rm -f /mnt/${SEEN_FILE}`]);
      await this.hands.write(SEEN_FILE, this.#seen);
      await this.bootRestored(this.#state);
      await this.type(checkLines);
      const verdict = new TextDecoder().decode((await this.hands.read(VERDICT_FILE)) ?? undefined).trim();
      const opening = await this.#open();
      const report = await this.#report();
      this.store.set({ back: { opening, report, isNoticedInside: verdict !== "same" } });
      if (!compareReports(counted.report, report).counterFell || report.counter !== prepared?.counter) {
        throw new Unproven("not-counted");
      }
      if (verdict !== "same") throw new Unproven("not-the-same");
      if (!opening.isOpen) throw new Unproven("not-opened");
    });
  }

  /** Counts up to what the verifier remembers, and sets Clock to it, which the owner may do forward. */
  catchUp(): Promise<void> {
    return this.attempt(async () => {
      const { counted, back } = this.store.value;
      if (counted === null || back === null) throw new Unproven("not-counted");
      this.store.set({ caughtUp: null });
      const missing = counted.report.counter - back.report.counter;
      const lines = Array.from({ length: Number(missing) }, () => incrementLine);
      if (compareReports(counted.report, back.report).clockFell) lines.push(setClockLine(counted.report.clock));
      await this.type(lines);
      const report = await this.#report();
      this.store.set({ caughtUp: report });
      if (Object.values(compareReports(counted.report, report)).some((fell) => fell)) throw new Unproven("not-counted");
    });
  }

  /** What the TPM tells of its counter; null where it has none, or one that was never counted up. */
  async #counter(): Promise<bigint | null> {
    const { nvIndices } = await this.ground.tpm.inspect();
    const data = nvIndices.find(({ handle }) => handle === COUNTER)?.contents.data ?? null;
    return data === null ? null : countIn(data);
  }

  async #open(): Promise<Opening> {
    return openingOf(await this.type(openCountedLines));
  }

  async #report(): Promise<Report> {
    const heard = await this.type(reportLines);
    const read = heard.findLast(succeeded("NV_Read"))?.event;
    const clock = heard.findLast(succeeded("ReadClock"))?.event;
    if (read === undefined || clock === undefined) throw new Unproven("not-counted");
    const counter = countIn(unmarshalResponse("NV_Read", read.response).parameters.data);
    const { clockInfo } = unmarshalResponse("ReadClock", clock.response).parameters.currentTime;
    return { counter, clock: clockInfo.clock, safe: clockInfo.safe === YES, resetCount: clockInfo.resetCount };
  }
}

const succeeded = (wanted: string) => (heard: Heard) => heard.succeeded && heard.name === wanted;

const isOfEndorsement = ({ event: { command, response } }: Heard) =>
  readHead(command, response).handles[0] === TPM_RH.TPM_RH_ENDORSEMENT;

/** The Name of the key that was made, in hex. */
const nameOf = (response: Uint8Array) => toHex(unmarshalResponse("CreatePrimary", response).parameters.name);
