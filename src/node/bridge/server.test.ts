import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { FakeBackend } from "../../engine/testkit/fakeBackend.ts";
import * as P from "../../remote/bridgeProtocol.ts";
import { bridgedTpm, type WebSocketLike } from "../../remote/index.ts";
import { UsageError } from "../errors.ts";
import { parseBridgeOptions } from "./options.ts";
import { BridgeServer } from "./server.ts";
import { newToken, tokenIn } from "./token.ts";

const TOKEN = "a-token-for-tests-only";
const GET_RANDOM = Uint8Array.from(Buffer.from("80010000000c0000017b0010", "hex"));
const ANSWER = Uint8Array.from(Buffer.from("80010000000a00000000", "hex"));

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

class CountingBackend extends FakeBackend {
  powers: string[] = [];
  override async powerOn(options: { bufferSize?: number } = {}): Promise<void> {
    this.powers.push(`on ${options.bufferSize ?? ""}`);
    await super.powerOn();
  }
  override async powerOff(): Promise<void> {
    this.powers.push("off");
    await super.powerOff();
  }
}

async function bridge(tpm = new CountingBackend(), origins: string[] = []) {
  const said: string[] = [];
  const parts = { tpm, name: "a TPM", shared: false, token: TOKEN, origins, host: "127.0.0.1", port: 0 };
  const server = await BridgeServer.listen({ ...parts, say: (text) => said.push(text) });
  ends.push(() => server.close());
  return { tpm, server, said };
}

function clientOf(server: BridgeServer, token = TOKEN) {
  const open = (url: string, protocol: string) => new WebSocket(url, protocol) as unknown as WebSocketLike;
  const tpm = bridgedTpm({ url: `${server.url}#${token}`, open });
  ends.push(() => tpm.close());
  return tpm;
}

/** A client that says what it likes. @returns the code with which it is turned away. */
async function closedFor(server: BridgeServer, says: (string | Uint8Array)[], origin?: string) {
  const socket = new WebSocket(server.url, P.SUBPROTOCOL, origin === undefined ? {} : { origin });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  await once(socket, "open");
  for (const each of says) socket.send(each);
  const [code, reason] = (await closed) as [number, Buffer];
  return { code, reason: reason.toString() };
}

const hello = (changes: object = {}) => JSON.stringify({ type: "hello", version: 1, token: TOKEN, ...changes });

describe("the bridge", () => {
  it("carries commands, cancels, power and dynamic launches", async () => {
    const { tpm, server } = await bridge();
    const client = clientOf(server);
    await client.ready;
    expect([client.name, client.shared]).toEqual([`a TPM, through the bridge at ${server.url}`, false]);
    await client.powerOn({ bufferSize: 3968 });
    expect(tpm.powers).toEqual(["on 3968"]);
    const executed = new Promise<void>((resolve) => {
      tpm.onExecute = () => resolve();
    });
    const cancel = new AbortController();
    const answered = client.execute(GET_RANDOM, { locality: 3, signal: cancel.signal });
    await executed;
    expect(tpm.executed).toEqual([{ command: GET_RANDOM, locality: 3 }]);
    cancel.abort();
    const cancelled = new Promise<void>((resolve) => {
      tpm.cancel = () => resolve();
    });
    await cancelled;
    tpm.established = true;
    await tpm.answer(ANSWER);
    expect(await answered).toEqual(ANSWER);
    expect(client.established).toBe(true);
    expect(await client.resetEstablished(4)).toBe(true);
    expect([client.established, tpm.establishmentResets]).toEqual([false, [4]]);
    await client.powerOff();
    expect(tpm.powers).toEqual(["on 3968", "off"]);
  });

  it("switches the TPM off when its guest goes, and takes the next one then", async () => {
    const { tpm, server } = await bridge();
    const first = clientOf(server);
    await first.ready;
    await first.powerOn();
    await expect(clientOf(server).ready).rejects.toThrow("another guest has the TPM");
    await first.close();
    const second = clientOf(server);
    await second.ready;
    expect(tpm.powers.at(-1)).toBe("off");
    await second.powerOn();
    expect(tpm.powers.at(-1)).toBe("on ");
  });

  it("that goes in the middle of a command ends it, and a new one is there for the next _TPM_Init", async () => {
    const { tpm, server } = await bridge();
    const client = clientOf(server);
    await client.ready;
    await client.powerOn();
    const executed = new Promise<void>((resolve) => {
      tpm.onExecute = () => resolve();
    });
    const answered = client.execute(GET_RANDOM);
    await executed;
    const gone = expect(answered).rejects.toThrow("has gone");
    await server.close();
    await gone;
    await expect(client.execute(GET_RANDOM)).rejects.toThrow("There is no bridge at");
    await expect(client.powerOn()).rejects.toThrow("There is no bridge at");
    expect(client.power).toBe("failed");
    const port = Number(new URL(server.url).port);
    const parts = { tpm, name: "a TPM", shared: false, token: TOKEN, origins: [], host: "127.0.0.1", port };
    const again = await BridgeServer.listen({ ...parts, say: () => {} });
    ends.push(() => again.close());
    await client.ready;
    await client.powerOn();
    expect(client.power).toBe("on");
  });

  it("turns away who knows no token, speaks another version, or is from elsewhere, and says so without the token", async () => {
    const { tpm, server, said } = await bridge(undefined, ["https://example.org"]);
    for (const token of ["", "x", `${TOKEN}x`, TOKEN.toUpperCase()]) {
      expect((await closedFor(server, [hello({ token })])).code).toBe(P.CLOSE.token);
    }
    expect((await closedFor(server, [hello({ version: 2 })])).code).toBe(P.CLOSE.version);
    expect((await closedFor(server, ["{}"])).code).toBe(P.CLOSE.protocol);
    for (const origin of [
      "https://evil.example",
      "https://example.org:8443",
      "http://127.0.0.1.evil.example",
      "https://localhost",
      "null",
    ]) {
      expect([origin, (await closedFor(server, [hello()], origin)).code]).toEqual([origin, P.CLOSE.origin]);
    }
    expect(said.join("\n")).not.toContain(TOKEN);
    expect(tpm.executed).toEqual([]);
    // Whoever is let in breaks the protocol: that comes after the hello.
    for (const origin of [
      "https://example.org",
      "http://localhost:8080",
      "http://127.0.0.1:1",
      "http://[::1]:5",
      undefined,
    ]) {
      expect([origin, (await closedFor(server, [hello(), hello()], origin)).code]).toEqual([origin, P.CLOSE.protocol]);
    }
  });

  it("ends the connection of a guest that breaks the protocol, and goes on", async () => {
    const { server } = await bridge();
    for (const message of [
      new Uint8Array([0x77, 0, 0, 0, 1]),
      P.encodeMessage(P.EXECUTE, 1, new Uint8Array([9, 1, 2])),
      P.encodeMessage(P.POWER_ON, 1, new Uint8Array([0, 0, 0, 1])),
      P.encodeMessage(P.DONE, 1, new Uint8Array(1)),
    ]) {
      expect((await closedFor(server, [hello(), message])).code).toBe(P.CLOSE.protocol);
    }
    // What is larger than any message is not even read.
    expect((await closedFor(server, [hello(), new Uint8Array(100_000)])).code).toBe(1009);
    await clientOf(server).ready;
  });

  it("says why there is no TPM behind it", async () => {
    const tpm = new CountingBackend();
    Object.defineProperty(tpm, "ready", { get: () => Promise.reject(new Error("swtpm is not there")) });
    const { server } = await bridge(tpm);
    await expect(clientOf(server).ready).rejects.toThrow("swtpm is not there");
  });
});

describe("the bridge's options", () => {
  it("are loopback and nothing that harms, unless told", () => {
    expect(parseBridgeOptions(["--to", "device:/dev/tpm0"])).toEqual({
      to: { kind: "device", path: "/dev/tpm0" },
      shared: true,
      allowed: [],
      key: undefined,
      host: "127.0.0.1",
      port: 0,
      tokenFile: undefined,
      origins: [],
    });
    const more = [
      "--listen",
      "[::1]:7",
      "--allow",
      "TPM2_Clear",
      "--allow",
      "TPM_RH_LOCKOUT",
      "--origin",
      "https://a.b/c",
    ];
    expect(parseBridgeOptions(["--to", "swtpm:h:1", "--shared", ...more])).toMatchObject({
      shared: true,
      allowed: ["Clear", "TPM_RH_LOCKOUT"],
      host: "::1",
      port: 7,
      origins: ["https://a.b"],
    });
  });

  it.each([
    [[]],
    [["--to", "bridge:ws://h:1/#x"]],
    [["--to", "swtpm:h:1", "--allow", "Clear"]],
    [["--to", "device:/dev/tpm0", "--allow", "all"]],
    [["--to", "device:/dev/tpm0", "--allow", "Startup"]],
    [["--to", "state:x", "--shared"]],
    [["--to", "swtpm:h:1", "--key", "file=x"]],
    [["--to", "swtpm:h:1", "--listen", "8765"]],
    [["--to", "swtpm:h:1", "--listen", "h:70000"]],
    [["--to", "swtpm:h:1", "--origin", "example.org"]],
    [["--to", "swtpm:h:1", "--token-file", ""]],
  ])("%j are none", (argv) => {
    expect(() => parseBridgeOptions(argv)).toThrow(UsageError);
  });
});

describe("the token", () => {
  it("is 192 random bits, and in a file its owner's alone; one that is there is taken", async () => {
    const dir = await mkdtemp(join(tmpdir(), "tabtpm-token-"));
    ends.push(() => rm(dir, { recursive: true, force: true }));
    expect(newToken()).toMatch(/^[\w-]{32}$/);
    expect(newToken()).not.toBe(newToken());
    const token = await tokenIn(join(dir, "new"));
    expect((await stat(join(dir, "new"))).mode & 0o777).toBe(0o600);
    expect(await tokenIn(join(dir, "new"))).toBe(token);
    await writeFile(join(dir, "bad"), "short");
    await expect(tokenIn(join(dir, "bad"))).rejects.toThrow(UsageError);
  });
});
