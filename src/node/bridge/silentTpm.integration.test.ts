/** The bridge before a swtpm that has stopped answering, as one that hangs. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { bridgedTpm, type WebSocketLike } from "../../remote/index.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { bridge } from "./command.ts";
import { type BridgeCommand, parseBridgeOptions } from "./options.ts";

const GET_RANDOM = Uint8Array.from(Buffer.from("80010000000c0000017b0010", "hex"));
/** What has four octets after its result: CMD_GET_CAPABILITY, CMD_GET_TPMESTABLISHED. */
const LONGER = [1, 4];

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listening(onData: (socket: Socket, data: Buffer) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => onData(socket, data));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

it("ends with SIGTERM although the TPM does not answer its command", async () => {
  const control = await listening((socket, data) => {
    socket.write(Buffer.alloc(LONGER.includes(data.readUInt32BE(0)) ? 8 : 4));
  });
  let heard = () => {};
  const asked = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const data = await listening(() => heard());
  const streams = new FakeStreams(false);
  const end = new AbortController();
  const to = `swtpm:127.0.0.1:${data},127.0.0.1:${control}`;
  const ended = bridge(parseBridgeOptions(["--to", to]) as BridgeCommand, streams, end.signal);
  while (!streams.output.includes("is bridged at")) await new Promise(setImmediate);
  const [, url = ""] = /bridged at (\S+)/.exec(streams.output) ?? [];
  const open = (address: string, protocol: string) => new WebSocket(address, protocol) as unknown as WebSocketLike;
  const guest = bridgedTpm({ url, open });
  await guest.powerOn();
  const answer = guest.execute(GET_RANDOM).catch((error: Error) => error);
  await asked;
  end.abort();
  await ended;
  expect(await answer).toBeInstanceOf(Error);
  await guest.close();
});
