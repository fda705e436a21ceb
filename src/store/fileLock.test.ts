import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { abandonFileLock, FileLock, type FileLockOptions } from "./fileLock.ts";
import { ownIdentity, type ProcessIdentity } from "./processIdentity.ts";
import { StoreError, StoreLockedError } from "./store.ts";
import { Disk, type DiskProcess, type Fault, type SystemCall } from "./testkit/disk.ts";

const DIR = "/tpm";
const NOW = 1_000_000_000;
const identityOf = (pid: number): ProcessIdentity => ({
  pid,
  threadId: 0,
  startTime: String(pid),
  host: "here",
  bootId: "boot",
  pidNamespace: null,
});

/** Processes with pids from 1; those that are not said to be dead live. */
class World {
  readonly disk = new Disk(DIR);
  readonly dead = new Set<number>();
  waited = 0;

  constructor() {
    this.disk.now = NOW;
  }

  acquire(pid: number, fs: DiskProcess, options: FileLockOptions = {}): Promise<FileLock> {
    return FileLock.acquire(DIR, {
      fs,
      identity: identityOf(pid),
      liveness: (other) => (other.host !== "here" ? "unknown" : this.dead.has(other.pid) ? "dead" : "alive"),
      now: () => NOW,
      wait: async (ms) => {
        this.waited += ms;
      },
      ...options,
    });
  }

  writeRecord(number: number, record: object): void {
    this.disk.write(`${DIR}/tpm2.lock.${number}`, new TextEncoder().encode(JSON.stringify(record)));
  }
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error("expected a rejection");
    },
    (error: unknown) => error as StoreLockedError,
  );
const failing = (at: number, fault: Fault) => ({
  fault: ({ index }: SystemCall) => (index === at ? fault : undefined),
});

describe("a file lock", () => {
  it("has one holder, whom it names, until it is released or dead", async () => {
    const world = new World();
    const lock = await world.acquire(1, world.disk.process());
    expect(await lock.isHeld()).toBe(true);
    expect((await rejection(world.acquire(1, world.disk.process()))).message).toContain("this process (pid 1)");
    const error = await rejection(world.acquire(2, world.disk.process(), { takeOver: true }));
    expect([error.constructor, error.holder]).toEqual([StoreLockedError, "process 1"]);
    expect(error.message).toContain(DIR);
    await lock.release();
    const second = await world.acquire(2, world.disk.process());
    expect([await lock.isHeld(), await second.isHeld()]).toEqual([false, true]);
    // Whoever was superseded gives nothing back.
    await lock.release();
    expect(await second.isHeld()).toBe(true);
    world.dead.add(2);
    await world.acquire(3, world.disk.process());
    expect(await second.isHeld()).toBe(false);
    expect(world.disk.list(DIR)).toEqual(["tpm2.lock.3"]);
    expect(world.disk.mode(`${DIR}/tpm2.lock.3`)).toBe(0o600);
  });

  it("of a holder that can't be examined is taken over on request only", async () => {
    const world = new World();
    world.writeRecord(4, { ...identityOf(9), host: "there", released: false });
    const error = await rejection(world.acquire(1, world.disk.process()));
    expect([error.holder, error.message]).toEqual(["process 9 on host there", expect.stringContaining("takeOver")]);
    expect(await (await world.acquire(1, world.disk.process(), { takeOver: true })).isHeld()).toBe(true);
  });

  it("removes what it supersedes, and old temporary files; a young one is about to be linked by its claimant", async () => {
    const world = new World();
    const names = { old: "tpm2.lock.00000000000000aa.tmp", young: "tpm2.lock.00000000000000bb.tmp" };
    world.disk.write(`${DIR}/${names.old}`, new Uint8Array(1), NOW - 60_001);
    world.disk.write(`${DIR}/${names.young}`, new Uint8Array(1), NOW - 60_000);
    world.disk.write(`${DIR}/tpm2.lock.bb.tmp.kept`, new Uint8Array(1), 0);
    world.dead.add(1);
    await world.acquire(1, world.disk.process());
    await world.acquire(2, world.disk.process());
    expect(world.disk.list(DIR)).toEqual([names.young, "tpm2.lock.2", "tpm2.lock.bb.tmp.kept"]);
  });

  it("that a power cut left torn is taken over, after a while", async () => {
    for (const content of ["", "{", "null", "[]", '{"pid":1.5}', '{"pid":1,"threadId":0,"host":7}']) {
      const world = new World();
      world.disk.write(`${DIR}/tpm2.lock.4`, new TextEncoder().encode(content));
      await world.acquire(1, world.disk.process());
      expect([content, world.waited]).toEqual([content, 300]);
      expect(world.disk.list(DIR)).toEqual(["tpm2.lock.5"]);
    }
  });

  it("whose holder is about to write its record is waited for", async () => {
    const world = new World();
    world.disk.write(`${DIR}/tpm2.lock.1`, new Uint8Array(0));
    let waits = 0;
    const wait = async () => {
      if (++waits === 3) world.writeRecord(1, { ...identityOf(9), released: false });
    };
    expect((await rejection(world.acquire(1, world.disk.process(), { wait }))).holder).toBe("process 9");
    expect(waits).toBe(3);
  });

  it("is given back on a full disk, too", async () => {
    const world = new World();
    let isFull = false;
    const lock = await world.acquire(
      1,
      world.disk.process({ fault: ({ name }) => (isFull && name === "write" ? "ENOSPC" : undefined) }),
    );
    isFull = true;
    await lock.release();
    expect(world.disk.list(DIR)).toEqual(["tpm2.lock.1"]);
    await world.acquire(2, world.disk.process());
  });

  it.each(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EISDIR"])(
    "works where hard links don't (%s)",
    async (code) => {
      const world = new World();
      const process = () => world.disk.process({ fault: ({ name }) => (name === "link" ? code : undefined) });
      const lock = await world.acquire(1, process());
      expect((await rejection(world.acquire(2, process()))).holder).toBe("process 1");
      await lock.release();
      await world.acquire(2, process());
      expect(world.disk.list(DIR)).toEqual(["tpm2.lock.2"]);
    },
  );

  it("is taken when NFS lost the answer to the link", async () => {
    for (const code of ["EEXIST", "EIO"]) {
      const world = new World();
      const fault = ({ name }: SystemCall): Fault => (name === "link" ? { code, after: true } : undefined);
      const lock = await world.acquire(1, world.disk.process({ fault }));
      expect([await lock.isHeld(), world.disk.list(DIR)]).toEqual([true, ["tpm2.lock.1"]]);
    }
  });

  it("follows no planted link, neither to read nor to give back", async () => {
    const world = new World();
    world.disk.write("/victim", new TextEncoder().encode("untouched"));
    world.disk.symlink("/victim", `${DIR}/tpm2.lock.1`);
    const error = await rejection(world.acquire(1, world.disk.process()));
    expect([error.constructor, error.message]).toEqual([StoreError, expect.stringContaining("is a symbolic link")]);
    const fault = ({ name }: SystemCall) => (name === "write" ? "ENOSPC" : undefined);
    const other = new World();
    const process = other.disk.process({ fault: (call) => (other.waited ? fault(call) : undefined) });
    const lock = await other.acquire(1, process);
    other.disk.write("/victim", new TextEncoder().encode("untouched"));
    other.disk.symlink("/victim", `${DIR}/tpm2.lock.1`);
    other.waited = 1;
    await rejection(lock.release());
    expect(new TextDecoder().decode(other.disk.read("/victim") as Uint8Array)).toBe("untouched");
  });

  it("is not taken after an error at any call, with or without hard links", async () => {
    for (const hasLinks of [true, false]) {
      for (let at = 0; ; at++) {
        const world = new World();
        world.dead.add(7);
        world.writeRecord(1, { ...identityOf(7), released: false });
        const fs = world.disk.process({
          fault: ({ index, name }) => (index === at ? "EIO" : name === "link" && !hasLinks ? "EPERM" : undefined),
        });
        const outcome = await world.acquire(1, fs).catch((error: unknown) => error as Error);
        if (fs.calls.length <= at) break;
        const call = fs.calls[at];
        expect([call, fs.openHandles]).toEqual([call, 0]);
        if (outcome instanceof FileLock) {
          expect([call, await outcome.isHeld()]).toEqual([call, true]);
          await outcome.release();
        }
        // This process lives on, and can try again at once.
        const again = await world.acquire(1, world.disk.process());
        expect([call, await again.isHeld()]).toEqual([call, true]);
      }
    }
  });

  it("is free after its holder was killed at any call, and given back after an error at any call", async () => {
    for (let at = 0; ; at++) {
      const world = new World();
      const fs = world.disk.process(failing(at, "kill"));
      const done = world.acquire(1, fs).then((lock) => lock.release());
      await Promise.race([done, fs.died]);
      if (fs.calls.length <= at) break;
      world.dead.add(1);
      expect(await (await world.acquire(2, world.disk.process())).isHeld()).toBe(true);
    }
    for (let at = 0; ; at++) {
      const world = new World();
      let begun = Number.POSITIVE_INFINITY;
      const fs = world.disk.process({ fault: ({ index }) => (index === begun + at ? "EIO" : undefined) });
      const lock = await world.acquire(1, fs);
      begun = fs.calls.length;
      await lock.release();
      if (fs.calls.length <= begun + at) break;
      expect(await (await world.acquire(2, world.disk.process())).isHeld()).toBe(true);
      expect(fs.openHandles).toBe(0);
    }
  });

  it("goes to one of those who race for it, in any order of their system calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 2, max: 4 }),
        fc.boolean(),
        async (scheduler, count, isNew) => {
          const world = new World();
          world.dead.add(9);
          if (!isNew) world.writeRecord(3, { ...identityOf(9), released: false });
          const claims = Array.from({ length: count }, (_, i) => {
            const fs = world.disk.process({ turn: () => scheduler.schedule(Promise.resolve(), `${i + 1}`) });
            return world.acquire(i + 1, fs);
          });
          const results = await scheduler.waitFor(Promise.allSettled(claims));
          const winners = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
          const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
          expect(winners).toHaveLength(1);
          for (const error of errors) expect(error).toBeInstanceOf(StoreLockedError);
          const held = winners[0]?.isHeld();
          expect(await scheduler.waitFor(held as Promise<boolean>)).toBe(true);
          expect(world.disk.list(DIR)).toHaveLength(1);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("is left to whoever took it while a slow claimant looked at an older one", async () => {
    const world = new World();
    world.writeRecord(1, { ...identityOf(9), released: false });
    world.dead.add(9);
    const slow = world.disk.process({
      fault: ({ name }) => {
        if (name === "link") isLate = true;
        return undefined;
      },
      turn: async () => {
        if (!isLate && slow.calls.at(-1)?.path.endsWith(".tmp") && slow.calls.at(-1)?.name === "close") {
          isLate = true;
          // Takes number 2 and gives it back, takes number 3 and tidies number 2 away: it is free again.
          await (await world.acquire(2, world.disk.process())).release();
          third = await world.acquire(3, world.disk.process());
        }
      },
    });
    let isLate = false;
    let third: FileLock | undefined;
    expect((await rejection(world.acquire(1, slow))).holder).toBe("process 3");
    expect(await third?.isHeld()).toBe(true);
    expect(slow.calls.filter(({ name, path }) => name === "link" && path.endsWith(".2"))).toHaveLength(1);
    expect(world.disk.list(DIR)).toEqual(["tpm2.lock.3"]);
  });

  it("of a worker thread that died is given back by its process, and no other", async () => {
    const world = new World();
    const fs = world.disk.process();
    const holder = { ...ownIdentity(), threadId: 77 };
    const isReleased = () =>
      JSON.parse(new TextDecoder().decode(world.disk.read(`${DIR}/tpm2.lock.1`) as Uint8Array)).released;
    await abandonFileLock(DIR, 77, fs);
    for (const changes of [{ threadId: 76 }, { pid: holder.pid + 1 }, { host: "there" }, { startTime: "another" }]) {
      world.writeRecord(1, { ...holder, ...changes, released: false });
      await abandonFileLock(DIR, 77, fs);
      expect([changes, isReleased()]).toEqual([changes, false]);
    }
    world.disk.write(`${DIR}/tpm2.lock.1`, new Uint8Array(0));
    await abandonFileLock(DIR, 77, fs);
    expect(world.disk.read(`${DIR}/tpm2.lock.1`)).toEqual(new Uint8Array(0));
    world.writeRecord(1, { ...holder, released: false });
    await abandonFileLock(DIR, 77, fs);
    expect(isReleased()).toBe(true);
    expect(world.disk.list(DIR)).toEqual(["tpm2.lock.1"]);
  });
});
