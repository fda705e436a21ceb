/** A command may hold an authorization value: who has its bytes, and that they are wiped. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../store/memory.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import type { TpmCommandEvent } from "./api.ts";
import { TpmPoweredOffError } from "./backend.ts";
import { ownCopy } from "./bytes.ts";
import { Core } from "./core.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import { RemoteTpm } from "./remote.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, run, until } from "./testkit/bench.ts";
import { command, decode, fakeCore, OP } from "./testkit/fakeCore.ts";
import { TpmEngine } from "./tpm.ts";

/** A command of the fake core with something behind it that must not stay. */
const withSecret = (op: number, argument = 0, size = 200) => {
  const bytes = new Uint8Array(size).fill(0x5e);
  bytes.set(command(op, argument));
  return bytes;
};
/** Zero, or gone to another thread. */
const isWiped = (bytes: Uint8Array) => bytes.length === 0 || bytes.every((byte) => byte === 0);

describe("a copy of one's own", () => {
  it("has memory of its own, also of a Buffer and of a part, and no more than was asked for", () => {
    const pool = Buffer.from([9, 9, 1, 2, 3, 9]);
    for (const source of [pool.subarray(2, 5), new Uint8Array(pool).subarray(2, 5)]) {
      for (const [size, expected] of [
        [undefined, [1, 2, 3]],
        [2, [1, 2]],
        [3, [1, 2, 3]],
        [4, [1, 2, 3]],
        [0, []],
      ] as const) {
        const copy = ownCopy(source, size);
        expect([[...copy], copy.buffer.byteLength]).toEqual([expected, expected.length]);
        copy.fill(7);
        expect([...source]).toEqual([1, 2, 3]);
      }
    }
  });
});

describe.each(BACKENDS)("the bytes of a command, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(async () => {
    await bench.closeAll();
    vi.restoreAllMocks();
  });

  it("stay the caller's, and are copied before the call returns: those of a Buffer too", async () => {
    const tpm = bench.start();
    await tpm.powerOn();
    for (const bytes of [withSecret(OP.setRegister, 5), Buffer.from(withSecret(OP.setRegister, 6))]) {
      const before = [...bytes];
      const answer = tpm.execute(bytes);
      const register = bytes[1];
      bytes[1] = 9;
      expect(decode(await answer).register).toBe(register);
      expect([...bytes]).toEqual(before.with(1, 9));
    }
  });

  it("that went to the core are wiped when it has answered", async () => {
    const execute = vi.spyOn(Core.prototype, "execute");
    const tpm = bench.start();
    await tpm.powerOn();
    for (const op of [OP.read, OP.increment, OP.slow, OP.trap, OP.read]) await tpm.execute(withSecret(op, 2));
    // The last one is answered by the instance that stands in after a trap.
    expect(execute.mock.calls.map(([bytes]) => isWiped(bytes))).toEqual([true, true, true, true, true]);
  });

  it("that went to the core are wiped when the power is cut", async () => {
    const tpm = bench.start();
    await tpm.powerOn();
    const original = Core.prototype.execute;
    let wasWiped: boolean | undefined;
    const execute = vi.spyOn(Core.prototype, "execute").mockImplementation(function (this: Core, bytes, locality) {
      wasWiped = isWiped(bytes);
      // As soon as its first slice is over, whatever else keeps the machine busy.
      queueMicrotask(() => void tpm.powerOff());
      return original.call(this, bytes, locality);
    });
    expect(await errorOf(tpm.execute(withSecret(OP.slow, 255)))).toBeInstanceOf(TpmPoweredOffError);
    expect(wasWiped).toBe(false);
    await until(() => isWiped(execute.mock.calls[0]![0]));
  });

  it("are given to those who listen, in copies that stay", async () => {
    const tpm = bench.start();
    await tpm.powerOn();
    const heard: TpmCommandEvent[] = [];
    tpm.on("command", (event) => heard.push(event));
    const bytes = withSecret(OP.setRegister, 5);
    const response = await tpm.execute(bytes);
    await run(tpm, OP.read);
    expect(heard[0]).toMatchObject({ command: bytes, response });
    response.fill(0);
    expect(decode(heard[0]!.response)).toMatchObject({ responseCode: 0, register: 5 });
  });
});

describe("the in-thread TPM's copy of a command", () => {
  class Watched extends TpmEngine {
    readonly owned: Uint8Array[] = [];
    override executeOwned(...args: Parameters<TpmEngine["executeOwned"]>): ReturnType<TpmEngine["executeOwned"]> {
      this.owned.push(args[0]);
      return super.executeOwned(...args);
    }
  }
  const start = () => new Watched({ newCore: async () => fakeCore(), store: new MemoryStore() });

  it("is wiped without power, when it is too long, and when it is lost before its turn came", async () => {
    const tpm = start();
    expect(await errorOf(tpm.execute(withSecret(OP.read)))).toBeInstanceOf(TpmPoweredOffError);
    await tpm.powerOn();
    expect(decode(await tpm.execute(withSecret(OP.read, 0, 5000))).responseCode).toBe(0x142);
    const lost = [OP.slow, OP.increment].map((op) => errorOf(tpm.execute(withSecret(op, 255))));
    expect(tpm.owned.map(isWiped)).toEqual([true, true, false, false]);
    await tpm.powerOff();
    for (const error of await Promise.all(lost)) expect(error).toBeInstanceOf(TpmPoweredOffError);
    expect(tpm.owned.map(isWiped)).toEqual([true, true, true, true]);
    expect(tpm.owned.map(({ length }) => length)).toEqual([200, 4097, 200, 200]);
    await tpm.close();
  });
});

describe("the page's copy of a command", () => {
  /** The page's end of a worker that the test plays. */
  function start() {
    const posted: { message: ToWorker; transfer: ArrayBuffer[] }[] = [];
    let receive: (message: FromWorker) => void = () => {};
    const tpm = new RemoteTpm({
      channel: {
        post(message, transfer = []) {
          posted.push(structuredClone({ message, transfer }, { transfer }));
        },
        listen(onMessage) {
          receive = onMessage;
        },
        async terminate() {},
      },
      store: { kind: "memory" },
      wasm: new Uint8Array(),
    });
    void tpm.powerOn();
    const sent = () => posted.at(-1)!.message as Extract<ToWorker, { type: "call" }>;
    /** The worker's answer to the call that was sent last, with the command's bytes. */
    const answer = (id: number, command: Uint8Array) => {
      const value = { response: new Uint8Array(10), command, startedAt: 0, duration: 0 };
      receive({ type: "reply", id, outcome: { ok: true, value } });
    };
    return { tpm, posted, sent, answer };
  }

  it("goes to the worker and is nowhere else meanwhile", () => {
    const { tpm, posted, sent } = start();
    const bytes = withSecret(OP.read);
    void tpm.execute(bytes);
    expect(sent()).toMatchObject({ name: "execute", args: [withSecret(OP.read), 0] });
    // The message's bytes lie in the very buffer that changed hands, and there is nothing else in it.
    const { args } = sent();
    const { transfer } = posted.at(-1)!;
    expect(transfer).toHaveLength(1);
    expect(transfer[0]).toBe((args[0] as Uint8Array).buffer);
    expect(transfer[0]!.byteLength).toBe(200);
    expect(bytes).toEqual(withSecret(OP.read));
  });

  it("is wiped when it comes back, where nobody listens", async () => {
    const { tpm, sent, answer } = start();
    const pending = tpm.execute(withSecret(OP.read));
    const returned = withSecret(OP.read);
    answer(sent().id, returned);
    await pending;
    expect(isWiped(returned)).toBe(true);
  });

  it("is wiped when it comes back after it was lost, whoever listens", async () => {
    const { tpm, sent, answer } = start();
    const heard: unknown[] = [];
    tpm.on("command", (event) => heard.push(event));
    const lost = errorOf(tpm.execute(withSecret(OP.read)));
    const { id } = sent();
    void tpm.powerOff();
    expect(await lost).toBeInstanceOf(TpmPoweredOffError);
    const returned = withSecret(OP.read);
    answer(id, returned);
    expect([isWiped(returned), heard]).toEqual([true, []]);
  });
});
