import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TPM_RC_NV_UNAVAILABLE } from "../spec/header.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { StoreError } from "../store/store.ts";
import { AtOnceEngine } from "./atOnceTpm.ts";
import { turn } from "./testkit/bench.ts";
import { command, decode, fakeBlob, fakeCore, OP } from "./testkit/fakeCore.ts";

/** A memory that refuses commits; both ways of committing ask the same plan. */
class RefusingStore extends MemoryStore {
  readonly #refuses: (commit: number) => boolean;
  #commits = 0;

  constructor(medium: MemoryMedium, refuses: (commit: number) => boolean) {
    super(medium);
    this.#refuses = refuses;
  }

  override commitSync(blob: Uint8Array): void {
    if (this.#refuses(++this.#commits)) throw new StoreError("Injected: the disk is full.", { code: "full" });
    super.commitSync(blob);
  }
}

interface Story {
  /** What is done: a reset, or a command with its argument. */
  steps: ("reset" | [op: number, argument: number])[];
  /** Which commits are refused; the first one makes the TPM. */
  refused: Set<number>;
  initChangesState: boolean;
}

/** Responses and stored blobs of a story, each after its step. */
async function tell({ steps, refused, initChangesState }: Story, isSync: boolean, atOnce = false): Promise<unknown[]> {
  const medium = new MemoryMedium();
  const store = new RefusingStore(medium, (commit) => refused.has(commit));
  const errors: string[] = [];
  const tpm = new AtOnceEngine({ newCore: async () => fakeCore({ initChangesState }), store });
  tpm.on("storeError", ({ code }) => errors.push(code));
  await tpm.powerOn();
  const told: unknown[] = [];
  for (const step of steps) {
    if (step === "reset") await tpm.powerOn();
    else {
      const bytes = command(...step);
      const response = atOnce ? tpm.executeAtOnce(bytes) : isSync ? tpm.executeSync(bytes) : tpm.execute(bytes);
      told.push(decode(await response));
    }
    told.push(medium.blob && [...medium.blob], errors.length, tpm.state().failureMode);
    // After a trap, the instance that stands in is there a little later.
    await turn();
  }
  await tpm.close();
  return told;
}

const step = fc.oneof(
  { weight: 1, arbitrary: fc.constant("reset" as const) },
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constantFrom(OP.read, OP.increment, OP.increment, OP.slow, OP.setRegister, OP.trap, OP.trapInSave),
      fc.integer({ min: 1, max: 4 }),
    ),
  },
);
const story: fc.Arbitrary<Story> = fc.record({
  steps: fc.array(step, { maxLength: 12 }),
  refused: fc.array(fc.integer({ min: 2, max: 14 }), { maxLength: 8 }).map((commits) => new Set(commits)),
  initChangesState: fc.boolean(),
});

describe("the commit rule", () => {
  it("is the same for stores that answer at once and for those that don't, and without the way through the queue", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (one) => {
        const told = await tell(one, false);
        expect(await tell(one, true)).toEqual(told);
        expect(await tell(one, false, true)).toEqual(told);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["at once", true],
    ["later", false],
  ])("a store that answers %s and refuses: TPM_RC_NV_UNAVAILABLE, and the change is taken back", async (_, isSync) => {
    const steps: Story["steps"] = [
      [OP.increment, 0],
      [OP.increment, 0],
      [OP.slow, 2],
      [OP.read, 0],
      [OP.increment, 0],
    ];
    const told = await tell({ steps, refused: new Set([3, 4]), initChangesState: false }, isSync);
    expect(told.filter((_, i) => i % 4 === 0)).toMatchObject([
      { responseCode: 0, counter: 1 },
      { responseCode: TPM_RC_NV_UNAVAILABLE },
      { responseCode: TPM_RC_NV_UNAVAILABLE },
      { responseCode: 0, counter: 1 },
      { responseCode: 0, counter: 2 },
    ]);
    const stored = (counter: number) => [...fakeBlob(counter)];
    expect(told.filter((_, i) => i % 4 === 1)).toEqual([1, 1, 1, 1, 2].map(stored));
  });

  it.each([
    ["at once", true],
    ["later", false],
  ])("a store that answers %s has what _TPM_Init changed before a command begins", async (_, isSync) => {
    const steps: Story["steps"] = [
      [OP.setRegister, 7],
      [OP.read, 0],
    ];
    const told = await tell({ steps, refused: new Set([2, 3]), initChangesState: true }, isSync);
    expect(told).toEqual([
      // Refused: the register has not its new value either.
      { responseCode: TPM_RC_NV_UNAVAILABLE, counter: -1, register: -1, locality: -1 },
      ...[[...fakeBlob(0)], 2, false],
      { responseCode: 0, counter: 0, register: 0, locality: 0 },
      ...[[...fakeBlob(0, { inits: 1 })], 2, false],
    ]);
  });

  it("tells the core what became of its change, and asks for the state only when it changed", async () => {
    const calls: string[] = [];
    const store = new RefusingStore(new MemoryMedium(), (commit) => commit === 3);
    const tpm = new AtOnceEngine({ newCore: async () => fakeCore({ onCall: (name) => calls.push(name) }), store });
    await tpm.powerOn();
    calls.length = 0;
    for (const op of [OP.increment, OP.increment, OP.read]) tpm.executeSync(command(op));
    expect(calls).toEqual([
      ...["execute", "saveState", "committed"],
      ...["execute", "saveState", "commitFailed"],
      "execute",
    ]);
    await tpm.close();
  });
});
