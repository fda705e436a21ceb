import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "../../store/file.ts";
import { Seal } from "../../store/seal.ts";
import { run } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { describeState } from "../inspect.ts";
import { loadKey } from "../keySource.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { defaultAuthorityFolder, openAuthority } from "./authorityFiles.ts";
import { provisionFolder } from "./command.ts";
import { parseProvisionOptions, parseSetupOptions } from "./options.ts";
import { setupRows } from "./optionTable.ts";

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
const storedState = async () => (await new FileStore({ dir: join(home, "tpm") }).exportBlob()) as Uint8Array;

describe("the command line of provision", () => {
  it("has swtpm_setup's names for what swtpm_setup has", () => {
    const parsed = parseProvisionOptions(
      "--tpm2 --tpm-state dir:///some/dir --create-ek-cert --lock-nvram --pcr-banks sha256,SHA1 --overwrite --ca c".split(
        " ",
      ),
    );
    expect(parsed).toEqual({
      ...{ kind: "provision", state: { dir: "/some/dir" }, profile: undefined, pcrBanks: [0x0b, 0x04], ca: "c" },
      ...{ platform: undefined, subject: undefined, lockNv: true, existing: "overwrite", key: undefined },
      ...{ logfile: undefined, runas: undefined },
      idle: [],
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
    [["--state", "d", "--wings"], "--wings"],
    [["--state", "d", "--pwdfile", "f", "--keyfile", "k"], "--keyfile and --pwdfile exclude each other"],
    [["--state", "d", "--pwdfile-fd", "x"], 'descriptor; "x" is none'],
    [["--state", "d", "--cipher", "des"], "--cipher is one of aes-cbc, aes-128-cbc, aes-256-cbc"],
    [["--state", "d", "--vmid", ""], "--vmid needs a value: --vmid TEXT"],
    [["--state", "d", "--reconfigure"], "--pcr-banks LIST"],
    [["--state", "d", "--profile", '{"Name": "custom", "Algorithms": "rsa"}'], "whole profiles only"],
    [["--state", "d", "--profile-name", "local:mine"], 'there is no "local:mine"'],
    [["--state", "d", "--take-ownership"], "--take-ownership is not supported: it is for a TPM 1.2 only"],
    [["--state", "d", "--allow-signing"], "--allow-signing is not supported: the Endorsement Keys"],
    [["--state", "file://"], "the path is missing"],
    [["--state", "d", "--runas", "no-such-user"], "there is no such user"],
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

describe("swtpm_setup's command lines", () => {
  const parse = (line: string) => parseSetupOptions(line.split(" "));

  it("of libvirt are taken: for a new TPM, with a key, for a migration, for other PCR banks", () => {
    const create = "--createek --create-ek-cert --create-platform-cert --lock-nvram --not-overwrite";
    expect(parse(`--tpm2 --tpm-state D --vmid vm:01-2 --logfile F ${create}`)).toMatchObject({
      ...{ kind: "provision", state: { dir: "D" }, subject: "vm:01-2", logfile: "F", lockNv: true, existing: "keep" },
      ...{ platform: { manufacturer: "tabtpm demo" }, key: undefined, idle: [] },
    });
    const key = { option: "--pwdfile-fd", from: { fd: 25 }, form: "pbkdf2", size: 32, removes: false };
    expect(
      parse(`--tpm2 --pwdfile-fd 25 --cipher aes-256-cbc --tpm-state D --vmid vm:01-2 --logfile F ${create}`),
    ).toMatchObject({ key });
    expect(parse("--tpm2 --tpm-state D --logfile F --overwrite")).toMatchObject({ existing: "overwrite" });
    expect(parse("--tpm2 --tpm-state D --logfile F --pcr-banks sha256,sha384 --reconfigure")).toMatchObject({
      ...{ kind: "reconfigure", pcrBanks: [0x0b, 0x0c] },
    });
    expect(parse("--create-config-files skip-if-exist")).toEqual({
      ...{ kind: "nothing", idle: ["--create-config-files: nothing is configured by files"] },
    });
    expect(parse("--create-config-files")).toMatchObject({ kind: "nothing" });
    expect(parse("--print-capabilities")).toEqual({ kind: "print-capabilities" });
  });

  it("of others are taken, and a TPM 1.2 is none", () => {
    expect(parse("--tpm2 --tpmstate file://D/vm.tpm --keyfile K --cipher aes-cbc --pcr-banks -")).toMatchObject({
      ...{ state: { file: "vm.tpm" }, key: { form: "hex", size: 16, from: { file: "K" } }, pcrBanks: undefined },
    });
    expect(
      parse('--tpm2 --tpmstate dir://D --profile {"Name":"null"} --ecc --rsa-keysize 3072 --display'),
    ).toMatchObject({ profile: "libtpms-0.9", idle: [expect.stringContaining("tabtpm inspect")] });
    expect(parse("--tpm2 --tpmstate D --profile-name builtin:default-v2")).toMatchObject({ profile: "full" });
    expect(() => parse("--tpmstate D --create-ek-cert")).toThrow("tabtpm is a TPM 2.0 only: add --tpm2");
  });

  it("of any kind are taken or refused, never anything else", () => {
    const names = setupRows.map(([name]) => `--${name}`);
    const word = fc.oneof(fc.constantFrom(...names), fc.constantFrom("D", "1", "-", "sha1", "{}"), fc.string());
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        const reads = argv.some((each) => /^--(profile-file|state|tpm)/.test(each));
        try {
          if (!reads) parseProvisionOptions(["--state", "d", ...argv]);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });

  it("are in the help, in 120 columns, and in --print-capabilities", async () => {
    const { output } = await cli("--help");
    for (const [name, { refused }] of setupRows) expect(output.includes(`--${name}`)).toBe(refused === undefined);
    for (const line of output.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
    const printed = JSON.parse((await cli("--print-capabilities")).output) as { type: string; features: string[] };
    expect(printed.type).toBe("swtpm_setup");
    // What libvirt looks for.
    expect(printed.features).toEqual(
      expect.arrayContaining(["tpm-2.0", "cmdarg-pwdfile-fd", "cmdarg-reconfigure-pcr-banks"]),
    );
    expect(printed.features).not.toContain("tpm-1.2");
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
    const lines = (await describeState(await storedState())).filter((line) => line.startsWith("EK certificate"));
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

  it("gets a TPM as libvirt asks for: encrypted, with a platform certificate, locked; then other PCR banks", async () => {
    const dir = join(home, "tpm");
    await writeFile(join(home, "password"), "swordfish");
    const log = join(home, "log");
    const key = ["--pwdfile", join(home, "password"), "--cipher", "aes-256-cbc"];
    const asked = [...argv().slice(2), "--tpm-state", dir, "--logfile", log, ...key];
    const words = "--createek --create-ek-cert --create-platform-cert --lock-nvram --not-overwrite".split(" ");
    expect(await cli("--tpm2", ...asked, "--vmid", "vm:01", ...words)).toEqual({ code: 0, output: "", errors: "" });
    expect(await readFile(log, "utf8")).toMatch(/^EK certificate 1 of 7.*\n(.*\n)+The TPM is in/);
    expect(await cli("--tpm2", ...asked, ...words)).toMatchObject({ code: 0 });
    expect(await readFile(log, "utf8")).toContain("has a TPM already; it stays.");

    const seal = new Seal(
      loadKey({ option: "", from: { file: join(home, "password") }, form: "pbkdf2", size: 32, removes: false }),
      "file",
    );
    const lines = async () => describeState(seal.open(await storedState()));
    expect(await lines()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^EK certificate L-1 .*: CN=vm:01, serial/),
        expect.stringMatching(/^platform certificate in 0x01c08000: CN=vm:01, serial [0-9A-F]+, issued by /),
        "PCR bank TPM_ALG_SHA1: all 24",
      ]),
    );
    const reconfigure = ["--tpm2", "--tpm-state", dir, "--pcr-banks", "sha256", "--reconfigure"];
    expect(await cli(...reconfigure)).toMatchObject({ code: 1, errors: expect.stringContaining("is encrypted") });
    expect(await cli(...reconfigure, ...key, "--logfile", log)).toEqual({ code: 0, output: "", errors: "" });
    expect(await lines()).toEqual(
      expect.arrayContaining(["PCR bank TPM_ALG_SHA1: none", "PCR bank TPM_ALG_SHA256: all 24"]),
    );
    // What went wrong stands in the log, too, where libvirt sends its users.
    expect((await cli(...asked)).code).toBe(1);
    expect(await readFile(log, "utf8")).toMatch(/\ntabtpm: .* has a TPM already. To replace it/);
  }, 120_000);

  it("that is replaced loses the volatile state and the firmware's variables of the TPM before, be they unreadable; none is no TPM", async () => {
    await mkdir(join(home, "tpm"));
    await writeFile(stateFile(), "the old one");
    for (const name of ["tpm2.volatile", "tpm2.variables"]) await writeFile(join(home, "tpm", name), "of the old one");
    expect(await cli(...argv(), "--overwrite")).toMatchObject({ code: 0 });
    expect(await states()).toEqual(["tpm2.state"]);
    const empty = ["--state", join(home, "empty"), "--pcr-banks", "sha256", "--reconfigure"];
    expect(await cli(...empty)).toMatchObject({ code: 1, errors: expect.stringContaining("There is no TPM in") });
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
