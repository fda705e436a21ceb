import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "../../store/file.ts";
import { run } from "../cli.ts";
import { describeState } from "../inspect.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { defaultAuthorityFolder, openAuthority } from "./authorityFiles.ts";
import { parseProvisionOptions, provisionFolder } from "./command.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tabtpm-provision-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function cli(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(["provision", ...argv], streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}
/** The files of states; what the lock leaves behind is the store's. */
const states = async () => (await readdir(join(home, "tpm"))).filter((name) => !name.startsWith("tpm2.lock"));
const stateFile = () => join(home, "tpm", "tpm2.state");

describe("the command line of provision", () => {
  it("has swtpm_setup's names for what swtpm_setup has", () => {
    const parsed = parseProvisionOptions(
      "--tpm2 --tpm-state dir:///some/dir --create-ek-cert --lock-nvram --pcr-banks sha256,SHA1 --overwrite --ca c".split(
        " ",
      ),
    );
    expect(parsed).toEqual({
      ...{
        state: "/some/dir",
        profile: undefined,
        pcrBanks: [0x0b, 0x04],
        ca: "c",
        lockNv: true,
        existing: "overwrite",
      },
    });
    expect(parseProvisionOptions(["--state", "d", "--pcr-banks", "-", "--not-overwrite"])).toMatchObject({
      pcrBanks: undefined,
      existing: "keep",
      ca: defaultAuthorityFolder(),
    });
    expect(parseProvisionOptions(["-h"])).toBeUndefined();
  });

  it.each([
    [[], "--state DIR"],
    [["--state", ""], "--state DIR"],
    [["--state", "d", "--ca", ""], "--ca"],
    [["--state", "d", "--profile", "best"], '"best"'],
    [["--state", "d", "--pcr-banks", "sha256,md5"], '"md5"'],
    [["--state", "d", "--overwrite", "--not-overwrite"], "contradict"],
    [["--state", "d", "--pwdfile", "f"], "--pwdfile"],
  ])("refuses %j with exit code 2", async (argv, message) => {
    const { code, errors } = await cli(...argv);
    expect([code, errors.split("\n").length]).toEqual([2, 2]);
    expect(errors).toContain(message);
  });

  it("looks for the CA where programs keep a user's data", () => {
    expect(defaultAuthorityFolder({ XDG_DATA_HOME: "/data" })).toBe("/data/tabtpm/ca");
    expect(defaultAuthorityFolder({})).toMatch(/\/\.local\/share\/tabtpm\/ca$/);
  });
});

describe("a folder", () => {
  const argv = () => ["--state", join(home, "tpm"), "--ca", join(home, "data", "ca"), "--profile", "libtpms-0.9"];

  it("gets a TPM whose certificates the CA's file verifies, and inspect prints", async () => {
    const { code, output, errors } = await cli(...argv());
    expect([code, errors]).toEqual([0, ""]);
    expect(output).toMatch(
      /^EK certificate 1 of 7: RSA 2048 \(L-1\)\n(.*\n)+The TPM is in .*, the CA's certificate in .*\n$/,
    );
    const ca = new X509Certificate(await readFile(join(home, "data", "ca", "ca-cert.pem")));
    const lines = (await describeState(new Uint8Array(await readFile(stateFile())))).filter((line) =>
      line.startsWith("EK certificate"),
    );
    expect(lines).toHaveLength(7);
    expect(lines[1]).toMatch(
      /^EK certificate L-2 \(ECC P-256\) in 0x01c0000a: CN=tabtpm demo EK L-2 ECC P-256, serial [0-9A-F]+, issued by /,
    );
    expect(lines[1]).toContain(ca.subject.replace("\n", ", "));
    expect((await stat(stateFile())).mode & 0o777).toBe(0o600);
    expect(await states()).toEqual(["tpm2.state"]);

    const before = await readFile(stateFile());
    const again = await cli(...argv());
    expect([again.code, again.output]).toEqual([1, ""]);
    expect(again.errors).toContain("has a TPM already");
    expect(await cli(...argv(), "--not-overwrite")).toMatchObject({
      code: 0,
      output: expect.stringContaining("it stays"),
    });
    expect(await readFile(stateFile())).toEqual(before);
  }, 120_000);

  it("in use is left alone, and its holder is named", async () => {
    const store = new FileStore({ dir: join(home, "tpm") });
    await store.open();
    try {
      const { code, errors } = await cli(...argv(), "--overwrite");
      expect(code).toBe(1);
      expect(errors).toContain(`${process.pid}`);
    } finally {
      await store.close();
    }
  });

  it("whose provisioning is ended in between has what it had before", async () => {
    await mkdir(join(home, "tpm"));
    await writeFile(stateFile(), "the old one");
    const abort = new AbortController();
    const streams = new FakeStreams(false);
    streams.stdout.on("data", (text: Buffer) => {
      if (text.toString().includes("2 of 9")) abort.abort(new Error("ended"));
    });
    const command = parseProvisionOptions(["--state", join(home, "tpm"), "--ca", join(home, "ca"), "--overwrite"]);
    await expect(provisionFolder(command as NonNullable<typeof command>, streams, abort.signal)).rejects.toThrow(
      "ended",
    );
    expect(await readFile(stateFile(), "utf8")).toBe("the old one");
    expect(await states()).toEqual(["tpm2.state"]);
  });
});

describe("the demo CA's folder", () => {
  it("is made once, its key for its owner's eyes only", async () => {
    const dir = join(home, "a", "b", "ca");
    const [one, two] = await Promise.all([openAuthority(dir), openAuthority(dir)]);
    expect(two.certificate).toEqual(one.certificate);
    expect((await openAuthority(dir)).certificate).toEqual(one.certificate);
    expect((await stat(join(dir, "ca-key.pem"))).mode & 0o777).toBe(0o600);
    expect((await readdir(join(home, "a", "b"))).sort()).toEqual(["ca"]);
  });

  it("that is damaged or taken by something else is left as it is", async () => {
    const dir = join(home, "ca");
    await openAuthority(dir);
    await writeFile(join(dir, "ca-key.pem"), "no key");
    await expect(openAuthority(dir)).rejects.toThrow(/is damaged: .*--ca/);
    expect(await readFile(join(dir, "ca-key.pem"), "utf8")).toBe("no key");

    const other = join(home, "documents");
    await mkdir(other);
    await writeFile(join(other, "letter"), "");
    await expect(openAuthority(other)).rejects.toMatchObject({ name: "StoreError" });
    expect(await readdir(other)).toEqual(["letter"]);
  });
});
