import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TPM_CC } from "../../spec/commands.ts";
import { TPM_RH } from "../../spec/handles.ts";
import { MemoryStore } from "../../store/memory.ts";
import { createTpm } from "../index.ts";
import { Client } from "../testkit/client.ts";
import {
  bare,
  codeOf,
  command,
  GET_RANDOM,
  hexOf,
  READ_CLOCK,
  readPcr,
  responseCode,
  SHUTDOWN,
  STARTUP,
  SUCCESS,
} from "../testkit/messages.ts";
import { Simulator } from "./server.ts";
import { SwitchableStore } from "./switchableStore.ts";

/** With empty lists; it needs physical presence. */
const PP_COMMANDS = command("PP_Commands", {
  handles: { auth: "TPM_RH_PLATFORM" },
  parameters: { setList: [], clearList: [] },
});
const ACK = "00000000";

const frame = (hex: string, locality = 0) => `00000008 ${hexOf(locality, 1)} ${hexOf(hex.length / 2)} ${hex}`;

describe("the simulator", () => {
  let simulator: Simulator;
  let tpm: ReturnType<typeof createTpm>;
  let commands: Client;
  let platform: Client;
  let reports: string[];

  beforeEach(async () => {
    reports = [];
    const store = new SwitchableStore(new MemoryStore());
    tpm = createTpm({ store });
    const report = (error: Error) => reports.push(error.message);
    simulator = await Simulator.start({ tpm, store, host: "127.0.0.1", port: 0, report });
    commands = await Client.to(simulator.where.port);
    platform = await Client.to(simulator.where.port + 1);
  });
  afterEach(async () => {
    commands.close();
    platform.close();
    await simulator.close();
    await tpm.close();
  });

  /** Sends a command and returns its response. */
  async function run(hex: string, locality = 0): Promise<string> {
    const size = Number.parseInt(await commands.ask(frame(hex, locality), 4), 16);
    const response = await commands.receive(size);
    expect(await commands.receive(4)).toBe(ACK);
    return response;
  }
  const signal = async (code: number) => expect(await platform.ask(hexOf(code, 4), 4)).toBe(ACK);

  it("answers nothing before it has power, and does nothing when it has it already", async () => {
    expect(await run(STARTUP)).toBe("");
    await signal(1);
    expect(await run(STARTUP)).toBe(SUCCESS);
    await signal(1);
    expect(responseCode(await run(STARTUP))).toBe(codeOf("TPM_RC_INITIALIZE"));
    await signal(17);
    expect(await run(STARTUP)).toBe(SUCCESS);
    await signal(18);
    expect(responseCode(await run(GET_RANDOM))).toBe(codeOf("TPM_RC_INITIALIZE"));
    await signal(2);
    expect(await run(STARTUP)).toBe("");
    await signal(17);
    expect(await run(STARTUP)).toBe("");
  });

  it("sends each response in one piece, several commands in a segment or a byte at a time", async () => {
    await signal(1);
    commands.send(frame(STARTUP) + frame(GET_RANDOM) + frame(GET_RANDOM));
    expect(await commands.receive(18)).toBe(`0000000a${SUCCESS}${ACK}`);
    await commands.receive(2 * 24);
    const before = commands.pieces.length;
    for (const byte of frame(GET_RANDOM).replaceAll(" ", "").match(/../g) ?? []) commands.send(byte);
    await commands.receive(24);
    expect(commands.pieces.slice(before)).toEqual([24]);
  });

  it("makes NV unavailable: what writes is refused, what does not is done, until NV is on again", async () => {
    await signal(1);
    await run(STARTUP);
    await signal(12);
    expect(responseCode(await run(SHUTDOWN))).toBe(codeOf("TPM_RC_NV_UNAVAILABLE"));
    expect(responseCode(await run(GET_RANDOM))).toBe(codeOf("TPM_RC_SUCCESS"));
    await signal(11);
    expect(await run(SHUTDOWN)).toBe(SUCCESS);
  });

  it("passes physical presence on, which stays over a reset", async () => {
    await signal(1);
    await run(STARTUP);
    const without = responseCode(await run(PP_COMMANDS));
    await signal(3);
    const asserted = responseCode(await run(PP_COMMANDS));
    await signal(17);
    await run(STARTUP);
    expect(responseCode(await run(PP_COMMANDS))).toBe(asserted);
    await signal(4);
    expect(responseCode(await run(PP_COMMANDS))).toBe(without);
  });

  it("takes localities as the reference's platform does", async () => {
    await signal(1);
    expect(responseCode(await run(STARTUP, 1))).toBe(codeOf("TPM_RC_LOCALITY"));
    expect(responseCode(await run(STARTUP, 32))).toBe(codeOf("TPM_RC_LOCALITY"));
    expect(await run(STARTUP, 31)).toBe(SUCCESS);
  });

  it("gives _TPM_Hash_* of a D-RTM to PCR 17", async () => {
    await signal(1);
    await run(STARTUP);
    expect((await run(readPcr(17))).slice(-64)).toBe("ff".repeat(32));
    expect(await commands.ask("00000005", 4)).toBe(ACK);
    expect(await commands.ask(`00000006 00000003 616263`, 4)).toBe(ACK);
    expect(await commands.ask("00000007", 4)).toBe(ACK);
    expect((await run(readPcr(17))).slice(-64)).toBe(
      "589f9ffed4c477966bfb8d41f37895b08c69047df8f911d6f3b57fbe08faee8d",
    );
  });

  it("goes into failure mode when told, until _TPM_Init", async () => {
    await signal(1);
    await run(STARTUP);
    await signal(30);
    expect(responseCode(await run(GET_RANDOM))).toBe(codeOf("TPM_RC_FAILURE"));
    await signal(17);
    expect(await run(STARTUP)).toBe(SUCCESS);
  });

  it("shakes hands, counts sizes, knows its timers, and takes what means nothing to it", async () => {
    expect(await commands.ask("0000000f 00000001", 12)).toBe(`00000001 0000000d ${ACK}`.replaceAll(" ", ""));
    expect(await commands.ask("00000010 00000005", 4)).toBe(ACK);
    await signal(1);
    await run(STARTUP);
    await run(READ_CLOCK);
    await signal(13);
    await signal(14);
    expect(await platform.ask(`0000001a ${hexOf(TPM_RH.TPM_RH_ACT_0)}`, 8)).toBe(`${ACK}${ACK}`);
    // Largest command: TPM2_Startup, 12 bytes; largest response: of TPM2_ReadClock, 35 bytes.
    expect(await platform.ask("00000019", 24)).toBe(
      `000000100c000000${hexOf(TPM_CC.TPM_CC_Startup)}2300000000000000${ACK}`,
    );
    expect(await platform.ask("00000019", 24)).toBe(`00000010${"00".repeat(16)}${ACK}`);
  });

  it("cancels commands as long as the signal is on, those that can be", async () => {
    await signal(1);
    await signal(9);
    expect(await run(STARTUP)).toBe(SUCCESS);
    await signal(10);
    expect(responseCode(await run(GET_RANDOM))).toBe(codeOf("TPM_RC_SUCCESS"));
  });

  it("ends a session and the whole when told", async () => {
    commands.send("00000014");
    await commands.closed();
    platform.send("00000015");
    await simulator.stopped;
  });

  it("closes the connection of a client that breaks the protocol, and lives", async () => {
    for (const nonsense of ["deadbeef", "00000008 00 7fffffff", "00000006 ffffffff", "0000000f 00000000"]) {
      const client = await Client.to(simulator.where.port);
      client.send(nonsense);
      await client.closed();
    }
    expect(reports).toHaveLength(4);
    expect(await platform.ask("000000ff", 4)).toBe("00000001");
    await platform.closed();
    const tooLong = `00000008 00 00001001 ${"00".repeat(4097)}`;
    await (await Client.to(simulator.where.port + 1)).ask("00000001", 4);
    expect(await commands.ask(tooLong, 18)).toBe(`0000000a${bare("TPM_RC_COMMAND_SIZE")}${ACK}`);
    expect(await run(STARTUP)).toBe(SUCCESS);
  });

  it("outlives garbage, silence and half a command on both ports", async () => {
    const silent = [await Client.to(simulator.where.port), await Client.to(simulator.where.port + 1)];
    silent[0]?.send("00000008 00 0000000c 8001");
    // Power, failure mode and stop are real messages; the rest of the space is what garbage hits.
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 64 }).filter((bytes) => bytes[0] !== 0);
    await fc.assert(
      fc.asyncProperty(garbage, fc.boolean(), async (bytes, toPlatform) => {
        const client = await Client.to(simulator.where.port + (toPlatform ? 1 : 0));
        client.socket.end(bytes);
        await client.closed();
      }),
      { numRuns: 30 },
    );
    await signal(1);
    expect(await run(STARTUP)).toBe(SUCCESS);
    for (const client of silent) client.close();
  });

  it("says which port is taken", async () => {
    const { port } = simulator.where;
    const parts = { tpm, store: new SwitchableStore(new MemoryStore()), host: "127.0.0.1", report: () => {} };
    await expect(Simulator.start({ ...parts, port })).rejects.toThrow(
      `--port: can't listen on 127.0.0.1:${port}: the address is in use by another program`,
    );
    await expect(Simulator.start({ ...parts, port, host: "192.0.2.1" })).rejects.toThrow("no such address");
  });
});
