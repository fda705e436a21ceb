/**
 * A stream of commands for one TPM, by the grammar of the differential tests, with octets changed at random now and then, stores
 * that fail, cancels, power that goes and states that are resumed elsewhere. After each step what must hold is looked at. The same
 * seed gives the same stream.
 */

import { commandWithCode } from "../../../src/spec/commands.ts";
import { TPM_NT } from "../../../src/spec/constants.ts";
import { TPM_HT } from "../../../src/spec/handles.ts";
import { layout, placeLayout } from "../../../src/spec/layout/place.ts";
import { limitsOf } from "../../../src/spec/limits.ts";
import { decodeResponse } from "../../../src/trace/index.ts";
import { sealedBlob } from "../blobs.ts";
import { Grammar } from "../differential/grammar.ts";
import { Model } from "../differential/model.ts";
import { Random } from "../differential/random.ts";
import { Side } from "../differential/side.ts";
import type { CommandStep } from "../differential/step.ts";
import { command, hex, type Response, TestTpm, u32 } from "../harness.ts";
import { CC, rc } from "../names.ts";
import { isUseOnRecord } from "../readings.ts";

const TPM_RC_CANCELED = rc("TPM_RC_CANCELED");
const TPM_RC_NV_UNAVAILABLE = rc("TPM_RC_NV_UNAVAILABLE");
/** TPM_RC_AUTH_FAIL and TPM_RC_BAD_AUTH without the number of the session: what failed is counted. */
const COUNTED = [0x88e, 0x8a2];
/** More than any command takes: the largest keys are generated in some thousand. */
const MOST_SLICES = 200_000;
/** Milliseconds that a slice may take: a clock that jumps as far at each look ends it at once. */
const SLICE = 20;
const placed = placeLayout(layout, limitsOf("full")).tables.flatMap(({ rows }) => rows);
const placeOf = (name: string) => placed.find((row) => row.name === name)!;
/** Where the image begins in a volatile state, after the time and what it goes with, and the size of what follows it. */
const VOLATILE_IMAGE = placeOf("AT_IMAGE").offset;
const VOLATILE_INTEGRITY = 64;
/** What a resume renews, so that nothing is used twice. */
const RENEWED = ["OBJECT_CONTEXT_ID", "COMMIT_ARRAY", "COMMIT_NONCE", "DA_PENDING"];
/** An orderly counter jumps to the largest value that it can have had: its last octet. */
const JUMPED = 0xff;
const LARGEST_RESPONSE = 4096;
const NV_INDEX_HANDLE = TPM_HT.TPM_HT_NV_INDEX;
const PINS: readonly number[] = [TPM_NT.TPM_NT_PIN_FAIL, TPM_NT.TPM_NT_PIN_PASS];

/** Whether `after`, of a TPM that has resumed from `before`, has the same image but for what a resume changes. */
function goesOn(before: Uint8Array, after: Uint8Array): boolean {
  const [old, now] = [before, after].map((blob) => blob.slice(VOLATILE_IMAGE, -VOLATILE_INTEGRITY)) as [
    Uint8Array,
    Uint8Array,
  ];
  const within = (name: string) => {
    const { offset, size } = placeOf(name);
    const start = offset - placeOf("LIVE").offset;
    return [start, start + size] as const;
  };
  for (const name of RENEWED) for (const image of [old, now]) image.fill(0, ...within(name));
  const [orderly, orderlyEnd] = within("ORDERLY_RUN");
  for (let at = orderly; at < orderlyEnd; at++) if (now[at] === JUMPED) old[at] = JUMPED;
  return hex(old) === hex(now);
}

export interface Counts {
  commands: number;
  succeeded: number;
  storesFailed: number;
  powerCycles: number;
  cancelled: number;
  resumed: number;
}

/** Something that must hold did not. */
export class FuzzProblem extends Error {
  override name = "FuzzProblem";
}

export class Stream {
  readonly counts: Counts = { commands: 0, succeeded: 0, storesFailed: 0, powerCycles: 0, cancelled: 0, resumed: 0 };
  /** Names of commands that succeeded. */
  readonly succeeded = new Set<string>();
  readonly #random: Random;
  readonly #model = new Model();
  readonly #grammar: Grammar;
  readonly #side: Side;
  #tpm: TestTpm;
  #memory: ArrayBufferLike;

  /** @param seed the profile comes of it, too. */
  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#grammar = new Grammar(this.#random, this.#model);
    this.#tpm = new TestTpm({ profile: seed & 1, seed: `fuzz ${seed}` });
    this.#memory = this.#tpm.core.memory.buffer;
    const unused = () => {
      throw new Error("the stream runs its commands by itself");
    };
    this.#side = new Side({ run: unused, init: unused, hash: unused }, this.#model);
  }

  /** One step. @throws FuzzProblem, or what the core threw when it trapped. */
  next(): void {
    const step = this.#grammar.next();
    this.#tpm.now += this.#random.below(50);
    if (this.#random.below(400) === 0) this.#checkBlob();
    if (this.#random.below(100) === 0) this.#resume();
    switch (step.kind) {
      case "command":
        this.#command(step);
        return;
      case "hash":
        this.#tpm.hashSequence(step.data);
        break;
      case "init":
        this.#goOnWith(this.#tpm.powerCycle());
        this.#side.forgetSessions();
        this.counts.powerCycles++;
        break;
    }
    this.#model.learn(step, null, new Uint8Array(0));
  }

  #command(step: CommandStep): void {
    const r = this.#random;
    const rendered = this.#side.render(step);
    const isChanged = r.chance(20);
    const bytes = isChanged ? this.#changed(rendered.bytes) : rendered.bytes;
    const storeFails = r.chance(10);
    const response = this.#run(bytes, step.locality, storeFails);
    if (response.rc !== 0 || isChanged) {
      if (!isChanged) this.#model.learn(step, response, rendered.parameters);
      return;
    }
    this.#model.learn(step, response, rendered.parameters);
    const responseHandles = commandWithCode(step.code)?.responseHandles.length ?? 0;
    const { clear, problem } = this.#side.accept(step, rendered, response, responseHandles);
    this.#must(problem === null || step.mutation !== undefined, problem ?? "", bytes, response);
    if (step.name === "PolicyGetDigest" && !step.mutation)
      this.#model.learnDigest(step.handles[0] ?? 0, clear.parameters.slice(2));
  }

  /** Up to three octets are others, or there are more or less of them; the size is right or not. */
  #changed(bytes: Uint8Array): Uint8Array {
    const r = this.#random;
    if (r.chance(3)) return r.bytes(r.below(300));
    let out: Uint8Array = bytes.slice();
    for (let i = r.below(4); i > 0; i--)
      out[r.below(out.length)] = r.chance(50) ? r.below(256) : r.of([0, 1, 0x7f, 0x80, 0xff]);
    if (r.chance(15)) out = out.slice(0, r.below(out.length + 1));
    else if (r.chance(10)) out = Uint8Array.from([...out, ...r.bytes(1 + r.below(2000))]);
    if (r.chance(85) && out.length >= 6) out.set(u32(out.length), 2);
    return out;
  }

  #run(bytes: Uint8Array, locality: number, storeFails: boolean): Response {
    const tpm = this.#tpm;
    const before = tpm.stateHash();
    const wasInUse = isUseOnRecord(tpm);
    tpm.storeFails = storeFails;
    // Most slices that a command is left alone with before it is cancelled.
    const patience = this.#random.chance(20) ? this.#random.of([0, 3, 20]) : MOST_SLICES;
    const cancelAt = patience === MOST_SLICES ? MOST_SLICES : this.#random.below(patience + 1);
    if (patience < MOST_SLICES) tpm.tick = SLICE;
    const response = tpm.run(bytes, locality, (slice) => {
      if (slice > cancelAt) tpm.core.cancel();
      if (slice > MOST_SLICES) throw new FuzzProblem(`does not end\n  command ${hex(bytes)}`);
    });
    tpm.storeFails = false;
    tpm.tick = 0;
    this.counts.commands++;
    const must = (holds: boolean, what: string) => this.#must(holds, what, bytes, response);
    must(
      response.size === response.bytes.length && response.size <= LARGEST_RESPONSE,
      "the size of the response is wrong",
    );
    must(tpm.core.memory.buffer === this.#memory, "the memory has grown");
    must(tpm.core.failureMode() === 0, "failure mode");
    if (response.rc === 0) {
      this.#succeed(bytes, response);
    } else {
      must(response.size === 10, "a failure says more than its code");
      must(response.rc !== TPM_RC_NV_UNAVAILABLE || storeFails, "TPM_RC_NV_UNAVAILABLE with a store that works");
      // The first use of a protected authValue goes on record, whatever becomes of its command.
      const isFirstUse = !wasInUse && isUseOnRecord(tpm);
      const isCounted = isFirstUse || COUNTED.includes(response.rc & 0x8bf);
      const isSame = tpm.stateHash() === before;
      must(isSame || isCounted || this.#usesPin(bytes), "a command that failed has changed the state");
      must(response.rc !== TPM_RC_CANCELED || patience < MOST_SLICES, "nobody has cancelled it");
      if (response.rc === TPM_RC_CANCELED) this.counts.cancelled++;
      if (response.rc === TPM_RC_NV_UNAVAILABLE) this.counts.storesFailed++;
    }
    return response;
  }

  /** A PIN index stands in the place of what authorises: that use is counted, whatever becomes of the command. */
  #usesPin(bytes: Uint8Array): boolean {
    if (bytes.length < 14 || bytes[10] !== NV_INDEX_HANDLE) return false;
    const handle = new DataView(bytes.buffer, bytes.byteOffset).getUint32(10);
    const { rc, view } = this.#tpm.run(command(CC.NV_ReadPublic, [handle]));
    return rc === 0 && PINS.includes((view.getUint32(18) >>> 4) & 0xf);
  }

  #succeed(bytes: Uint8Array, response: Response): void {
    this.counts.succeeded++;
    const command = commandWithCode(new DataView(bytes.buffer, bytes.byteOffset).getUint32(6));
    this.#must(command !== undefined, "no such command, and it succeeded", bytes, response);
    this.succeeded.add(command?.name ?? "");
    const { problem } = decodeResponse(response.bytes, command?.code);
    this.#must(problem === undefined, `the response is not well formed: ${problem}`, bytes, response);
  }

  /** The stream goes on with a TPM that resumed from this one's state, after it was offered a damaged one. */
  #resume(): void {
    const at = this.#tpm.core.stateBuffer();
    const saveVolatile = ({ core }: TestTpm) => {
      const length = core.saveVolatile();
      return new Uint8Array(core.memory.buffer).slice(at, at + length);
    };
    const volatile = saveVolatile(this.#tpm);
    const size = volatile.length;
    const permanent = this.#tpm.save();
    const other = new TestTpm({ blob: permanent, seed: `resumed ${this.counts.resumed}`, now: this.#tpm.now + 1000 });
    const offer = (blob: Uint8Array) => {
      new Uint8Array(other.core.memory.buffer).set(blob, at);
      return other.core.loadVolatile(blob.length);
    };
    const untouched = other.stateHash();
    const r = this.#random;
    const damaged = r.chance(50) ? volatile.slice(0, r.below(size)) : volatile.slice();
    if (damaged.length === size) {
      const where = r.below(size);
      damaged[where] = (damaged[where] ?? 0) ^ (1 + r.below(255));
    }
    if (offer(damaged) === 0) throw new FuzzProblem("a damaged volatile state was taken");
    if (other.stateHash() !== untouched) throw new FuzzProblem("a damaged volatile state has changed the TPM");
    const status = offer(volatile);
    if (status !== 0) throw new FuzzProblem(`its own volatile state is refused: ${status}`);
    const isSame = hex(other.save()) === hex(permanent) && goesOn(volatile, saveVolatile(other));
    if (!isSame) throw new FuzzProblem("the resumed TPM is not as the one that was saved");
    this.#goOnWith(other);
    this.counts.resumed++;
  }

  /** Of the one before nothing is left in its memory. */
  #goOnWith(tpm: TestTpm): void {
    this.#tpm.core.wipe();
    if (!Buffer.from(this.#memory).equals(Buffer.alloc(this.#memory.byteLength)))
      throw new FuzzProblem("wiped memory is not zero");
    this.#tpm = tpm;
    this.#memory = tpm.core.memory.buffer;
  }

  /** What was stored last, taken by another TPM, is given out again as it was. */
  #checkBlob(): void {
    const { stored } = this.#tpm;
    if (!stored) return;
    const other = new TestTpm();
    const status = other.load(stored);
    if (status !== 0) throw new FuzzProblem(`its own blob is refused: ${status}`);
    if (hex(other.save()) !== hex(stored)) throw new FuzzProblem("a loaded blob is saved as another one");
    if (hex(sealedBlob(stored)) !== hex(stored)) throw new FuzzProblem("its own blob has another integrity value");
  }

  #must(holds: boolean, what: string, command: Uint8Array, response: Response): void {
    if (!holds) throw new FuzzProblem(`${what}\n  command ${hex(command)}\n  response ${hex(response.bytes)}`);
  }
}
