import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NOT_DURABLE } from "../durability.ts";
import { UsageError } from "../errors.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { parseSimulatorOptions, type SimulatorOptions, simulate } from "./command.ts";

/** The port that is taken; undefined where it is refused. */
function portOf(value: string): number | undefined {
  try {
    return parseSimulatorOptions([`--port=${value}`])?.port;
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(value);
    return undefined;
  }
}

describe("the options of tabtpm simulator", () => {
  it("are few, and have defaults", () => {
    expect(parseSimulatorOptions([])).toEqual({
      port: 2321,
      host: "127.0.0.1",
      state: undefined,
      profile: undefined,
      pcap: undefined,
    });
    const all = ["--port", "0", "--bind", "::1", "--state", "dir", "--profile", "libtpms-0.9", "--pcap", "x"];
    expect(parseSimulatorOptions(all)).toEqual({
      port: 0,
      host: "::1",
      state: "dir",
      profile: "libtpms-0.9",
      pcap: { file: "x", revealSecrets: false },
    });
    expect(parseSimulatorOptions(["--pcap=x", "--pcap-secrets"])?.pcap).toEqual({ file: "x", revealSecrets: true });
    expect(parseSimulatorOptions(["--durability", "none"])?.durability).toBe("none");
    expect(parseSimulatorOptions(["-h"])).toBeUndefined();
  });

  it.each([
    [["--state", ""], "--state needs the name of a folder"],
    [["--profile", "best"], '--profile is one of full, libtpms-0.9; there is no "best"'],
    [["--port", "65535"], "--port 65535 leaves no next port for the platform; choose a lower one"],
    [["--port", "65536"], '--port needs a port, 0 to 65535; "65536" is none'],
    [["--pcap", ""], "--pcap needs the name of a file"],
    [["--pcap-secrets"], "give that, too"],
    [["--durability", "some"], '--durability is flush or none; there is no "some"'],
    [["--wings"], "--wings"],
  ])("%j is refused with the reason", (argv, message) => {
    expect(() => parseSimulatorOptions(argv)).toThrow(message);
    expect(() => parseSimulatorOptions(argv)).toThrow(UsageError);
  });

  it("take a port that has a next one, and nothing else", () => {
    expect(["0", "65534", "65535", "65536"].map(portOf)).toEqual([0, 65534, undefined, undefined]);
    const near = fc.integer({ min: 65500, max: 65600 });
    fc.assert(
      fc.property(fc.oneof(near, fc.maxSafeNat()), (port) => {
        expect(portOf(String(port))).toBe(port < 65535 ? port : undefined);
      }),
    );
    for (const value of ["-1", "1e3", "0x10", "1.0", " 1", "\u0663"]) expect(portOf(value)).toBeUndefined();
  });
});

it("says at its start that it does not wait for the disk, and only then", async () => {
  const dir = await mkdtemp(join(tmpdir(), "tabtpm-simulator-"));
  try {
    for (const durability of ["none", "flush"]) {
      const argv = ["--port", "0", "--state", join(dir, "tpm"), "--durability", durability];
      const streams = new FakeStreams(false);
      await simulate(parseSimulatorOptions(argv) as SimulatorOptions, streams, AbortSignal.abort());
      expect([durability, streams.errors.includes(NOT_DURABLE)]).toEqual([durability, durability === "none"]);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});
