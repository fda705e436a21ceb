import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EndOfStream } from "../net/byteReader.ts";
import { PulledSocket, pipeHandle } from "./pulledSocket.ts";

describe("PulledSocket", () => {
  let folder: string;
  let server: Server;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-pulled-"));
    server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(join(folder, "socket"));
    await once(server, "listening");
  });
  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  async function pair(): Promise<{ client: Socket; socket: Socket; pulled: PulledSocket }> {
    const accepted = once(server, "connection");
    const client = connect(join(folder, "socket"));
    const [socket] = (await accepted) as [Socket];
    return { client, socket, pulled: new PulledSocket(socket, pipeHandle(socket) as never) };
  }

  it("gives the bytes that were sent, in any pieces, and then the end", async () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.infiniteStream(fc.integer({ min: 1, max: 2000 })), async (sent, sizes) => {
        const { client, socket, pulled } = await pair();
        const whole = Buffer.concat(sent);
        for (const piece of sent) client.write(piece);
        client.end();
        const taken: Uint8Array[] = [];
        for (let left = whole.length; left > 0; left -= taken.at(-1)?.length ?? 0) {
          taken.push(await pulled.reader.take(Math.min(left, sizes.next().value)));
        }
        expect(Buffer.concat(taken).equals(whole)).toBe(true);
        await expect(pulled.reader.take(1)).rejects.toBeInstanceOf(EndOfStream);
        socket.destroy();
      }),
      { numRuns: 30 },
    );
  });

  it("reads no further than it is asked to, and throws away what is there when told", async () => {
    const { client, socket, pulled } = await pair();
    client.write(Buffer.from("abcdef"));
    expect(await pulled.reader.take(2)).toEqual(new Uint8Array(Buffer.from("ab")));
    expect(pulled.reader.buffered).toBe(0);
    await pulled.readable();
    pulled.reader.drop();
    client.write(Buffer.from("gh"));
    expect(await pulled.reader.take(2)).toEqual(new Uint8Array(Buffer.from("gh")));
    client.destroy();
    socket.destroy();
  });

  it("ends for who waits when it is closed here", async () => {
    const { client, socket, pulled } = await pair();
    const waiting = pulled.reader.take(1);
    socket.destroy();
    await expect(waiting).rejects.toBeInstanceOf(EndOfStream);
    await pulled.readable();
    expect(pulled.fd).toBeLessThan(0);
    client.destroy();
  });
});
