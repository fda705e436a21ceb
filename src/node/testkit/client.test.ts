import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Client } from "./client.ts";

let server: Server;
/** A server that does this to each client; its port. */
function serve(treat: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    socket.on("error", () => {});
    treat(socket);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}
afterEach(() => server.close());

describe("a client for tests", () => {
  it.each([
    ["ended at once", (socket) => socket.end()],
    ["reset at once", (socket) => socket.resetAndDestroy()],
    ["ended after its request", (socket) => socket.once("data", () => socket.end())],
    ["reset after its request", (socket) => socket.once("data", () => socket.resetAndDestroy())],
    [
      "reset in the middle of an answer",
      (socket) => socket.once("data", () => socket.write("ab", () => socket.resetAndDestroy())),
    ],
  ] as [string, (socket: Socket) => void][])(
    "takes a connection that is %s for one that was cut off",
    async (_, treat) => {
      const client = await Client.to(await serve(treat));
      client.send("01");
      await expect(client.receive(3)).rejects.toThrow("The connection ended");
      await client.closed();
      // What it sends afterwards goes nowhere.
      client.send("02");
      await client.closed();
      client.close();
    },
  );

  it("receives what it asks for, in whatever pieces it comes", async () => {
    const client = await Client.to(
      await serve((socket) => {
        socket.setNoDelay();
        socket.once("data", (data) => {
          for (const byte of data) socket.write(Uint8Array.of(byte));
          socket.end();
        });
      }),
    );
    expect(await client.ask("00 01 02 03", 3)).toBe("000102");
    expect(await client.receive(1)).toBe("03");
    await client.closed();
    client.close();
  });

  it("fails where nobody listens", async () => {
    const port = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    await expect(Client.to(port)).rejects.toThrow("ECONNREFUSED");
  });
});
