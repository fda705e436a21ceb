import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { run } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { parseAttestOptions, parsePcrs } from "./options.ts";
import { attestRows } from "./optionTable.ts";
import { openTcti, parseTcti } from "./tcti.ts";

const NEEDED = ["--tcti", "swtpm", "--to", "there"];

describe("the options of tabtpm attest", () => {
  it("are in its help", async () => {
    const streams = new FakeStreams(false);
    expect(await run(["attest", "--help"], streams)).toBe(0);
    for (const [name] of attestRows) expect(streams.output).toContain(`--${name}`);
    for (const line of streams.output.split("\n")) expect(line.length, line).toBeLessThanOrEqual(130);
  });

  it("say what is wanted", () => {
    expect(
      parseAttestOptions([...NEEDED, "--nonce", "00ff", "--pcrs", "sha256:7,0,7+sha1:all", "--key", "rsa"]),
    ).toEqual({
      tcti: { kind: "swtpm", where: { host: "127.0.0.1", port: 2321 } },
      to: "there",
      nonce: new Uint8Array([0, 255]),
      pcrs: [
        { algorithm: 11, pcrs: [0, 7] },
        { algorithm: 4, pcrs: [] },
      ],
      key: "rsa",
    });
    expect(parseAttestOptions(["--help"])).toBe(undefined);
  });

  it.each([
    [[], "--tcti says where"],
    [["--tcti", "swtpm"], "--to DIR is missing"],
    [[...NEEDED, "--credential", "x"], "leave --to out"],
    [[...NEEDED, "--ima", "x"], "needs the verifier's --nonce"],
    [["--tcti", "swtpm", "--credential", "x", "--nonce", "00"], "needs --to DIR"],
    [[...NEEDED, "--nonce", "0"], "in hexadecimal"],
    [[...NEEDED, "--nonce", "00".repeat(65)], "1 to 64 octets"],
    [[...NEEDED, "--nonce", ""], "--nonce needs a value"],
    [[...NEEDED, "--key", "dsa"], 'there is no "dsa"'],
    [[...NEEDED, "--sideways"], "See tabtpm attest --help"],
  ])("are refused: %s", (argv, message) => {
    expect(() => parseAttestOptions(argv)).toThrow(UsageError);
    expect(() => parseAttestOptions(argv)).toThrow(message);
  });

  it.each(["sha256", "sha256:", "md5:0", "aes:0", "sha256:0,", "sha256:24", "sha256:-1", "sha256:0++"])(
    "name no PCRs with %s",
    (text) => {
      expect(() => parsePcrs(text)).toThrow(UsageError);
    },
  );
});

describe("a TCTI", () => {
  it.each([
    ["swtpm:host=there,port=5", { kind: "swtpm", where: { host: "there", port: 5 } }],
    ["mssim:port=5", { kind: "mssim", where: { host: "127.0.0.1", port: 5 } }],
    ["swtpm:path=/run/a=b", { kind: "swtpm", where: { path: "/run/a=b" } }],
    ["device", { kind: "device", path: "/dev/tpmrm0" }],
    ["device:/dev/tpm1", { kind: "device", path: "/dev/tpm1" }],
  ])("%s", (text, tcti) => {
    expect(parseTcti(text)).toEqual(tcti);
  });

  it.each([
    "tabrmd",
    "",
    "swtpm:port=0",
    "swtpm:port=70000",
    "swtpm:port=1,port=2",
    "swtpm:nowhere",
    "swtpm:path=/a,port=1",
  ])("is none: %s", (text) => {
    expect(() => parseTcti(text)).toThrow(UsageError);
  });

  /** Somebody who says this to whoever comes. */
  async function saying(octets: Uint8Array, ...argv: string[]) {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("data", () => socket.end(octets));
      socket.on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const tpm = await openTcti(parseTcti(`${argv[0]}:port=${port}`), new AbortController().signal);
    try {
      return await tpm.execute(Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0x44));
    } finally {
      await tpm.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  }

  it.each([
    ["closes the connection", "swtpm", [], "closed the connection"],
    ["announces no response", "swtpm", [0x80, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], "response of 4294967295 octets"],
    ["announces too small a one", "mssim", [0, 0, 0, 9], "response of 9 octets"],
    ["ends within a response", "mssim", [0, 0, 0, 10, 0x80], "closed the connection"],
    ["does not acknowledge", "mssim", [0, 0, 0, 10, ...new Array<number>(10).fill(0), 0, 0, 0, 1], "acknowledgement"],
  ])("whose server %s is told so", async (_, kind, octets, message) => {
    await expect(saying(Uint8Array.from(octets), kind)).rejects.toThrow(message);
  });

  it("where nobody listens has no TPM", async () => {
    const { signal } = new AbortController();
    await expect(openTcti(parseTcti("swtpm:path=/nowhere/tpm"), signal)).rejects.toThrow(
      "There is no TPM at /nowhere/tpm",
    );
    await expect(openTcti(parseTcti("device:/nowhere/tpm"), signal)).rejects.toThrow("There is no TPM at /nowhere/tpm");
  });
});
