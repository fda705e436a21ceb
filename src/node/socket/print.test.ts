/** `--print-profiles`, `--print-info`, `--print-states`, `--version`. */
import { writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../cli.ts";
import { profileNamed, profileOfFile } from "../profiles.ts";
import { startSocketServer } from "../testkit/socketServer.ts";
import { FakeStreams } from "../testkit/streams.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-print-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function socket(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(["socket", "--tpm2", ...argv], streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}
const json = async (...argv: string[]) => {
  const { code, output, errors } = await socket(...argv);
  expect([code, errors]).toEqual([0, ""]);
  return JSON.parse(output) as Record<string, unknown>;
};

describe("tabtpm socket", () => {
  it("--print-profiles prints what --profile takes", async () => {
    const { AvailableProfiles } = (await json("--print-profiles")) as {
      AvailableProfiles: { Name: string; Description: string }[];
    };
    const names = AvailableProfiles.map(({ Name }) => Name);
    expect(names).toEqual(["full", "libtpms-0.9", "null", "default-v1", "default-v2", "custom"]);
    expect(names.map((name) => profileNamed("--profile", name))).toEqual([
      ...["full", "libtpms-0.9", "libtpms-0.9", "libtpms-0.9", "full", "full"],
    ]);
  });

  it("--profile file= makes a TPM with the profile of that file", () => {
    const from = (json: string) => {
      writeFileSync(join(dir, "profile"), json);
      return profileOfFile("--profile", { file: join(dir, "profile") });
    };
    expect([from('{"Name": "null"}'), from('{"Name": "custom:x", "Description": "y"}')]).toEqual([
      "libtpms-0.9",
      "full",
    ]);
    expect(() => from('{"Name": "custom", "Commands": "0x11f"}')).toThrow("whole profiles only");
    expect(() => profileOfFile("--profile", { file: join(dir, "nowhere") })).toThrow("--profile: ENOENT");
  });

  it("--print-info prints about the TPM that is there, or a new one, and makes none", async () => {
    const state = ["--tpmstate", `dir=${join(dir, "tpm")}`];
    expect(await json("--print-info", "1")).toEqual({ TPMSpecification: { family: "2.0", level: 0, revision: 159 } });
    expect(await json(...state, "--print-info", "0x20")).toEqual({ ActiveProfile: { Name: "full" } });
    expect(await readdir(dir)).toEqual([]);
    const server = await startSocketServer(["--ctrl", "type=tcp,port=0", "--profile", "null"], join(dir, "tpm"));
    // While it runs.
    expect(await json(...state, "--print-info", "32")).toEqual({ ActiveProfile: { Name: "libtpms-0.9" } });
    await server.close();
    expect(Object.keys(await json(...state, "--print-info", "0x67"))).toEqual([
      ...["TPMSpecification", "TPMAttributes", "TPMFeatures", "ActiveProfile", "AvailableProfiles"],
    ]);
  });

  it("--print-info needs the key of an encrypted TPM", async () => {
    await writeFile(join(dir, "key"), "000102030405060708090a0b0c0d0e0f");
    const key = ["--key", `file=${join(dir, "key")}`];
    const server = await startSocketServer(["--ctrl", "type=tcp,port=0", ...key], join(dir, "tpm"));
    await server.close();
    const asked = ["--tpmstate", `dir=${join(dir, "tpm")}`, "--print-info", "0x20"];
    expect(await socket(...asked)).toMatchObject({ code: 1, errors: expect.stringContaining("is encrypted") });
    expect(await json(...asked, ...key)).toEqual({ ActiveProfile: { Name: "full" } });
  });

  it("--version prints what tabtpm --version prints, without more", async () => {
    const streams = new FakeStreams(false);
    await run(["--version"], streams);
    const asked = new FakeStreams(false);
    expect(await run(["socket", "--version"], asked)).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked.output).toBe(streams.output);
  });
});
