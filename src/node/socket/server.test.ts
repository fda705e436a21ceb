import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TPM_PT } from "../../spec/properties.ts";
import { Client } from "../testkit/client.ts";
import {
  bare,
  codeOf,
  command,
  GET_RANDOM,
  hexOf,
  readPcr,
  responseCode,
  STARTUP,
  SUCCESS,
} from "../testkit/messages.ts";
import { OK, type SocketPair, startSocketPair } from "../testkit/socketPair.ts";
import { startSocketServer } from "../testkit/socketServer.ts";

describe("tabtpm socket", () => {
  let pair: SocketPair;
  let control: Client;
  let data: Client;

  async function start(...args: string[]): Promise<void> {
    pair = await startSocketPair(args);
    ({ control, data } = pair);
  }
  beforeEach(() => start());
  afterEach(() => pair.close());
  /** Restarts the server with other options. */
  async function restart(...args: string[]): Promise<void> {
    await pair.close();
    await start(...args);
  }

  it("has the TPM's failure response until CMD_INIT, and tells apart what needs a running TPM", async () => {
    expect(await data.ask(STARTUP, 10)).toBe(bare("TPM_RC_FAILURE"));
    // Established, hash start/data/end, cancel, store volatile, reset established, get state.
    for (const command of ["04", "06", "07 00000001 aa", "08", "09", "0a", "0b 03", `0c ${OK} 00000001 ${OK}`]) {
      expect(await control.ask(`000000${command}`, 4), command).toBe("0000000a");
    }
    expect(await pair.init()).toBe(OK);
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    expect(await control.ask("00000004", 8)).toBe(`${OK}${OK}`);
    expect(await pair.setBlob(1, "00")).toBe("0000000a");
    expect(await control.ask("00000011 00001000", 4)).toBe("0000000a");
    expect(await control.ask("0000000e", 4)).toBe(OK);
    expect(await data.ask(GET_RANDOM, 10)).toBe(bare("TPM_RC_FAILURE"));
  });

  it("answers what needs none", async () => {
    // Everything but CMD_SET_DATAFD, which TCP can't carry.
    expect(await control.ask("00000001", 8)).toBe(`${OK}0001efff`);
    expect(await control.ask("0000000f", 8)).toBe(`${OK}${OK}`);
    expect(await control.ask("00000010", 4)).toBe("00000003");
    expect(await control.ask("00000013 00000005", 4)).toBe(OK);
    expect(await control.ask("000000ff", 4)).toBe("0000000a");
  });

  it("tells the guest how large the device's buffer is", async () => {
    const setSize = (size: number) => control.ask(`00000011 ${hexOf(size)}`, 16);
    const limits = `${hexOf(2808)}${hexOf(4096)}`;
    expect(await setSize(0)).toBe(`${OK}${hexOf(4096)}${limits}`);
    expect(await setSize(10)).toBe(`${OK}${hexOf(2808)}${limits}`);
    expect(await setSize(9000)).toBe(`${OK}${hexOf(4096)}${limits}`);
    // What QEMU's CRB has.
    expect(await setSize(3968)).toBe(`${OK}${hexOf(3968)}${limits}`);
    for (let resets = 0; resets < 2; resets++) {
      expect(await pair.init()).toBe(OK);
      expect(await setSize(0)).toBe(`${OK}${hexOf(3968)}${limits}`);
      expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
      const sizes = {
        capability: "TPM_CAP_TPM_PROPERTIES",
        property: "TPM_PT_MAX_COMMAND_SIZE",
        propertyCount: 2,
      } as const;
      const response = await data.ask(command("GetCapability", { parameters: sizes }), 35);
      const { TPM_PT_MAX_COMMAND_SIZE, TPM_PT_MAX_RESPONSE_SIZE } = TPM_PT;
      const shown = [TPM_PT_MAX_COMMAND_SIZE, 3968, TPM_PT_MAX_RESPONSE_SIZE, 3968].map((value) => hexOf(value));
      expect(response.slice(38)).toBe(shown.join(""));
    }
  });

  it("describes the TPM", async () => {
    const head = await control.ask(`00000012 00000000 00000001 ${OK} ${OK}`, 12);
    const size = Number.parseInt(head.slice(16), 16);
    const text = Buffer.from(await control.receive(size), "hex").toString();
    expect(text).toBe('{"TPMSpecification":{"family":"2.0","level":0,"revision":159}}\0');
    const features = await control.ask(`00000012 00000000 00000004 ${OK} ${OK}`, 12);
    expect(Buffer.from(await control.receive(Number.parseInt(features.slice(16), 16)), "hex").toString()).toBe(
      '{"TPMFeatures":{"RSAKeySizes":[1024,2048,3072,4096],"CamelliaKeySizes":[128,192,256]}}\0',
    );
    expect(await control.ask(`00000012 00000000 00000001 ${hexOf(size - 1)} ${OK}`, 4)).toBe("00000003");
    expect((await control.ask(`00000012 00000000 00000001 ${hexOf(size - 3)} ${OK}`, 12)).slice(16)).toBe("00000003");
    expect(await control.receive(3)).toBe("7d7d00");
  });

  it("takes localities of one byte and of a padded struct, in any split", async () => {
    const arbitrary = fc.array(
      fc.record({
        command: fc.constantFrom(5, 11),
        locality: fc.nat(255),
        padding: fc.option(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255))),
        cut: fc.nat(8),
      }),
      { maxLength: 6 },
    );
    await pair.init();
    await fc.assert(
      fc.asyncProperty(arbitrary, async (requests) => {
        for (const { command, locality, padding, cut } of requests) {
          const request = Buffer.from([0, 0, 0, command, locality, ...(padding ?? [])]);
          control.socket.write(request.subarray(0, cut));
          control.socket.write(request.subarray(cut));
          const isAllowed = command === 5 ? locality <= 4 : locality === 3 || locality === 4;
          expect(await control.receive(4)).toBe(isAllowed ? OK : "0000003d");
        }
        expect(await control.ask("0000000f", 8)).toBe(`${OK}${OK}`);
      }),
      { numRuns: 20 },
    );
  });

  it("keeps the locality for bare commands; frames bring their own", async () => {
    await pair.init();
    expect(await control.ask("00000005 01", 4)).toBe(OK);
    expect(await data.ask(STARTUP, 10)).toBe(bare("TPM_RC_LOCALITY"));
    expect(await data.ask(`00000008 00 0000000c ${STARTUP}`, 18)).toBe(`0000000a${SUCCESS}${OK}`);
    expect((await data.ask(`00000008 05 0000000c ${GET_RANDOM}`, 18)).slice(20, 28)).toBe(codeOf("TPM_RC_LOCALITY"));
  });

  it("obeys --locality: TPM2_SetLocality only when allowed, locality 4 not when rejected", async () => {
    await pair.init();
    const setLocality = (locality: string) => `80010000000b20001000${locality}`;
    expect(await data.ask(setLocality("03"), 10)).toBe(bare("TPM_RC_FAILURE"));
    await restart("--locality", "allow-set-locality,reject-locality-4", "--flags", "not-need-init");
    expect(await data.ask(setLocality("03"), 10)).toBe(SUCCESS);
    expect(await data.ask(setLocality("04"), 10)).toBe(bare("TPM_RC_LOCALITY"));
    expect(await data.ask("80010000000a20001000", 10)).toBe(bare("TPM_RC_INSUFFICIENT"));
    expect(await control.ask("00000005 04", 4)).toBe("0000003d");
    // Startup at locality 3 shows in PCR 0.
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    expect((await data.ask(readPcr(0), 62)).slice(-2)).toBe("03");
  });

  it("measures a D-RTM, and resets tpmEstablished from localities 3 and 4", async () => {
    await pair.init();
    await data.ask(STARTUP, 10);
    expect(await control.ask("00000006", 4)).toBe(OK);
    expect(await control.ask(`00000007 00001403 ${"61".repeat(5123)}`, 4)).toBe(OK);
    expect(await control.ask("00000008", 4)).toBe(OK);
    expect(await control.ask("00000004", 8)).toBe(`${OK}01000000`);
    expect(await control.ask("0000000b 02", 4)).toBe("0000003d");
    expect(await control.ask("0000000b 03", 4)).toBe(OK);
    expect(await control.ask("00000004", 8)).toBe(`${OK}${OK}`);
  });

  it("ends with CMD_SHUTDOWN, and with the data connection under --terminate", async () => {
    expect(await control.ask("00000003", 4)).toBe(OK);
    await pair.tabtpm.server.stopped;
    await restart("--terminate");
    data.close();
    await pair.tabtpm.server.stopped;
    await restart("--ctrl", "type=tcp,port=0,terminate");
    control.close();
    await pair.tabtpm.server.stopped;
  });

  it("starts the TPM up when told, and closes after a response when told", async () => {
    const started = await startSocketServer(["--port", "0", "--flags", "startup-clear"]);
    const client = await Client.to(started.server.ports.server);
    expect(responseCode(await client.ask(GET_RANDOM, 16))).toBe(codeOf("TPM_RC_SUCCESS"));
    await client.closed();
    await started.close();
    await expect(startSocketServer(["--port", "0", "--flags", "startup-state"])).rejects.toThrow(
      "TPM2_Startup(STATE) failed: TPM_RC_VALUE. Drop startup-state from --flags.",
    );
  });

  it("serves one client of the data channel after the other, or as many at once as it is told to", async () => {
    const { server } = pair.tabtpm.server.ports;
    await pair.init();
    const second = await Client.to(server);
    const gone = await Client.to(server);
    const third = await Client.to(server);
    second.send(STARTUP);
    gone.socket.resetAndDestroy();
    third.send(STARTUP);
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    expect(await data.ask(GET_RANDOM, 16)).toMatch(/^800100000010/);
    expect([second.pieces, third.pieces]).toEqual([[], []]);
    data.close();
    expect(await second.receive(10)).toBe(bare("TPM_RC_INITIALIZE"));
    expect(third.pieces).toEqual([]);
    second.close();
    expect(await third.receive(10)).toBe(bare("TPM_RC_INITIALIZE"));
    third.close();

    await restart("--server", "type=tcp,port=0,max-clients=2");
    const other = await Client.to(pair.tabtpm.server.ports.server);
    await pair.init();
    expect(await other.ask(STARTUP, 10)).toBe(SUCCESS);
    expect(await data.ask(STARTUP, 10)).toBe(bare("TPM_RC_INITIALIZE"));
    other.close();
  });

  it("outlives garbage, silence and half a command on both channels", async () => {
    await restart("--server", "type=tcp,port=0,max-clients=9");
    const silent = [await Client.to(pair.tabtpm.server.ports.server), await Client.to(pair.tabtpm.server.ports.ctrl)];
    for (const client of silent) client.send("0000000c 8001");
    // CMD_SHUTDOWN is a real command; the rest of the space is what garbage hits.
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 64 }).filter((bytes) => bytes[0] !== 0);
    await fc.assert(
      fc.asyncProperty(garbage, fc.boolean(), async (bytes, toControl) => {
        const client = await Client.to(toControl ? pair.tabtpm.server.ports.ctrl : pair.tabtpm.server.ports.server);
        client.socket.end(bytes);
        await client.closed();
      }),
      { numRuns: 30 },
    );
    expect(await pair.init()).toBe(OK);
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    for (const client of silent) client.close();
  });

  it("outlives garbage in any pieces, and who leaves in the middle, on a Unix socket for control", async () => {
    const path = join(pair.tabtpm.dir, "unix");
    const server = await startSocketServer(["--ctrl", `type=unixio,path=${path}`, "--flags", "not-need-init"]);
    // A 3 may be CMD_SHUTDOWN's.
    const piece = fc.uint8Array({ minLength: 1, maxLength: 40 }).filter((bytes) => !bytes.includes(3));
    const ends = fc.constantFrom("end", "destroy", "stay");
    const stay: Client[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), ends, async (pieces, end) => {
        const client = await Client.to(path);
        for (const bytes of pieces) client.socket.write(bytes);
        if (end === "end") client.socket.end();
        else if (end === "destroy") client.close();
        else stay.push(client);
        if (end === "end") await client.closed();
      }),
      { numRuns: 60 },
    );
    const client = await Client.to(path);
    expect(await client.ask("00000001", 8)).toBe(`${OK}0001ffff`);
    for (const each of [client, ...stay]) each.close();
    await server.close();
  });

  it("listens on Unix sockets, takes the place of a killed server's, but of no other file", async () => {
    const path = join(pair.tabtpm.dir, "control");
    const options = ["--ctrl", `type=unixio,path=${path},mode=0600`];
    const first = await startSocketServer(options);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const client = await Client.to(path);
    expect(await client.ask("00000001", 8)).toBe(`${OK}0001ffff`);
    expect(await client.ask("00000010", 4)).toBe("00000003");
    await expect(startSocketServer(options)).rejects.toThrow(`another program listens on ${path}`);
    client.close();
    await first.close();
    await writeFile(path, "something else");
    await expect(startSocketServer(options)).rejects.toThrow("is no socket");
  });
});
