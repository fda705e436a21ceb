/** What anybody on this machine may do to the bridge, and a guest that is no friend. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { FakeBackend, settle } from "../../engine/testkit/fakeBackend.ts";
import * as P from "../../remote/bridgeProtocol.ts";
import { BridgeServer } from "./server.ts";

const TOKEN = "a-token-for-tests-only";
const HELLO = JSON.stringify({ type: "hello", version: 1, token: TOKEN });
const GET_RANDOM = Uint8Array.from(Buffer.from("80010000000c0000017b0010", "hex"));

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function bridge(tpm = new FakeBackend()) {
  const said: string[] = [];
  const parts = { tpm, name: "a TPM", shared: false, token: TOKEN, origins: [], host: "127.0.0.1", port: 0 };
  const server = await BridgeServer.listen({ ...parts, say: (text) => said.push(text) });
  ends.push(() => server.close());
  return { tpm, server, said, port: Number(new URL(server.url).port) };
}

async function plain(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function guestOf(server: BridgeServer): Promise<WebSocket> {
  const socket = new WebSocket(server.url, P.SUBPROTOCOL);
  socket.on("error", () => {});
  await once(socket, "open");
  socket.send(HELLO);
  await once(socket, "message");
  return socket;
}

it.each([
  ["nothing", ""],
  ["half a request", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpg"],
  ["a request that is none of WebSocket's", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["a body that never ends", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"],
])("ends although somebody has connected who says %s", async (_, text) => {
  const { server, port } = await bridge();
  const socket = await plain(port);
  const closed = once(socket, "close");
  socket.resume();
  if (text !== "") await new Promise((resolve) => socket.write(text, resolve));
  // The connection has been taken when a later one is answered.
  const later = await plain(port);
  later.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await once(later, "data");
  await server.close();
  await closed;
});

it("does nothing more for a guest that has broken the protocol, who may go on sending", async () => {
  const { server, tpm } = await bridge();
  const guest = await guestOf(server);
  const closed = once(guest, "close");
  // In one packet: the second is there before the first one's answer.
  guest.send(P.encodeMessage(0x77, 1));
  guest.send(P.encodeMessage(P.EXECUTE, 2, Uint8Array.of(0), GET_RANDOM));
  await closed;
  await settle();
  expect(tpm.executed).toEqual([]);
});

it("says a page's origin so that a terminal shows it and does not obey it", async () => {
  const { port, said } = await bridge();
  const socket = await plain(port);
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const head = `GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${P.SUBPROTOCOL}\r\n`;
  // CSI as one octet of Latin-1.
  socket.write(Buffer.from(`${head}Origin: http://a\x9b2Jb\r\n\r\n`, "latin1"));
  await once(socket, "data");
  expect(said.join()).toContain("a\\u{9b}2Jb");
  socket.destroy();
});

it("gives a guest that does not take its answers no more than a few of them", async () => {
  const tpm = new FakeBackend();
  const response = new Uint8Array(4096);
  tpm.execute = async () => response;
  const { server } = await bridge(tpm);
  const guest = await guestOf(server);
  const closed = once(guest, "close");
  guest.pause();
  const ask = P.encodeMessage(P.EXECUTE, 7, Uint8Array.of(0), GET_RANDOM);
  for (let count = 0; count < 20_000 && guest.readyState === WebSocket.OPEN; count++) {
    await new Promise((resolve) => guest.send(ask, resolve));
  }
  guest.resume();
  const [code] = await closed;
  expect(code).toBe(P.CLOSE.protocol);
});
