import { createHash, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeLockOrigin } from "../store/testkit/fakeLocks.ts";
import { TabChannel } from "./channel.ts";
import { type MigrationPlace, reasonsAgainst } from "./compat.ts";
import { digestOf } from "./digest.ts";
import { CHUNK_SIZE, type MigrationHead, newMigrationId, readFromSource, readFromTarget } from "./messages.ts";
import { MigrationSource, type SourceMachine, type SourceProgress } from "./runSource.ts";
import { MigrationTarget, type TargetMachine, type TargetProgress } from "./runTarget.ts";

const digest = "ab".repeat(32);
const head: MigrationHead = {
  protocol: 1,
  version: "1.2.3",
  layout: "1",
  v86: "0.5",
  tpm: "default",
  name: "My TPM",
  profile: "full",
  registers: "tis",
  memory: 128 << 20,
  images: { bios: digest },
};
const place: MigrationPlace = {
  ...{ protocol: 1, version: "1.2.3", layout: "1", v86: "0.5", images: { bios: digest } },
  ...{ profiles: ["full", "libtpms-0.9"], registers: ["tis", "crb"], memory: 1 << 30, busy: null },
};

/** Two tabs, which the browser's own BroadcastChannel and locks would join: each message comes in a turn of its own. */
class Tabs {
  readonly locks = new FakeLockOrigin();
  readonly #listeners = new Map<number, (event: MessageEvent) => void>();
  readonly sent: { type: string }[] = [];
  #count = 0;
  #last: Promise<void> = Promise.resolve();
  /** Sees each message before it comes; false: it is lost. */
  passes: (message: { type: string }) => boolean = () => true;

  tab(): TabChannel {
    const own = this.#count++;
    return new TabChannel({
      name: "migration",
      locks: this.locks.client(`tab ${own}`) as unknown as Pick<LockManager, "request">,
      openChannel: () => ({
        postMessage: (message: { type: string }) => {
          this.sent.push(message);
          this.#last = this.#last.then(() => {
            if (!this.passes(message)) return;
            for (const [tab, listener] of this.#listeners) {
              if (tab !== own) listener({ data: structuredClone(message) } as MessageEvent);
            }
          });
        },
        close: () => void this.#listeners.delete(own),
        addEventListener: (_: string, listener: unknown) => void this.#listeners.set(own, listener as never),
      }),
    });
  }
}

class Bench {
  readonly tabs = new Tabs();
  readonly log: string[] = [];
  readonly bytes = randomBytes(CHUNK_SIZE * 9 + 17);
  kept: Blob | null = null;
  givenUpTo: string | null = null;
  source!: MigrationSource;
  sourceProgress: SourceProgress[] = [];
  targetProgress: TargetProgress[] = [];
  readonly target: MigrationTarget;
  readonly #wanted: { holds: () => boolean; resolve: () => void }[] = [];

  constructor(source: Partial<SourceMachine> = {}, target: Partial<TargetMachine> = {}) {
    const note = (what: string) => void this.log.push(what);
    const store = { isGivenUp: async (migration: string) => this.givenUpTo === migration };
    const claim = (migration: string) => {
      if (this.givenUpTo !== migration) return false;
      this.givenUpTo = null;
      return true;
    };
    this.target = new MigrationTarget({
      channel: this.tabs.tab(),
      onChange: (progress) => this.#changed(this.targetProgress, progress),
      machine: {
        ...store,
        judge: (head) => reasonsAgainst(head, place),
        keep: async (_, machine) => {
          note("keep");
          this.kept = machine;
        },
        takeOver: async (migration) => {
          note("take over");
          return claim(migration);
        },
        forget: async () => {
          note("forget");
          this.kept = null;
        },
        ...target,
      },
    });
    this.#source = {
      ...store,
      save: async () => {
        note("save");
        return new Blob([this.bytes]);
      },
      release: () => note("release"),
      giveUp: async (migration) => {
        note("give up");
        this.givenUpTo = migration;
      },
      takeBack: async (migration) => {
        note("take back");
        return claim(migration);
      },
      leave: () => note("leave"),
      ...source,
    };
  }
  readonly #source: SourceMachine;

  async offer(changes: Partial<MigrationHead> = {}): Promise<void> {
    this.source = await MigrationSource.offer({
      migration: newMigrationId(),
      head: { ...head, ...changes },
      machine: this.#source,
      channel: this.tabs.tab(),
      onChange: (progress) => this.#changed(this.sourceProgress, progress),
    });
  }

  until(source: SourceProgress["phase"] | null, target: TargetProgress["phase"] | null): Promise<void> {
    const holds = () =>
      (source === null || this.source?.state.phase === source) &&
      (target === null || this.target.state?.phase === target);
    return this.when(holds);
  }

  async over(): Promise<void> {
    await Promise.all([this.source.over, this.target.over]);
  }

  when(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#wanted.push({ holds, resolve }));
  }

  #changed<Progress>(list: Progress[], progress: Progress): void {
    list.push(progress);
    // What it is asked for is what it is when the change is over.
    queueMicrotask(() => {
      for (const wanted of this.#wanted) if (wanted.holds()) wanted.resolve();
    });
  }
}

describe("a machine between two tabs", () => {
  test("moves whole, with progress on both sides, and what each did is in the order that keeps it from running twice", async () => {
    let arrived = new Uint8Array();
    const bench = new Bench(
      {},
      {
        keep: async (_, machine) => {
          arrived = new Uint8Array(await machine.arrayBuffer());
          bench.log.push("keep");
        },
      },
    );
    await bench.offer();
    await bench.until("moved", "started");
    await bench.over();
    expect(arrived).toEqual(new Uint8Array(bench.bytes));
    expect(bench.log.slice(0, 4)).toEqual(["save", "keep", "give up", "take over"]);
    expect(new Set(bench.log.slice(4))).toEqual(new Set(["forget", "leave"]));
    const done = bench.sourceProgress.map((progress) => progress.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(bench.bytes.length);
    expect(new Set(done).size).toBeGreaterThan(5);
    expect(bench.targetProgress.at(-1)?.done).toBe(bench.bytes.length);
  });

  test("has no more chunks under way than the target takes", async () => {
    const bench = new Bench();
    let under = 0;
    let most = 0;
    bench.tabs.passes = ({ type }) => {
      if (type === "got") under--;
      return true;
    };
    const { sent } = bench.tabs;
    const push = sent.push.bind(sent);
    sent.push = (...messages) => {
      for (const { type } of messages) if (type === "chunk") most = Math.max(most, ++under);
      return push(...messages);
    };
    await bench.offer();
    await bench.until("moved", "started");
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  test.each([
    ["version", { version: "1.2.4" }],
    ["layout", { layout: "2" }],
    ["v86", { v86: "0.6" }],
    ["profile", { profile: "another" }],
    ["registers", { registers: "i2c" }],
    ["memory", { memory: 2 ** 31 }],
    ["images", { images: { bios: "cd".repeat(32) } }],
    ["protocol", { protocol: 2 }],
  ] as const)("is refused for its %s, with what each has, and has not stopped for it", async (code, changes) => {
    const bench = new Bench();
    await bench.offer(changes);
    await bench.until("released", "ended");
    expect(bench.log.filter((what) => what !== "forget")).toEqual([]);
    const { trouble } = bench.source.state;
    expect(trouble).toMatchObject({ kind: "refused", reasons: [{ code }] });
    expect(bench.target.state?.trouble).toEqual(trouble);
  });

  test("goes on where either side changes its mind", async () => {
    for (const side of ["source", "target"] as const) {
      const bench = new Bench();
      bench.tabs.passes = ({ type }) => {
        if (type === "got") bench[side].stop();
        return true;
      };
      await bench.offer();
      await bench.until("released", "ended");
      await bench.over();
      expect(bench.log).toEqual(expect.arrayContaining(["save", "release", "forget"]));
      expect(bench.log).not.toContain("give up");
      expect(bench.source.state.trouble).toMatchObject({ kind: "cancelled", by: side });
      expect(bench.kept).toBe(null);
    }
  });

  test("is not begun for a target that stops while it looks, or can't", async () => {
    let stops = () => {};
    const bench = new Bench(
      {},
      {
        judge: async () => {
          stops();
          return [];
        },
      },
    );
    stops = () => bench.target.stop();
    await bench.offer();
    await bench.until("released", null);
    await bench.over();
    expect(bench.source.state.trouble).toMatchObject({ kind: "cancelled", by: "target" });
    const fails = new Bench(
      {},
      {
        judge: async () => {
          throw new Error("The images can't be read.");
        },
      },
    );
    await fails.offer();
    await fails.until("released", "ended");
    await fails.over();
    expect(fails.source.state.trouble).toMatchObject({ why: "The images can't be read." });
    expect([bench.log, fails.log]).toEqual([[], []]);
  });

  test("goes on where it can't be saved, is damaged on the way, or can't be kept", async () => {
    const fails = async () => {
      throw new Error("There is no room.");
    };
    for (const bench of [new Bench({ save: fails }), new Bench({}, { keep: fails })]) {
      await bench.offer();
      await bench.until("released", "ended");
      expect(bench.source.state.trouble).toMatchObject({ why: "There is no room." });
      expect(bench.log).not.toContain("give up");
    }
    const damaged = new Bench();
    damaged.tabs.passes = (message) => {
      const { bytes } = message as unknown as { bytes?: Uint8Array };
      if (bytes) bytes[3]! ^= 1;
      return true;
    };
    await damaged.offer();
    await damaged.until("released", "ended");
    expect(damaged.log).not.toContain("give up");
    const lost = new Bench();
    let chunks = 0;
    lost.tabs.passes = ({ type }) => type !== "chunk" || ++chunks !== 2;
    await lost.offer();
    await lost.until("released", "ended");
    expect(lost.target.state?.trouble).toMatchObject({ kind: "failed", at: "transfer" });
  });

  test("that was given up and could not start there is taken back by a person, and the target lets go of it", async () => {
    const bench = new Bench(
      {},
      {
        takeOver: async () => {
          throw new Error("It does not start.");
        },
      },
    );
    await bench.offer();
    await bench.until("givenUp", "stranded");
    await bench.when(() => bench.source.state.trouble !== null);
    expect(bench.source.state.trouble).toMatchObject({ kind: "failed", at: "start", why: "It does not start." });
    expect(bench.kept).not.toBe(null);
    bench.source.takeBack();
    await bench.until("takenBack", "ended");
    await bench.over();
    expect(bench.kept).toBe(null);
    expect(bench.log.slice(-2)).toEqual(["take back", "forget"]);
  });

  test("counts as given up where nobody knows whether the mark is there", async () => {
    const bench = new Bench({
      giveUp: async (migration) => {
        bench.givenUpTo = migration;
        throw new Error("The worker died.");
      },
    });
    await bench.offer();
    await bench.until("moved", "started");
    const known = new Bench({
      giveUp: async () => {
        throw new Error("The disk is full.");
      },
    });
    await known.offer();
    await known.until("released", "ended");
    expect(known.source.state.trouble).toMatchObject({ kind: "failed", at: "giveUp" });
  });
});

describe("messages from elsewhere", () => {
  const anything = fc.anything({ withNullPrototype: true, withTypedArray: true });
  const almost = fc.record(
    {
      type: fc.constantFrom(
        "offer",
        "chunk",
        "end",
        "givenUp",
        "cancel",
        "accept",
        "refuse",
        "got",
        "kept",
        "started",
        "failed",
      ),
      migration: fc.oneof(fc.constant("00112233445566778899aabbccddeeff"), anything),
      head: fc.oneof(
        anything,
        fc.record({ protocol: fc.constantFrom(1, 2), images: anything }, { requiredKeys: ["protocol"] }),
      ),
      index: anything,
      bytes: fc.oneof(fc.uint8Array(), anything),
      chunks: fc.oneof(fc.integer(), anything),
      digest: fc.oneof(fc.constant(digest), anything),
      window: fc.oneof(fc.integer(), anything),
      reasons: fc.oneof(fc.array(anything), anything),
      why: anything,
    },
    { requiredKeys: ["type", "migration"] },
  );

  test("are read or are none, whatever they are", () => {
    fc.assert(
      fc.property(fc.oneof(anything, almost), (value) => {
        for (const message of [readFromSource(value), readFromTarget(value)]) {
          if (message !== null) expect(message.migration).toMatch(/^[0-9a-f]{32}$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("are read as they were sent", () => {
    const migration = newMigrationId();
    const fromSource = [
      { type: "offer", migration, head },
      { type: "chunk", migration, index: 3, bytes: Uint8Array.of(1) },
      { type: "end", migration, chunks: 4, digest },
      { type: "givenUp", migration },
      { type: "cancel", migration, why: "No." },
    ];
    const fromTarget = [
      { type: "accept", migration, window: 8 },
      { type: "refuse", migration, reasons: [{ code: "version", source: "1", target: "2" }] },
      { type: "got", migration, chunks: 3 },
      { type: "kept", migration, digest },
      { type: "started", migration },
      { type: "failed", migration, why: "No." },
    ];
    for (const message of fromSource) expect(readFromSource(structuredClone(message))).toEqual(message);
    for (const message of fromTarget) expect(readFromTarget(structuredClone(message))).toEqual(message);
  });
});

test("a machine's digest is SHA-256 of all its octets", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), fc.nat({ max: 2 }), async (bytes, times) => {
      const whole = Buffer.concat([...Array(times).fill(Buffer.alloc(CHUNK_SIZE, 7)), bytes]);
      expect(await digestOf(new Blob([whole]))).toBe(createHash("sha256").update(whole).digest("hex"));
    }),
    { numRuns: 20 },
  );
});
