/** Clients that connect before there is a TPM are let in, wait for it, and hear of it when there will be none. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AtOnceTpm } from "../engine/api.ts";
import { FaultyStore } from "../store/faulty.ts";
import { MemoryStore } from "../store/memory.ts";
import { createTpm } from "./index.ts";
import { Simulator } from "./simulator/server.ts";
import { SwitchableStore } from "./simulator/switchableStore.ts";
import { KeyRing } from "./socket/keyRing.ts";
import { parseSocketRequest } from "./socket/options.ts";
import { Reception } from "./socket/reception.ts";
import { SwtpmServer } from "./socket/server.ts";
import { withoutTpm } from "./socket/withoutTpm.ts";
import { Client } from "./testkit/client.ts";
import { bare, STARTUP, SUCCESS } from "./testkit/messages.ts";

const OK = "00000000";
const FAIL = "00000009";
const FAILURE = bare("TPM_RC_FAILURE");
const FRAMED = `00000008 00 0000000c ${STARTUP}`;

let folder: string;
let tpm: AtOnceTpm;
let store: SwitchableStore;
let load: () => void;
let breakDown: (error: Error) => void;
const clients: Client[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-waiting-"));
  const gate = new Promise<void>((resolve, reject) => {
    load = resolve;
    breakDown = reject;
  });
  // The store hears of it when it gets there.
  gate.catch(() => {});
  store = new SwitchableStore(new FaultyStore(new MemoryStore(), (commit) => (commit === 1 ? gate : "ok")));
  tpm = createTpm({ store });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  load();
  await tpm.close();
  await rm(folder, { recursive: true, force: true });
});

async function asking(where: string | number, hex: string): Promise<Client> {
  const client = await Client.to(where);
  clients.push(client);
  client.send(hex);
  return client;
}
/** Lets what has come so far come to an end. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

async function listen() {
  const [control, data] = [join(folder, "control"), join(folder, "data")];
  const request = parseSocketRequest(
    [
      ...["--tpm2", "--tpmstate", `dir=${folder}`, "--server", `type=unixio,path=${data}`],
      ...["--ctrl", `type=unixio,path=${control}`, "--flags", "not-need-init"],
    ],
    {},
  );
  if (request?.kind !== "serve") throw new Error("These options start no server.");
  const { options } = request;
  const log = { logs: () => false, line: () => {} };
  return { control, data, options, log, reception: await Reception.open(options, log) };
}

it("`socket` answers what was asked before its TPM was loaded", async () => {
  const { control, data, options, log, reception } = await listen();
  const asked = [await asking(control, "00000001"), await asking(data, STARTUP), await asking(data, STARTUP)];
  await settle();
  expect(asked.map(({ pieces }) => pieces)).toEqual([[], [], []]);
  load();
  await tpm.ready;
  const server = await SwtpmServer.start(reception, tpm, options, new KeyRing(options), log);
  await settle();
  expect(asked.map(({ pieces }) => pieces)).toEqual([[], [], []]);
  server.letIn();
  const [first, second, third] = asked as [Client, Client, Client];
  expect(await first.receive(8)).toBe(`${OK}0001ffff`);
  expect(await second.receive(10)).toBe(SUCCESS);
  second.close();
  expect(await third.receive(10)).toBe(bare("TPM_RC_INITIALIZE"));
  await reception.close();
  await server.close();
});

it("`socket` tells who has asked that there will be no TPM, and closes the connections of all", async () => {
  const { control, data, reception } = await listen();
  const asked = [await asking(control, "00000010"), await asking(data, STARTUP), await asking(data, FRAMED)];
  const silent = [await asking(control, ""), await asking(data, "0000")];
  await reception.turnAway(withoutTpm);
  await reception.close();
  const [first, second, third] = asked as [Client, Client, Client];
  expect(await first.receive(4)).toBe(FAIL);
  expect(await second.receive(10)).toBe(FAILURE);
  expect(await third.receive(18)).toBe(`0000000a${FAILURE}${OK}`);
  for (const client of [...asked, ...silent]) await client.closed();
  expect(silent.map(({ pieces }) => pieces)).toEqual([[], []]);
});

it("the simulator answers what was asked before its TPM was loaded", async () => {
  const simulator = await Simulator.start({ tpm, store, host: "127.0.0.1", port: 0, report: () => {} });
  const power = await asking(simulator.where.port + 1, "00000001");
  await settle();
  expect(power.pieces).toEqual([]);
  load();
  expect(await power.receive(4)).toBe(OK);
  const client = await asking(simulator.where.port, FRAMED);
  expect(await client.receive(18)).toBe(`0000000a${SUCCESS}${OK}`);
  await simulator.close();
});

it("the simulator tells who has asked that there will be no TPM", async () => {
  const simulator = await Simulator.start({ tpm, store, host: "127.0.0.1", port: 0, report: () => {} });
  const power = await asking(simulator.where.port + 1, "00000001");
  const client = await asking(simulator.where.port, FRAMED);
  breakDown(new Error("no disk"));
  await expect(tpm.ready).rejects.toThrow("no disk");
  await simulator.turnAway();
  await simulator.close();
  expect(await power.receive(4)).toBe("00000001");
  expect(await client.receive(18)).toBe(`0000000a${FAILURE}${OK}`);
});
