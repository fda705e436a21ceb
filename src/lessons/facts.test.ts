import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { marshalCommand } from "../client/index.ts";
import { made, signingKey, storageKey } from "../client/testkit/keys.ts";
import { MAX_BOOTS, MAX_COMMANDS } from "./facts.ts";
import { Bench } from "./testkit/bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start();
});
afterEach(() => bench.close());

const random = (bytesRequested: number) => bench.client.call("GetRandom", { parameters: { bytesRequested } });
const names = async () => (await bench.facts.look()).commands.map(({ name }) => name);

describe("the commands that checks look at", () => {
  it("are the guest's since the step began, and since the lesson did", async () => {
    await random(1);
    await bench.tpm.execute(marshalCommand("GetRandom", { parameters: { bytesRequested: 2 } }), { own: true });
    expect(await names()).toEqual(["GetRandom"]);
    await bench.facts.beginStep();
    expect(await names()).toEqual([]);
    await bench.client.call("SelfTest", { parameters: { fullTest: 0 } });
    expect(await names()).toEqual(["SelfTest"]);
    const { commandsOfLesson } = await bench.facts.look();
    expect(commandsOfLesson.map(({ name }) => name)).toEqual(["GetRandom", "SelfTest"]);
    await bench.facts.beginLesson();
    expect((await bench.facts.look()).commandsOfLesson).toEqual([]);
  });

  it("are not those of a boot before its prompt", async () => {
    bench.machine.enter("kernel");
    await random(1);
    expect(await names()).toEqual([]);
    bench.machine.enter("shell");
    await random(2);
    expect(await names()).toEqual(["GetRandom"]);
  });

  it("belong to the step that follows when they came behind the look that passed the one before", async () => {
    await random(1);
    const look = await bench.facts.look();
    await random(2);
    await bench.facts.beginStep(look);
    const [only, ...others] = (await bench.facts.look()).commands;
    expect([only?.field("bytesRequested")?.value, others]).toEqual(["2", []]);
  });

  it("stay bounded under a guest that never stops, and the latest are there", async () => {
    const command = marshalCommand("GetRandom", { parameters: { bytesRequested: 1 } });
    for (let i = 0; i < 2 * MAX_COMMANDS; i++) bench.tpm.executeSync(command);
    await bench.client.call("SelfTest", { parameters: { fullTest: 0 } });
    const { commands, commandsOfLesson } = await bench.facts.look();
    expect(commandsOfLesson.length).toBeGreaterThanOrEqual(MAX_COMMANDS);
    expect(commandsOfLesson.length).toBeLessThanOrEqual(1.25 * MAX_COMMANDS);
    expect(commands.at(-1)?.name).toBe("SelfTest");
  });

  it("may be any octets", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 200 }), async (octets) => {
        await bench.tpm.execute(octets);
        const seen = (await bench.facts.look()).commands.at(-1)!;
        expect(seen.octets).toEqual(octets);
        expect(seen.succeeded).toBe(false);
        expect(seen.sessions.length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 200 },
    );
  });
});

describe("what an object hangs below", () => {
  const primary = async (primaryHandle: "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT") =>
    (await bench.client.call("CreatePrimary", { handles: { primaryHandle }, parameters: made(storageKey) })).handles
      .objectHandle;
  const create = async (parentHandle: number) =>
    (await bench.client.call("Create", { handles: { parentHandle }, parameters: made(signingKey) })).parameters;
  const last = async () => (await bench.facts.look()).commands.at(-1)!;

  it("is known of a child, when it was made and when it is loaded and used", async () => {
    for (const [hierarchy, name] of [
      ["TPM_RH_OWNER", "owner"],
      ["TPM_RH_ENDORSEMENT", "endorsement"],
    ] as const) {
      const parent = await primary(hierarchy);
      expect(await last()).toMatchObject({ made: { hierarchy: name, isPrimary: true, made: "CreatePrimary" } });
      const { outPrivate, outPublic } = await create(parent);
      expect(await last()).toMatchObject({ made: { hierarchy: name, isPrimary: false, made: "Create" } });
      const { handles } = await bench.client.call("Load", {
        handles: { parentHandle: parent },
        parameters: { inPrivate: outPrivate, inPublic: outPublic },
      });
      expect(await last()).toMatchObject({ made: { hierarchy: name, made: "Create" } });
      await bench.client.call("ReadPublic", { handles: { objectHandle: handles.objectHandle } });
      expect((await last()).handles[0]).toMatchObject({ hierarchy: name });
      for (const flushHandle of [parent, handles.objectHandle])
        await bench.client.call("FlushContext", { parameters: { flushHandle } });
    }
  });

  it("is not known any more of one that went with its hierarchy", async () => {
    const objectHandle = await primary("TPM_RH_OWNER");
    await bench.client.call("HierarchyControl", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: { enable: "TPM_RH_OWNER", state: 0 },
    });
    await expect(bench.client.call("ReadPublic", { handles: { objectHandle } })).rejects.toThrow(/TPM_RC_/);
    expect((await last()).handles).toMatchObject([{ object: null, hierarchy: null }]);
  });

  it("is remembered of a saved context, and of a persistent object through a boot", async () => {
    const parent = await primary("TPM_RH_ENDORSEMENT");
    const { context } = (await bench.client.call("ContextSave", { handles: { saveHandle: parent } })).parameters;
    await bench.client.call("FlushContext", { parameters: { flushHandle: parent } });
    const other = await primary("TPM_RH_OWNER");
    const { handles } = await bench.client.call("ContextLoad", { parameters: { context } });
    await create(handles.loadedHandle);
    expect(await last()).toMatchObject({ made: { hierarchy: "endorsement" } });
    await bench.client.call("EvictControl", {
      handles: { auth: "TPM_RH_OWNER", objectHandle: other },
      parameters: { persistentHandle: 0x81000001 },
    });
    await bench.boot();
    await create(0x81000001);
    expect(await last()).toMatchObject({ made: { hierarchy: "owner" } });
  });
});

describe("boots", () => {
  it("are counted since the step began, with the TPM as the kernel found it", async () => {
    await bench.client.call("PCR_Event", { handles: { pcrHandle: 8 }, parameters: { eventData: new Uint8Array(3) } });
    expect((await bench.facts.look()).boots).toBe(0);
    await bench.boot();
    const { boots, lastBoots, stage, inspection } = await bench.facts.look();
    expect([boots, lastBoots.length, stage]).toEqual([1, 2, "shell"]);
    const banks = lastBoots.at(-1)!.atKernel!.pcrs.banks;
    expect(banks).toEqual(inspection?.pcrs.banks);
    await bench.facts.beginStep();
    expect((await bench.facts.look()).boots).toBe(0);
  });

  it("are kept as far as they may be needed", async () => {
    for (let i = 0; i < MAX_BOOTS + 2; i++) await bench.boot();
    expect((await bench.facts.look()).lastBoots).toHaveLength(MAX_BOOTS);
  });

  it("without power leave nothing to be seen of the TPM", async () => {
    await bench.tpm.powerOff();
    bench.machine.enter("off");
    expect(await bench.facts.look()).toMatchObject({ inspection: null, stage: "off" });
  });
});

it("tells of news, and of none when it is closed", async () => {
  let news = 0;
  bench.facts.on("news", () => news++);
  await random(1);
  expect(news).toBe(1);
  bench.facts.answer("18");
  expect([news, (await bench.facts.look()).answer]).toEqual([2, "18"]);
  bench.machine.enter("off");
  expect(news).toBe(3);
  bench.facts.close();
  await random(1);
  bench.machine.enter("bios");
  expect(news).toBe(3);
});

it("reads files, and says of one that is not there that it is not", async () => {
  bench.files.set("pcrs/a", Uint8Array.of(1));
  const { readFile } = await bench.facts.look();
  expect([await readFile("pcrs/a"), await readFile("pcrs/b")]).toEqual([Uint8Array.of(1), null]);
});

it("of another TPM in the old one's place nothing is known", async () => {
  await random(1);
  bench.machine.enter("off");
  await bench.tpm.powerOff();
  await bench.tpm.newTpm();
  await bench.facts.beginLesson();
  expect(await bench.facts.look()).toMatchObject({ commandsOfLesson: [], lastBoots: [], inspection: null });
  await bench.boot();
  expect((await bench.facts.look()).lastBoots).toHaveLength(1);
});

it("another TPM in the middle of a step leaves nothing of what the step had, and what follows counts", async () => {
  await random(1);
  await random(2);
  await bench.facts.beginStep();
  await random(3);
  await bench.boot();
  bench.machine.enter("off");
  await bench.tpm.powerOff();
  await bench.tpm.newTpm();
  expect(await bench.facts.look()).toMatchObject({ commands: [], commandsOfLesson: [], before: null, boots: 0 });
  await bench.boot();
  await random(4);
  const { commands, boots } = await bench.facts.look();
  expect([commands.map((seen) => seen.field("bytesRequested")?.value), boots]).toEqual([["4"], 1]);
});
