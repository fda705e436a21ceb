/** A fleet in this process, with folders and sockets of its own. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryMedium, MemoryStore } from "../../store/memory.ts";
import { StoreFencedError, StoreLockedError } from "../../store/store.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { createTpm } from "../index.ts";
import { KeyRing } from "../socket/keyRing.ts";
import type { Lease } from "../socket/servedTpm.ts";
import { Client } from "../testkit/client.ts";
import { EXTEND_16, GET_RANDOM, readPcr, STARTUP, SUCCESS } from "../testkit/messages.ts";
import { Fleet } from "./fleet.ts";
import type { FleetTpmStatus } from "./fleetTpm.ts";
import { FolderStates } from "./folderStates.ts";
import type { FleetSettings } from "./house.ts";
import { controlSocket, dataSocket } from "./names.ts";
import type { FleetStates } from "./states.ts";

const INIT = "0000000200000000";
const SHUTDOWN_SERVER = "00000003";
const DONE = "00000000";
const FAILED_TPM = "80010000000a00000101";
const NEVER = 3_600_000;

let folder: string;
let log: string[];
/** Of what the log says next. */
let heard: (() => void)[];
const open: { close(): Promise<void> }[] = [];
const clients: Client[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-fleet-"));
  log = [];
  heard = [];
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const each of open.splice(0).reverse()) await each.close();
  await rm(folder, { recursive: true, force: true });
});

const dir = () => join(folder, "states");

async function start(settings: Partial<FleetSettings> = {}, store = dir()): Promise<Fleet> {
  const states = settings.states ?? (await FolderStates.open(store, { onNotice: (text) => log.push(text) }));
  open.push(states);
  const all: FleetSettings = {
    ...{ states, listen: folder, access: { mode: 0o600 }, profile: undefined, keys: new KeyRing({}) },
    ...{ power: { powerOn: false, startup: undefined }, idleMs: NEVER, maxInMemory: 10, ...settings },
  };
  const line = (_level: number, text: string) => {
    log.push(text);
    for (const tell of heard.splice(0)) tell();
  };
  const fleet = await Fleet.open(all, { logs: () => true, line });
  open.push(fleet);
  return fleet;
}

/** Resolves when the TPM is in this state; each change is a line of the log. */
async function until(fleet: Fleet, name: string, state: FleetTpmStatus["state"]): Promise<void> {
  while (statusOf(fleet, name).state !== state) await new Promise<void>((resolve) => heard.push(resolve));
}

const statusOf = (fleet: Fleet, name: string) => fleet.status.tpms.find((tpm) => tpm.name === name) as FleetTpmStatus;

async function connected(path: string): Promise<Client> {
  const client = await Client.to(path);
  clients.push(client);
  return client;
}
const data = (name: string) => connected(dataSocket(folder, name));
const control = (name: string) => connected(controlSocket(folder, name));

async function started(name: string): Promise<Client> {
  const ctrl = await control(name);
  expect(await ctrl.ask(INIT, 4)).toBe(DONE);
  ctrl.close();
  const client = await data(name);
  expect(await client.ask(STARTUP, 10)).toBe(SUCCESS);
  return client;
}

describe("a fleet", () => {
  it("gives each TPM sockets of its own, and loads it when somebody connects", async () => {
    const fleet = await start();
    expect(fleet.status).toMatchObject({ count: 0, inMemory: 0 });
    for (const name of ["b", "a", "vm-1.example_2"]) await fleet.create(name);
    expect(fleet.status.tpms.map(({ name, state }) => [name, state])).toEqual([
      ["a", "off"],
      ["b", "off"],
      ["vm-1.example_2", "off"],
    ]);
    const client = await started("a");
    expect((await client.ask(GET_RANDOM, 16)).slice(0, 20)).toBe("80010000001000000000");
    expect(statusOf(fleet, "a")).toEqual({ name: "a", state: "on", clients: 1 });
    expect(statusOf(fleet, "b")).toMatchObject({ state: "off", clients: 0 });
    // They are different ones.
    const other = await started("b");
    await client.ask(EXTEND_16, 19);
    expect((await other.ask(readPcr(16), 62)).slice(-64)).toBe("0".repeat(64));
    expect((await client.ask(readPcr(16), 62)).slice(-64)).not.toBe("0".repeat(64));
  });

  it("finds its TPMs again: permanent state stays, and the sockets go with the fleet", async () => {
    const first = await start();
    await first.create("a");
    await (await started("a")).ask(GET_RANDOM, 16);
    for (const each of open.splice(0).reverse()) await each.close();
    expect((await readdir(folder)).sort()).toEqual(["states"]);
    // In good order: another TPM of the library finds it, and no lock.
    const alone = createTpm({ store: { kind: "file", dir: join(dir(), "a") } });
    await alone.ready;
    expect(alone.state().stateSize).toBeGreaterThan(1000);
    await alone.close();
    const again = await start();
    expect(again.status.tpms).toEqual([{ name: "a", state: "off", clients: 0 }]);
    await started("a");
  });

  it("lets a TPM that nobody speaks with sleep, which goes on where it was", async () => {
    const fleet = await start({ idleMs: 1 });
    await fleet.create("a");
    const client = await started("a");
    await client.ask(EXTEND_16, 19);
    const value = await client.ask(readPcr(16), 62);
    client.close();
    await until(fleet, "a", "asleep");
    expect(fleet.status.inMemory).toBe(0);
    const again = await data("a");
    expect(await again.ask(readPcr(16), 62)).toBe(value);
    expect(statusOf(fleet, "a").state).toBe("on");
    again.close();
    await until(fleet, "a", "asleep");
    // It is not awake for good, either.
    const ctrl = await control("a");
    expect(await ctrl.ask(INIT, 4)).toBe(DONE);
    const reset = await data("a");
    expect(await reset.ask(STARTUP, 10)).toBe(SUCCESS);
    expect((await reset.ask(readPcr(16), 62)).slice(-64)).toBe("0".repeat(64));
  });

  it("cuts the power of a TPM that slept and was used elsewhere meanwhile", async () => {
    const fleet = await start({ idleMs: 1 });
    await fleet.create("a");
    (await started("a")).close();
    await until(fleet, "a", "asleep");
    const elsewhere = createTpm({ store: { kind: "file", dir: join(dir(), "a") } });
    await elsewhere.powerOn();
    await elsewhere.execute(Buffer.from(STARTUP, "hex"));
    await elsewhere.close();
    const client = await data("a");
    expect(await client.ask(GET_RANDOM, 10)).toBe(FAILED_TPM);
    expect(log.join("\n")).toContain("a: its power was cut, because it was in use elsewhere meanwhile");
    client.close();
    await started("a");
  });

  it("has at most so many in memory: an idle one makes room, and a busy one is waited for", async () => {
    const fleet = await start({ maxInMemory: 2 });
    for (const name of ["a", "b", "c"]) await fleet.create(name);
    const a = await started("a");
    const b = await started("b");
    expect(fleet.status.inMemory).toBe(2);
    a.close();
    const c = await started("c");
    expect(statusOf(fleet, "a").state).toBe("asleep");
    expect(fleet.status.inMemory).toBe(2);
    // Nobody is idle now.
    const waiting = await data("a");
    waiting.send(GET_RANDOM);
    expect((await c.ask(GET_RANDOM, 16)).slice(0, 20)).toBe("80010000001000000000");
    b.close();
    expect((await waiting.receive(16)).slice(0, 20)).toBe("80010000001000000000");
    expect(statusOf(fleet, "b").state).toBe("asleep");
  });

  it("takes CMD_SHUTDOWN for the end of that TPM's power and connections, and goes on listening", async () => {
    const fleet = await start();
    await fleet.create("a");
    const client = await started("a");
    const ctrl = await control("a");
    expect(await ctrl.ask(SHUTDOWN_SERVER, 4)).toBe(DONE);
    await ctrl.closed();
    await client.closed();
    await until(fleet, "a", "off");
    await started("a");
  });

  it("starts TPMs with power, where that is wanted", async () => {
    const fleet = await start({ power: { powerOn: true, startup: "clear" } });
    await fleet.create("a");
    expect((await (await data("a")).ask(GET_RANDOM, 16)).slice(0, 20)).toBe("80010000001000000000");
  });

  it("fails one TPM whose state is damaged, with the reason, and no other; it is tried anew each time", async () => {
    const fleet = await start();
    for (const name of ["bad", "good"]) await fleet.create(name);
    await writeFile(join(dir(), "bad", "tpm2.state"), Buffer.alloc(5000, 7));
    expect(await (await data("bad")).ask(STARTUP, 10)).toBe(FAILED_TPM);
    expect(await (await control("bad")).ask(INIT, 4)).toBe("00000009");
    await until(fleet, "bad", "failed");
    expect(statusOf(fleet, "bad").reason).toMatch(/damaged/);
    expect(log.filter((line) => line.startsWith("bad: The state"))).toHaveLength(1);
    await started("good");
    await rm(join(dir(), "bad", "tpm2.state"));
    await started("bad");
    expect(statusOf(fleet, "bad")).toEqual({ name: "bad", state: "on", clients: 1 });
  });

  it("fails a TPM that another process has, and nothing of it changes", async () => {
    const fleet = await start();
    await fleet.create("a");
    const owner = createTpm({ store: { kind: "file", dir: join(dir(), "a") } });
    await owner.powerOn();
    expect(await (await data("a")).ask(STARTUP, 10)).toBe(FAILED_TPM);
    expect(statusOf(fleet, "a").reason).toMatch(/in use/);
    expect((await owner.execute(Buffer.from(STARTUP, "hex"))).length).toBe(10);
    await expect(fleet.remove("a")).rejects.toBeInstanceOf(StoreLockedError);
    await owner.close();
    await started("a");
  });

  it("refuses a second fleet on its folder, and on its sockets", async () => {
    const fleet = await start();
    await fleet.create("a");
    const error = await errorOf(start());
    expect(error).toBeInstanceOf(StoreLockedError);
    expect(error.message).toMatch(/belongs to another fleet/);
    const other = join(folder, "others");
    const second = await start({}, other);
    const socketTaken = await errorOf(second.create("a"));
    expect(socketTaken.message).toMatch(/another program listens on/);
    await started("a");
  });

  it("moves a TPM aside that nobody uses, and keeps its state", async () => {
    const fleet = await start();
    await fleet.create("a");
    const client = await started("a");
    expect((await errorOf(fleet.remove("a"))).message).toMatch(/in use by 1 connection/);
    client.close();
    await until(fleet, "a", "on");
    while (statusOf(fleet, "a").clients > 0) await new Promise(setImmediate);
    const kept = await fleet.remove("a");
    expect(existsSync(join(kept, "tpm2.state"))).toBe(true);
    expect(existsSync(dataSocket(folder, "a"))).toBe(false);
    expect(fleet.status.count).toBe(0);
    expect((await errorOf(fleet.remove("a"))).message).toMatch(/There is no TPM "a"/);
    await fleet.create("a");
    await started("a");
    expect((await errorOf(fleet.create("a"))).message).toMatch(/already/);
  });

  it("takes a TPM that somebody has put into its folder since it began", async () => {
    const fleet = await start();
    const elsewhere = createTpm({ store: { kind: "file", dir: join(dir(), "a") } });
    await elsewhere.ready;
    await elsewhere.close();
    await fleet.create("a");
    await started("a");
    expect(existsSync(join(dir(), "a", "tpm2.state"))).toBe(true);
  });

  it.each(["", ".a", "a/b", "../a", "a b", "-a", "ä", `${"a".repeat(64)}`, "a\0", "a\nb"])(
    "takes no TPM of the name %j",
    async (name) => {
      const fleet = await start();
      const error = await errorOf(fleet.create(name));
      expect(error.name).toBe("UsageError");
      expect(error.message).toMatch(/is no name for a TPM/);
      expect(await readdir(dir())).toEqual(expect.not.arrayContaining([name]));
    },
  );

  it("says that a name is too long for a socket, before anything is made", async () => {
    const fleet = await start({ listen: join(folder, "x".repeat(80)) });
    expect((await errorOf(fleet.create("a".repeat(40)))).message).toMatch(/more than 107 octets/);
    expect(fleet.status.count).toBe(0);
    expect((await readdir(dir())).filter((name) => name.startsWith("a"))).toEqual([]);
  });

  /** Of one TPM, in memory: what can be taken away. */
  function takeable(lease?: Lease): { states: FleetStates; medium: MemoryMedium } {
    const medium = new MemoryMedium();
    const none = async () => {};
    const states: FleetStates = {
      ...{ where: "memory", names: async () => ["a"], create: none, remove: async () => "", close: none },
      placeOf: () => ({ store: new MemoryStore(medium), dir: folder, lease }),
    };
    return { states, medium };
  }

  it("cuts off who speaks with a TPM that another owner has taken over, and tries anew with the next one", async () => {
    const { states, medium } = takeable();
    const fleet = await start({ states });
    const client = await started("a");
    const other = new MemoryStore(medium);
    await other.open({ takeOver: true });
    await client.closed();
    await until(fleet, "a", "failed");
    expect(statusOf(fleet, "a").reason).toMatch(/took this TPM over/);
    expect(await (await data("a")).ask(STARTUP, 10)).toBe(FAILED_TPM);
    await other.close();
    await started("a");
  });

  it("lets no answer out while a lease is in doubt, and none at all when it is lost", async () => {
    let confirmed: Promise<void> | undefined;
    let asked = 0;
    const confirm = () => {
      asked++;
      return confirmed;
    };
    const { states } = takeable({ confirm });
    await start({ states });
    const client = await started("a");
    expect(asked).toBe(1);
    let renew = () => {};
    confirmed = new Promise((resolve) => {
      renew = resolve;
    });
    client.send(GET_RANDOM);
    while (asked < 2) await new Promise(setImmediate);
    const answer = client.receive(16);
    let isThere = false;
    void answer.then(() => {
      isThere = true;
    });
    await new Promise(setImmediate);
    expect(isThere).toBe(false);
    renew();
    expect((await answer).slice(0, 20)).toBe("80010000001000000000");
    confirmed = Promise.reject(new StoreFencedError("another fleet has it"));
    confirmed.catch(() => {});
    await expect(client.ask(GET_RANDOM, 1)).rejects.toThrow("The connection ended after .");
    expect(log.join("\n")).toContain("another fleet has it");
  });

  it("ends while TPMs are starting, in use and asleep: all locks are given back", async () => {
    const fleet = await start({ idleMs: 1 });
    for (const name of ["a", "b", "c"]) await fleet.create(name);
    (await started("a")).close();
    await started("b");
    await until(fleet, "a", "asleep");
    await data("c");
    await fleet.close();
    for (const name of ["a", "b", "c"]) {
      const tpm = createTpm({ store: { kind: "file", dir: join(dir(), name) } });
      await tpm.ready;
      await tpm.close();
    }
  });
});
