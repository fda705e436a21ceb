import { describe, expect, it } from "vitest";
import { MemoryStore } from "../store/memory.ts";
import type { StoreSpec, TpmStore } from "../store/store.ts";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmPoweredOffError } from "./backend.ts";
import type { FromWorker, ToWorker, WorkerStatus } from "./protocol.ts";
import { RemoteTpm } from "./remote.ts";
import { command, OP } from "./testkit/fakeCore.ts";
import { TpmPlatformError } from "./wasm.ts";

const READY_STATUS: WorkerStatus = {
  isFailed: false,
  failureMode: false,
  established: true,
  signaledActs: 0,
  profile: "full",
  store: "memory",
  stateSize: 16,
  lastCommit: 5,
  error: null,
};
const CRASH = new Error("out of memory");
const WORDS = "The TPM's worker stopped: out of memory. Reload the page or start again.";

/** The page's end of a worker that the test plays, and lets die. */
function start(store: StoreSpec | TpmStore = { kind: "memory" }) {
  const posted: ToWorker[] = [];
  const busy: boolean[] = [];
  let terminations = 0;
  let receive: (message: FromWorker) => void = () => {};
  let die: (error: Error) => void = () => {};
  const tpm = new RemoteTpm({
    channel: {
      post: (message) => posted.push(message),
      listen(onMessage, onDeath) {
        receive = onMessage;
        die = onDeath;
      },
      async terminate() {
        terminations++;
      },
      setBusy: (isBusy) => busy.push(isBusy),
    },
    store,
    wasm: new Uint8Array(),
  });
  const events: unknown[] = [];
  tpm.on("power", (power) => events.push(power));
  tpm.on("state", ({ power, error }) => events.push([power, error?.message ?? null]));
  return {
    tpm,
    posted,
    busy,
    events,
    receive: (message: FromWorker) => receive(message),
    die: (error = CRASH) => die(error),
    terminations: () => terminations,
    becomeReady() {
      receive({ type: "status", status: READY_STATUS });
      receive({ type: "ready", outcome: { ok: true, value: undefined } });
    },
  };
}

describe("a TPM whose worker dies", () => {
  it("while it starts is never ready, and says why", async () => {
    const { tpm, events, die } = start();
    expect([tpm.power, tpm.state().error]).toEqual(["off", null]);
    const early = errorOf(tpm.powerOn());
    die();
    const error = await errorOf(tpm.ready);
    expect(error).toBeInstanceOf(TpmPlatformError);
    expect([error.message, (error.cause as Error).message]).toEqual([WORDS, CRASH.message]);
    expect((await early).message).toBe(WORDS);
    expect(tpm.state()).toMatchObject({ power: "failed", error: { message: WORDS, cause: CRASH } });
    expect(events).toEqual(["failed", ["failed", WORDS]]);
  });

  it("later loses every call, whatever it is; what it was ready with stays known", async () => {
    const { tpm, becomeReady, die } = start();
    becomeReady();
    await tpm.ready;
    void tpm.powerOn().catch(() => {});
    expect(tpm.power).toBe("on");
    const lost = [tpm.execute(command(OP.read)), tpm.hashStart(), tpm.snapshot(), tpm.exportState()].map(errorOf);
    die();
    for (const error of await Promise.all(lost)) {
      expect(error).toBeInstanceOf(TpmPlatformError);
      expect(error.message).toBe(WORDS);
    }
    await tpm.ready;
    expect(tpm.state()).toMatchObject({ power: "failed", profile: "full", stateSize: 16, lastCommit: 5 });
    expect(tpm.established).toBe(true);
  });

  it("takes no calls from then on, and nothing is posted to it", async () => {
    const { tpm, posted, becomeReady, die } = start();
    becomeReady();
    die();
    posted.length = 0;
    const calls = [
      tpm.execute(command(OP.read)),
      tpm.powerOn(),
      tpm.hashStart(),
      tpm.hashData(new Uint8Array(1)),
      tpm.hashEnd(),
      tpm.resetEstablished(3),
      tpm.setPhysicalPresence(true),
      tpm.enterFailureMode(),
      tpm.snapshot(),
      tpm.importState(new Uint8Array(1)),
      tpm.takeOver(),
      tpm.newTpm(),
      tpm.exportState(),
    ];
    for (const error of await Promise.all(calls.map(errorOf))) expect(error.message).toBe(WORDS);
    tpm.cancel();
    await tpm.powerOff();
    expect([posted, tpm.power]).toEqual([[], "failed"]);
  });

  it("is ended, once: an uncaught error need not have ended it; what it still says does not count", async () => {
    const { tpm, events, receive, becomeReady, die, terminations } = start();
    die();
    die(new Error("again"));
    becomeReady();
    receive({ type: "storeError", error: { name: "StoreError", message: "late" } });
    expect([tpm.power, tpm.state().error?.message, terminations()]).toEqual(["failed", WORDS, 1]);
    expect(events).toEqual(["failed", ["failed", WORDS]]);
    expect((await errorOf(tpm.ready)).message).toBe(WORDS);
  });

  it("can be closed, which asks nothing of it", async () => {
    const { tpm, posted, die, terminations } = start();
    die();
    posted.length = 0;
    await tpm.close();
    expect([posted, terminations()]).toEqual([[], 1]);
    expect(await errorOf(tpm.powerOn())).toBeInstanceOf(TpmPoweredOffError);
  });

  it("gives back a store that lives here, and only that", async () => {
    let closes = 0;
    const store = new MemoryStore();
    const own: TpmStore = Object.assign(store, {
      async close() {
        closes++;
        throw new Error("it can't even be closed");
      },
    });
    const first = start(own);
    first.die();
    await errorOf(first.tpm.ready);
    expect(closes).toBe(1);
    const named = start({ kind: "indexeddb", name: "a" });
    named.die();
    expect((await errorOf(named.tpm.ready)).message).toBe(WORDS);
  });

  it("when it was closed before is no news", async () => {
    const { tpm, posted, events, receive, becomeReady, die, terminations } = start();
    becomeReady();
    const closing = tpm.close();
    const { id } = posted.at(-1) as Extract<ToWorker, { type: "call" }>;
    receive({ type: "reply", id, outcome: { ok: true, value: undefined } });
    await closing;
    events.length = 0;
    die();
    expect([tpm.power, tpm.state().error, events, terminations()]).toEqual(["off", null, [], 1]);
  });

  it("in the middle of being closed is closed, with the reason", async () => {
    const { tpm, becomeReady, die } = start();
    becomeReady();
    const closing = errorOf(tpm.close());
    die();
    expect((await closing).message).toBe(WORDS);
    expect(await errorOf(tpm.powerOn())).toBeInstanceOf(TpmPoweredOffError);
  });
});

describe("the channel to a worker", () => {
  it("is busy while an answer is awaited, and as long as it starts", async () => {
    const { tpm, posted, busy, receive, becomeReady } = start();
    becomeReady();
    expect(busy).toEqual([true, false]);
    const [first, second] = [tpm.exportState(), tpm.exportState()];
    const ids = posted.flatMap((message) => (message.type === "call" ? [message.id] : []));
    for (const id of ids) receive({ type: "reply", id, outcome: { ok: true, value: null } });
    await Promise.all([first, second]);
    expect(busy).toEqual([true, false, true, true, true, false]);
    // An answer that nobody awaits any more.
    receive({ type: "reply", id: 99, outcome: { ok: true, value: null } });
    expect(busy.at(-1)).toBe(false);
  });
});
