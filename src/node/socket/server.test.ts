import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TPM_PT } from "../../spec/properties.ts";
import { Client } from "../testing/client.ts";
import {
  bare,
  codeOf,
  command,
  EXTEND_16,
  GET_RANDOM,
  hexOf,
  readPcr,
  responseCode,
  SHUTDOWN,
  STARTUP,
  STARTUP_STATE,
  SUCCESS,
} from "../testing/messages.ts";
import { type SocketServer, startSocketServer } from "../testing/socketServer.ts";

const READ_PCR_16 = readPcr(16);
/** A result of the control channel. */
const OK = "00000000";

describe("tabtpm socket", () => {
  let tabtpm: SocketServer;
  let control: Client;
  let data: Client;

  async function start(...args: string[]): Promise<void> {
    tabtpm = await startSocketServer(["--server", "type=tcp,port=0", "--ctrl", "type=tcp,port=0", ...args]);
    control = await Client.to(tabtpm.server.ports.ctrl);
    data = await Client.to(tabtpm.server.ports.server);
  }
  beforeEach(() => start());
  afterEach(async () => {
    control.close();
    data.close();
    await tabtpm.close();
  });
  /** Restarts the server with other options. */
  async function restart(...args: string[]): Promise<void> {
    await tabtpm.close();
    await start(...args);
  }
  const init = (flags = 0) => control.ask(`00000002 ${hexOf(flags)}`, 4);
  async function getBlob(type: number, offset = 0): Promise<string> {
    const head = await control.ask(`0000000c 00000001 ${hexOf(type)} ${hexOf(offset)}`, 16);
    expect(head.slice(0, 16)).toBe(`${OK}${OK}`);
    const [total, size] = [Number.parseInt(head.slice(16, 24), 16), Number.parseInt(head.slice(24), 16)];
    expect(total).toBe(size);
    return control.receive(size);
  }
  const setBlob = (type: number, hex: string, flags = 0) =>
    control.ask(`0000000d ${hexOf(flags)} ${hexOf(type)} ${hexOf(hex.length / 2)} ${hex}`, 4);

  it("has the TPM's failure response until CMD_INIT, and tells apart what needs a running TPM", async () => {
    expect(await data.ask(STARTUP, 10)).toBe(bare("TPM_RC_FAILURE"));
    // Established, hash start/data/end, cancel, store volatile, reset established, get state.
    for (const command of ["04", "06", "07 00000001 aa", "08", "09", "0a", "0b 03", `0c ${OK} 00000001 ${OK}`]) {
      expect(await control.ask(`000000${command}`, 4), command).toBe("0000000a");
    }
    expect(await init()).toBe(OK);
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    expect(await control.ask("00000004", 8)).toBe(`${OK}${OK}`);
    expect(await setBlob(1, "00")).toBe("0000000a");
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
      expect(await init()).toBe(OK);
      expect(await setSize(0)).toBe(`${OK}${hexOf(3968)}${limits}`);
      expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
      const sizes = { capability: "TPM_CAP_TPM_PROPERTIES", property: "TPM_PT_MAX_COMMAND_SIZE", propertyCount: 2 };
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
    await init();
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
    await init();
    expect(await control.ask("00000005 01", 4)).toBe(OK);
    expect(await data.ask(STARTUP, 10)).toBe(bare("TPM_RC_LOCALITY"));
    expect(await data.ask(`00000008 00 0000000c ${STARTUP}`, 18)).toBe(`0000000a${SUCCESS}${OK}`);
    expect((await data.ask(`00000008 05 0000000c ${GET_RANDOM}`, 18)).slice(20, 28)).toBe(codeOf("TPM_RC_LOCALITY"));
  });

  it("obeys --locality: TPM2_SetLocality only when allowed, locality 4 not when rejected", async () => {
    await init();
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
    await init();
    await data.ask(STARTUP, 10);
    expect(await control.ask("00000006", 4)).toBe(OK);
    expect(await control.ask(`00000007 00001403 ${"61".repeat(5123)}`, 4)).toBe(OK);
    expect(await control.ask("00000008", 4)).toBe(OK);
    expect(await control.ask("00000004", 8)).toBe(`${OK}01000000`);
    expect(await control.ask("0000000b 02", 4)).toBe("0000003d");
    expect(await control.ask("0000000b 03", 4)).toBe(OK);
    expect(await control.ask("00000004", 8)).toBe(`${OK}${OK}`);
  });

  it("stores the volatile state, and resumes from it at the next CMD_INIT", async () => {
    await init();
    await data.ask(STARTUP, 10);
    await data.ask(EXTEND_16, 19);
    const pcr = await data.ask(READ_PCR_16, 62);
    expect(await control.ask("0000000a", 4)).toBe(OK);
    await stat(join(tabtpm.dir, "tpm2.volatile"));
    expect(await init(1)).toBe(OK);
    expect(await data.ask(READ_PCR_16, 62)).toBe(pcr);
    await expect(stat(join(tabtpm.dir, "tpm2.volatile"))).rejects.toThrow("ENOENT");
    // The next one is a plain _TPM_Init.
    expect(await init()).toBe(OK);
    expect(responseCode(await data.ask(READ_PCR_16, 10))).toBe(codeOf("TPM_RC_INITIALIZE"));
  });

  it("gives its state to another one, which goes on from there", async () => {
    await init();
    await data.ask(STARTUP, 10);
    await data.ask(EXTEND_16, 19);
    const pcr = await data.ask(READ_PCR_16, 62);
    const blobs = [await getBlob(1), await getBlob(2), ""];
    expect(await control.ask(`0000000c ${OK} 00000003 ${OK}`, 16)).toBe(`00000800${OK.repeat(3)}`);
    expect(await getBlob(1, 1 << 20)).toBe("");
    expect(await control.ask(`0000000c ${OK} 00000004 ${OK}`, 16)).toBe(`00000009${OK.repeat(3)}`);
    await restart();
    for (const [i, blob] of blobs.entries()) expect(await setBlob(i + 1, blob)).toBe(OK);
    expect(await init(1)).toBe(OK);
    expect(await data.ask(READ_PCR_16, 62)).toBe(pcr);
  });

  it("refuses blobs that are damaged, encrypted, of no type or absurd, and keeps its own", async () => {
    await init();
    const [permanent, volatile] = [await getBlob(1), await getBlob(2)];
    await control.ask("0000000e", 4);
    expect(
      await setBlob(
        1,
        permanent.replace(/.$/, (c) => (c === "0" ? "1" : "0")),
      ),
    ).toBe("00000009");
    expect(await setBlob(1, permanent, 2)).toBe("0000000d");
    expect(await setBlob(3, "00")).toBe("00000003");
    expect(await setBlob(4, "00")).toBe("00000003");
    expect(await setBlob(2, volatile.replace(/^../, "00"))).toBe(OK);
    expect(await init(1)).toBe("00000009");
    expect(tabtpm.log.join("\n")).toMatch(/volatile state .* is damaged, or of another TPM/);
    expect(await init()).toBe(OK);
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    await control.ask("0000000e", 4);
    control.send("0000000d 00000000 00000001 ffffffff");
    await control.closed();
  });

  it("refuses a volatile state with any damage at CMD_INIT, says so, and has its own as before", async () => {
    await init();
    await data.ask(STARTUP, 10);
    await data.ask(EXTEND_16, 19);
    const pcr = await data.ask(READ_PCR_16, 62);
    const volatile = await getBlob(2);
    const bytes = Buffer.from(volatile, "hex");
    const change = { at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) };
    const damage = fc.record({
      changes: fc.array(fc.record(change), { minLength: 1, maxLength: 3 }),
      cut: fc.boolean(),
    });
    await control.ask("0000000e", 4);
    await fc.assert(
      fc.asyncProperty(damage, async ({ changes, cut }) => {
        const bad = Buffer.from(bytes);
        for (const { at, by } of changes) bad[at] = (bytes[at] ?? 0) ^ by;
        expect(await setBlob(2, bad.subarray(0, cut ? changes[0]?.at : bad.length).toString("hex"))).toBe(OK);
        expect(await init(1)).toBe("00000009");
        expect(tabtpm.log.slice(-2)[0]).toMatch(/volatile state .* is damaged, or of another TPM/);
      }),
      { numRuns: 20 },
    );
    // It goes with the permanent state only as that was.
    expect(await setBlob(2, volatile)).toBe(OK);
    expect(await init(1)).toBe(OK);
    expect(await data.ask(READ_PCR_16, 62)).toBe(pcr);
  });

  it("ends with CMD_SHUTDOWN, and with the data connection under --terminate", async () => {
    expect(await control.ask("00000003", 4)).toBe(OK);
    await tabtpm.server.stopped;
    await restart("--terminate");
    data.close();
    await tabtpm.server.stopped;
    await restart("--ctrl", "type=tcp,port=0,terminate");
    control.close();
    await tabtpm.server.stopped;
  });

  /** Restarts a TPM that was used, by `reset`, and says what TPM2_Startup(STATE) answers then. */
  async function startupAfter(reset: () => Promise<unknown>): Promise<string> {
    await init();
    await data.ask(STARTUP, 10);
    await data.ask(EXTEND_16, 19);
    await reset();
    return data.ask(STARTUP_STATE, 10);
  }

  it("sends TPM2_Shutdown(STATE) when told to and the client has not, before a reset and at the end", async () => {
    // A guest that was reset has no state to start up from, as with any other TPM.
    expect(responseCode(await startupAfter(init))).toBe(codeOf("TPM_RC_VALUE", { parameter: 1 }));
    await restart("--flags", "auto-shutdown");
    expect(await startupAfter(init)).toBe(SUCCESS);
    const stopAndInit = async () => {
      expect(await control.ask("0000000e", 4)).toBe(OK);
      await init();
    };
    expect(await startupAfter(stopAndInit)).toBe(SUCCESS);
    const close = async () => {
      const folder = tabtpm;
      const { dir } = folder;
      await folder.server.close();
      await folder.server.tpm.close();
      tabtpm = await startSocketServer(
        ["--server", "type=tcp,port=0", "--ctrl", "type=tcp,port=0", "--flags", "auto-shutdown"],
        dir,
      );
      control = await Client.to(tabtpm.server.ports.ctrl);
      data = await Client.to(tabtpm.server.ports.server);
      await init();
    };
    expect(await startupAfter(close)).toBe(SUCCESS);
  });

  it("sends none when the client has; a TPM2_Shutdown that failed does not count", async () => {
    await restart("--flags", "auto-shutdown");
    const shutDown = async () => {
      expect(await data.ask(SHUTDOWN, 10)).toBe(SUCCESS);
      await init();
    };
    const failToShutDown = async () => {
      expect(responseCode(await data.ask(SHUTDOWN.replace(/0000$/, "0007"), 10))).toBe(
        codeOf("TPM_RC_VALUE", { parameter: 1 }),
      );
      await init();
    };
    expect(await startupAfter(failToShutDown)).toBe(SUCCESS);
    // TPM2_Shutdown(CLEAR) leaves no state to start up from.
    expect(responseCode(await startupAfter(shutDown))).toBe(codeOf("TPM_RC_VALUE", { parameter: 1 }));
    // Whoever has taken the volatile state may bring it back, and it goes with the permanent state as it was.
    await init();
    await data.ask(STARTUP, 10);
    await data.ask(EXTEND_16, 19);
    const pcr = await data.ask(READ_PCR_16, 62);
    const volatile = await getBlob(2);
    expect(await control.ask("0000000e", 4)).toBe(OK);
    expect(await setBlob(2, volatile)).toBe(OK);
    expect(await init(1)).toBe(OK);
    expect(await data.ask(READ_PCR_16, 62)).toBe(pcr);
  });

  it("starts the TPM up when told, and closes after a response when told", async () => {
    await tabtpm.close();
    tabtpm = await startSocketServer(["--port", "0", "--flags", "startup-clear"]);
    data = await Client.to(tabtpm.server.ports.server);
    expect(responseCode(await data.ask(GET_RANDOM, 16))).toBe(codeOf("TPM_RC_SUCCESS"));
    await data.closed();
    await tabtpm.close();
    await expect(startSocketServer(["--port", "0", "--flags", "startup-state"])).rejects.toThrow("TPM2_Startup(STATE)");
    tabtpm = await startSocketServer(["--port", "0"]);
  });

  it("outlives garbage, silence and half a command on both channels", async () => {
    const silent = [await Client.to(tabtpm.server.ports.server), await Client.to(tabtpm.server.ports.ctrl)];
    for (const client of silent) client.send("0000000c 8001");
    // CMD_SHUTDOWN is a real command; the rest of the space is what garbage hits.
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 64 }).filter((bytes) => bytes[0] !== 0);
    await fc.assert(
      fc.asyncProperty(garbage, fc.boolean(), async (bytes, toControl) => {
        const client = await Client.to(toControl ? tabtpm.server.ports.ctrl : tabtpm.server.ports.server);
        client.socket.end(bytes);
        await client.closed();
      }),
      { numRuns: 30 },
    );
    expect(await init()).toBe(OK);
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    for (const client of silent) client.close();
  });

  it("listens on Unix sockets, takes the place of a killed server's, but of no other file", async () => {
    const path = join(tabtpm.dir, "control");
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
