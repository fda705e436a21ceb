import { afterAll, beforeAll, expect, test } from "vitest";
import { type InlineTpm, marshalCommand, type TpmCommandEvent } from "../../src/node/index.ts";
import type { CommandEntry } from "../state/model.ts";
import { CommandLog } from "./commandLog.ts";
import { getRandom, startedTpm } from "./testkit/tpm.ts";

const secret = new TextEncoder().encode("hunter22");
const nvIndex = 0x0150_0016;
const define = marshalCommand("NV_DefineSpace", {
  handles: { authHandle: "TPM_RH_PLATFORM" },
  parameters: {
    auth: secret,
    publicInfo: {
      nvIndex,
      nameAlg: "TPM_ALG_SHA256",
      // PPWRITE, AUTHREAD, TPM_NT_COUNTER, NO_DA, PLATFORMCREATE
      attributes: 0x42040011,
      authPolicy: new Uint8Array(),
      dataSize: 8,
    },
  },
});
const readPublic = marshalCommand("NV_ReadPublic", { handles: { nvIndex } });

let tpm: InlineTpm;
let events: TpmCommandEvent[];
beforeAll(async () => {
  events = [];
  tpm = await startedTpm();
  tpm.on("command", (event) => void events.push(event));
  for (const command of [define, readPublic, getRandom]) await tpm.execute(command);
});
afterAll(() => tpm.close());

function logged(times = 1) {
  let entries: readonly CommandEntry[] = [];
  const log = new CommandLog((news) => {
    entries = news;
  });
  for (const event of events.slice(0, 2)) log.add(event);
  for (let i = 0; i < times; i++) for (const event of events.slice(2)) log.add(event);
  return { log, entries: () => entries };
}

test("a command's handles are called what they were when it was sent, and new ones are known from its answer on", () => {
  const { entries, log } = logged();
  const [, second, first] = entries();
  expect(first?.handles).toMatchObject([{ kind: "hierarchy", name: "platform" }]);
  expect(second?.handles).toMatchObject([{ kind: "nv", type: "counter" }]);
  log.forgetNames();
  log.add(events[2]!);
  log.add({ ...events[1]!, response: Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1) });
  expect(entries()[0]?.handles).toMatchObject([{ kind: "nv", type: null }]);
});

test("what is kept is the last of them, and what was learned from the others is not lost to the file", () => {
  const { entries, log } = logged(499);
  expect(entries().length).toBe(500);
  log.add(events[1]!);
  const text = new TextDecoder().decode(log.export("json", {}));
  const { commands } = JSON.parse(text) as { commands: { name: string; handles: string[] }[] };
  expect(commands.length).toBe(500);
  expect(commands.at(-1)).toMatchObject({ name: "NV_ReadPublic", handles: ["NV 0x1500016 'counter'"] });
});

test("a file calls no handle by what it was in the TPM before", () => {
  const refused = { ...events[1]!, response: Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 1) };
  for (const others of [1, 600]) {
    const { log } = logged();
    log.add(refused);
    log.forgetNames();
    for (let i = 0; i < others; i++) log.add(events[2]!);
    log.add(refused);
    const { commands } = JSON.parse(new TextDecoder().decode(log.export("json", {})));
    const called = commands.flatMap(({ name, handles }: { name: string; handles: string[] }) =>
      name === "NV_ReadPublic" ? handles : [],
    );
    const before = "NV 0x1500016 'counter'";
    expect(called).toEqual([...(others === 1 ? [before, before] : []), "NV 0x1500016"]);
  }
});

test("a file has secrets only where they were asked for", () => {
  const { log } = logged();
  for (const format of ["json", "pcapng"] as const) {
    const [without, having] = [false, true].map((revealSecrets) =>
      Buffer.from(log.export(format, { revealSecrets })).toString("latin1"),
    );
    const needle = format === "json" ? Buffer.from(secret).toString("hex") : "hunter22";
    expect(without).not.toContain(needle);
    expect(having).toContain(needle);
  }
});
