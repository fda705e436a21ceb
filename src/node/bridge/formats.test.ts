/** What a guest and a bridge of earlier versions say first, and damaged copies of it: see src/testdata/README.md. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { FakeBackend } from "../../engine/testkit/fakeBackend.ts";
import * as P from "../../remote/bridgeProtocol.ts";
import { bridgedTpm, type WebSocketLike } from "../../remote/index.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { BridgeServer } from "./server.ts";

const TESTDATA = new URL("../../testdata/", import.meta.url);
const folders = readdirSync(TESTDATA, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []));
const URL_OF_BRIDGE = "ws://127.0.0.1:1/#token";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

class WatchedBackend extends FakeBackend {
  readonly powers: string[] = [];
  override async powerOn(): Promise<void> {
    this.powers.push("on");
  }
  override async powerOff(): Promise<void> {
    this.powers.push("off");
  }
}

async function bridge(token: string) {
  const tpm = new WatchedBackend();
  const parts = { tpm, name: "a TPM", shared: false, token, origins: [], host: "127.0.0.1", port: 0 };
  const server = await BridgeServer.listen({ ...parts, say: () => {} });
  ends.push(() => server.close());
  return { tpm, server };
}

/** @returns what the bridge answers to this as the first message: a text, or the code and reason with which it closes. */
async function answerTo(server: BridgeServer, says: string): Promise<string | { code: number; reason: string }> {
  const socket = new WebSocket(server.url, P.SUBPROTOCOL);
  const answered = once(socket, "message").then(([data]) => String(data));
  const closed = once(socket, "close").then(([code, reason]) => ({ code: code as number, reason: String(reason) }));
  await once(socket, "open");
  socket.send(says);
  const answer = await Promise.race([answered, closed]);
  socket.close();
  await closed;
  return answer;
}

/** A bridge that says this first. */
function tpmAt(welcome: string) {
  const tpm = bridgedTpm({
    url: URL_OF_BRIDGE,
    open: () => {
      const socket: WebSocketLike = {
        ...{ binaryType: "", onopen: null, onmessage: null, onclose: null, onerror: null },
        send: () => queueMicrotask(() => socket.onmessage?.({ data: welcome })),
        close: () => queueMicrotask(() => socket.onclose?.({ code: 1000, reason: "" })),
      };
      queueMicrotask(() => socket.onopen?.());
      return socket;
    },
  });
  ends.push(() => tpm.close());
  return tpm;
}

const cut = (text: string) => Array.from({ length: text.length }, (_, size) => text.slice(0, size));
/** The lowest bit of each octet: ASCII stays ASCII. */
const flipped = (text: string) =>
  Array.from(
    { length: text.length },
    (_, at) => `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`,
  );

describe.each(folders)("what they said first: %s", (folder) => {
  const text = (name: string) => readFileSync(new URL(`${folder}/${name}`, TESTDATA), "utf8");
  const { token } = JSON.parse(text("facts.json")) as { token: string };
  const [hello, welcome] = [text("hello.txt"), text("welcome.txt")];

  it("the guest is let in, and the bridge is understood", async () => {
    const { server } = await bridge(token);
    expect(P.decodeWelcome((await answerTo(server, hello)) as string)).toEqual({
      ...P.decodeWelcome(welcome),
      tpm: "a TPM",
    });
    const tpm = tpmAt(welcome);
    await tpm.ready;
    expect(tpm.name).toBe("swtpm at 127.0.0.1:2321, through the bridge at ws://127.0.0.1:1/");
  });

  it("a hello that is cut or changed anywhere is turned away with the reason, and the TPM hears nothing of it", async () => {
    const { tpm, server } = await bridge(token);
    for (const said of [...cut(hello), ...flipped(hello)]) {
      const answer = await answerTo(server, said);
      expect([P.CLOSE.protocol, P.CLOSE.token, P.CLOSE.version], said).toContain((answer as { code: number }).code);
      expect((answer as { reason: string }).reason).not.toBe("");
    }
    const newer = await answerTo(server, JSON.stringify({ ...JSON.parse(hello), version: 2 }));
    expect(newer).toMatchObject({ code: P.CLOSE.version, reason: expect.stringContaining("speaks version 2") });
    expect([tpm.powers, tpm.executed]).toEqual([[], []]);
    expect(typeof (await answerTo(server, hello))).toBe("string");
  });

  it("a welcome that is cut or changed is refused with the reason; but its name is for people, and may be any", async () => {
    for (const said of cut(welcome)) {
      expect(await errorOf(tpmAt(said).ready), said).toMatchObject({ name: "BridgeUnreachableError", why: "foreign" });
    }
    const { tpm: _, ...whole } = P.decodeWelcome(welcome);
    let refused = 0;
    for (const said of flipped(welcome)) {
      let taken: P.Welcome | undefined;
      try {
        taken = P.decodeWelcome(said);
      } catch (error) {
        expect(error).toBeInstanceOf(P.BridgeProtocolError);
        refused++;
        continue;
      }
      const { tpm: _name, ...rest } = taken;
      // The version is looked at by who gets it.
      expect({ ...rest, version: 1 }).toEqual(whole);
    }
    expect(refused).toBeGreaterThan(50);
    const newer = await errorOf(tpmAt(JSON.stringify({ ...JSON.parse(welcome), version: 2 })).ready);
    expect(newer.message).toContain("it speaks version 2, and this is version 1");
  });
});
