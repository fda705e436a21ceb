/** `tabtpm swtpm_ioctl` against a server in this process. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { type SocketServer, startSocketServer } from "../testkit/socketServer.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { parseIoctlOptions } from "./ioctl.ts";

let dir: string;
let server: SocketServer;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-ioctl-"));
  server = await startSocketServer(["--ctrl", `type=unixio,path=${join(dir, "ctrl")}`], join(dir, "tpm"));
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

async function ioctl(...request: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(["swtpm_ioctl", "--unix", join(dir, "ctrl"), ...request], streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}
const done = (output: string | RegExp = "") => ({
  ...{ code: 0, errors: "", output: typeof output === "string" ? output : expect.stringMatching(output) },
});

describe("swtpm_ioctl", () => {
  it("asks for everything that the control channel has, and prints as swtpm's does", async () => {
    expect(await ioctl("-c")).toEqual(done(/^ptm capability is 0x[0-9a-f]+\n$/));
    expect(await ioctl("-b", "0")).toEqual(
      done(/^TPM buffersize: 4096\nminimum size {2}: \d+\nmaximum size {2}: 4096\n$/),
    );
    expect(await ioctl("-i")).toEqual(done());
    expect(await ioctl("-e")).toEqual(done("tpmEstablished is 0\n"));
    for (const [request, output] of [
      [["-h", "a measured program"], ""],
      [["-e"], "tpmEstablished is 1\n"],
      [["-r", "3"], ""],
      [["-l", "1"], ""],
      [["-C"], ""],
      [["-v"], ""],
      [["-g"], "ptm configuration flags: 0x0\n"],
      [["--info", "0x1"], '{"TPMSpecification":{"family":"2.0","level":0,"revision":159}}\n'],
      [["--lock-storage", "0"], ""],
      [["--save", "permanent", join(dir, "permanent")], ""],
      [["--stop"], ""],
      [["--load", "permanent", join(dir, "permanent")], ""],
      [["-s"], ""],
    ] as const) {
      expect([request, await ioctl(...request)]).toEqual([request, done(output)]);
    }
    await server.server.stopped;
  });

  it("says what went wrong", async () => {
    expect(await ioctl("-v")).toMatchObject({ code: 1, errors: expect.stringContaining("The server's result is 0xa") });
    expect(await ioctl("--load", "permanent", join(dir, "no"))).toMatchObject({
      ...{ code: 1, errors: expect.stringContaining("There is no file") },
    });
    await server.close();
    expect(await ioctl("-i")).toMatchObject({ code: 1, errors: expect.stringContaining("ENOENT") });
  });

  it.each([
    [[], "A request is needed"],
    [["-i"], "--tcp HOST:PORT or --unix PATH is needed"],
    [["--tcp", "[::1]:1", "-i", "-s"], "One request at a time"],
    [["--unix"], "--unix needs a value: --unix PATH"],
    [["--unix", "x", "--save", "permanent"], "--save needs a value: --save FILE"],
    [["--tcp", ":70000", "-i"], "--tcp :70000: give a port from 0 to 65535"],
    [["/dev/vtpm-200", "-i"], 'swtpm_ioctl has no "/dev/vtpm-200"'],
  ])("refuses %j", (argv, message) => {
    expect(() => parseIoctlOptions(argv)).toThrow(UsageError);
    expect(() => parseIoctlOptions(argv)).toThrow(message);
  });

  it.each([
    ["h:1", { host: "h", port: 1 }],
    [":2", { host: "127.0.0.1", port: 2 }],
    ["[::1]:3", { host: "::1", port: 3 }],
    ["h", { host: "h", port: 6545 }],
    [":", { host: "127.0.0.1", port: 6545 }],
  ])("--tcp %s is an address", (text, where) => {
    expect(parseIoctlOptions(["--tcp", text, "-i"])).toMatchObject({ where });
  });

  it("takes or refuses any line", () => {
    const word = fc.oneof(fc.constantFrom("-i", "--tcp", "--unix", "-l", "x:1", "--info"), fc.string());
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        try {
          parseIoctlOptions(argv);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
