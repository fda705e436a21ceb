/** States that Debian's swtpm makes here, and what is brought in of them: seen through the same commands as swtpm's own TPM. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Swtpm, swtpmIsInstalled } from "../../../asm/testkit/swtpm.ts";
import type { Tpm } from "../../engine/api.ts";
import { Furnisher, PRIMARIES } from "../../libtpms/testkit/furnished.ts";
import { FileStore } from "../../store/file.ts";
import { run } from "../cli.ts";
import { createTpm } from "../index.ts";
import { isInstalled } from "../testkit/installed.ts";
import { output, startForTools } from "../testkit/process.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { startSwtpmForTools } from "../testkit/swtpmBench.ts";

let home: string;
const at = (name: string) => join(home, name);
const opened: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tabtpm-import-"));
  mkdirSync(at("swtpm"));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  await rm(home, { recursive: true, force: true });
});

async function swtpm(...options: string[]) {
  const process = await Swtpm.on(at("swtpm"), options);
  let ended: Promise<void> | undefined;
  const end = () => {
    ended ??= process.stop();
    return ended;
  };
  opened.push(end);
  return {
    tpm: new Furnisher({ execute: (command, options) => process.run(command, options?.locality) }),
    process,
    end,
  };
}

async function tabtpm(dir = at("tpm")): Promise<Furnisher & { readonly tpm: Tpm }> {
  const tpm = createTpm({ store: { kind: "file", dir } });
  opened.push(() => tpm.close());
  await tpm.powerOn();
  return Object.assign(new Furnisher(tpm), { tpm });
}

async function cli(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(["import-swtpm", "--from", at("swtpm"), ...argv], streams);
  return { code, output: streams.output, errors: streams.errors };
}
const imported = (...argv: string[]) => cli("--to", at("tpm"), ...argv);

describe.runIf(swtpmIsInstalled())("tabtpm import-swtpm", () => {
  it("brings in all that a client can see, and what the TPM's secrets make: of swtpm after the same TPM Reset", async () => {
    const { tpm, process, end } = await swtpm();
    await tpm.startup();
    const furnished = await tpm.furnish();
    await tpm.shutdown();
    mkdirSync(at("copy"));
    copyFileSync(at("swtpm/tpm2-00.permall"), at("copy/tpm2-00.permall"));
    await process.init();
    await tpm.startup();
    const seen = await tpm.observe(furnished);
    await end();
    const streams = new FakeStreams(false);
    expect(await run(["import-swtpm", "--from", at("copy"), "--to", at("tpm")], streams), streams.errors).toBe(0);
    expect(streams.output).toContain("profile libtpms-0.9");
    expect(streams.output).toContain("11 NV indices, 2 of them orderly, 7 persistent objects.");
    expect(streams.output).toContain(`${at("copy")} is a clone now`);
    const ours = await tabtpm();
    await ours.startup();
    expect(await ours.observe(furnished)).toEqual(seen);
    expect(ours.tpm.state().profile).toBe("libtpms-0.9");
  });

  it("resumes what TPM2_Shutdown(STATE) saved: PCRs, counts, the platform's authorisation", async () => {
    const { tpm, process, end } = await swtpm();
    await tpm.startup();
    const extend = (pcrHandle: number) =>
      tpm.client.call("PCR_Extend", {
        handles: { pcrHandle },
        parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(32).fill(pcrHandle) }] },
      });
    for (const pcr of [0, 7, 15, 16]) await extend(pcr);
    await tpm.client.call("HierarchyChangeAuth", {
      handles: { authHandle: "TPM_RH_PLATFORM" },
      parameters: { newAuth: new TextEncoder().encode("platform's") },
    });
    await tpm.shutdown("TPM_SU_STATE");
    mkdirSync(at("copy"));
    copyFileSync(at("swtpm/tpm2-00.permall"), at("copy/tpm2-00.permall"));
    const pcrs = async ({ client }: Furnisher) => {
      const { parameters } = await client.call("PCR_Read", {
        parameters: { pcrSelectionIn: [{ hash: "TPM_ALG_SHA256", pcrSelect: new Uint8Array([0x81, 0x80, 0x01]) }] },
      });
      return parameters.pcrValues;
    };
    await process.init();
    await tpm.startup("TPM_SU_STATE");
    const seen = { pcrs: await pcrs(tpm), capabilities: await tpm.capabilities() };
    await end();
    const streams = new FakeStreams(false);
    expect(await run(["import-swtpm", "--from", at("copy"), "--to", at("tpm")], streams), streams.errors).toBe(0);
    expect(streams.output).toContain("TPM2_Startup(STATE) resumes");
    const ours = await tabtpm();
    await ours.startup("TPM_SU_STATE");
    expect({ pcrs: await pcrs(ours), capabilities: await ours.capabilities() }).toEqual(seen);
  });

  it("makes the keys of a seed from before libtpms' RSA_PRIME_ADJUST_FIX the way they were made then", async () => {
    const { tpm, end } = await swtpm();
    await tpm.startup();
    await tpm.shutdown();
    await end();
    // Levels of the three seeds: the block before the last two of PERSISTENT_DATA, in front of ORDERLY_DATA.
    const file = readFileSync(at("swtpm/tpm2-00.permall"));
    const levels = file.indexOf(Buffer.from("01000601010101000000025665788700", "hex").subarray(0, 8)) + 3;
    expect(file.subarray(levels, levels + 3).toString("hex")).toBe("010101");
    file.fill(0, levels, levels + 3);
    writeFileSync(at("swtpm/tpm2-00.permall"), file);
    expect((await imported()).code).toBe(0);
    const again = await swtpm();
    await again.tpm.startup();
    const made = await again.tpm.primaries();
    await again.end();
    const ours = await tabtpm();
    await ours.startup();
    expect(await ours.primaries()).toEqual(made);
    expect(Object.keys(made).length).toBe(3 * Object.keys(PRIMARIES).length - 2);
  });

  it.each([
    ["a key", "file", "0123456789abcdef0123456789abcdef", []],
    ["a key of 256 bits", "file", "00112233445566778899aabbccddeeff".repeat(2), ["mode=aes-256-cbc"]],
    ["a password", "pwdfile", "a password\n", []],
    ["a password by SHA-512", "pwdfile", "a password", ["kdf=sha512", "mode=aes-256-cbc"]],
  ])("opens what swtpm encrypted with %s, and nothing with another one", async (_, source, secret, parts) => {
    writeFileSync(at("secret"), secret);
    writeFileSync(at("other"), secret.replace(/[0a]/, "1"));
    const key = [`${source}=${at("secret")}`, ...parts].join(",");
    const { tpm, end } = await swtpm("--key", key);
    await tpm.startup();
    const name = (await tpm.primary("TPM_RH_OWNER", PRIMARIES.p256)).parameters.name;
    await tpm.shutdown();
    await end();
    const without = await imported();
    expect([without.code, without.errors]).toEqual([1, expect.stringContaining("encrypted with a key of")]);
    const wrong = await imported("--key", [`${source}=${at("other")}`, ...parts].join(","));
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining("The key is not the one")]);
    expect(existsSync(at("tpm/tpm2.state"))).toBe(false);
    expect((await imported("--key", key)).errors).toBe("");
    const ours = await tabtpm();
    await ours.startup();
    expect((await ours.primary("TPM_RH_OWNER", PRIMARIES.p256)).parameters.name).toEqual(name);
  });

  it("refuses a state that swtpm has in use", async () => {
    const { tpm, process } = await swtpm();
    await tpm.startup();
    await tpm.shutdown();
    const { code, errors, output } = await imported();
    expect([code, output]).toEqual([3, ""]);
    expect(errors).toContain(`in use (process ${process.pid} holds its lock): end it first.`);
    expect(existsSync(at("tpm"))).toBe(false);
  });

  it("refuses a volatile state unless it may be dropped", async () => {
    const { tpm, end } = await swtpm();
    await tpm.startup();
    await tpm.shutdown();
    await end();
    writeFileSync(at("swtpm/tpm2-00.volatilestate"), "whatever");
    const { code, errors } = await imported();
    expect([code, errors]).toEqual([3, expect.stringContaining("--drop-volatile")]);
    expect(existsSync(at("tpm"))).toBe(false);
    expect(await imported("--drop-volatile")).toMatchObject({ code: 0, errors: "" });
  });

  it("refuses to write into swtpm's own folder, by whatever name", async () => {
    const { tpm, end } = await swtpm();
    await tpm.startup();
    await tpm.shutdown();
    await end();
    symlinkSync(at("swtpm"), at("link"));
    for (const to of ["swtpm", "link"]) {
      const { code, errors } = await cli("--to", at(to));
      expect([code, errors]).toEqual([2, expect.stringContaining("--to is swtpm's own folder")]);
    }
    expect(readdirSync(at("swtpm")).sort()).toEqual([".lock", "tpm2-00.permall"]);
  });

  it("refuses to write over a TPM, and changes nothing of the old folder", async () => {
    const { tpm, end } = await swtpm();
    await tpm.startup();
    await tpm.shutdown();
    await end();
    const before = readFileSync(at("swtpm/tpm2-00.permall"));
    expect((await imported("--export", at("state"))).code).toBe(0);
    const state = await new FileStore({ dir: at("tpm") }).exportBlob();
    expect(Buffer.from(state!).equals(readFileSync(at("state")))).toBe(true);
    const { code, errors } = await imported();
    expect([code, errors]).toEqual([3, expect.stringContaining("There is a TPM in")]);
    const again = await cli("--export", at("state"));
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining("is there already")]);
    expect(await new FileStore({ dir: at("tpm") }).exportBlob()).toEqual(state);
    expect(readFileSync(at("swtpm/tpm2-00.permall")).equals(before)).toBe(true);
    expect(readdirSync(at("swtpm")).sort()).toEqual([".lock", "tpm2-00.permall"]);
  });
});

describe.runIf(isInstalled("swtpm_setup", "swtpm_localca", "tpm2_nvread"))(
  "a state that swtpm_setup provisioned",
  () => {
    function setup(...options: string[]): void {
      const { status, stdout } = spawnSync(
        "swtpm_setup",
        ["--tpm2", "--tpmstate", at("swtpm"), "--create-ek-cert", "--create-platform-cert", ...options],
        { encoding: "utf8" },
      );
      expect(status, stdout).toBe(0);
    }

    it.each([["RSA 2048"], ["RSA 3072"]])("has the %s EK and ECC EK of its certificates", async (key) => {
      setup("--ecc", ...(key === "RSA 3072" ? ["--rsa-keysize", "3072"] : []));
      const { code, output: said, errors } = await imported();
      expect([code, errors]).toEqual([0, ""]);
      expect(said).toContain(`EK certificate ${key} at 0x01c000`);
      expect(said).toContain("EK certificate ECC P-384 at 0x01c00016: of the EK that the TPM makes.");
      expect(said.match(/of the EK that the TPM makes/g)).toHaveLength(2);
    });

    it("is refused when its certificates are of another EK, unless that is accepted", async () => {
      setup();
      const { tpm, end } = await swtpm();
      await tpm.startup();
      await tpm.client.call("ChangeEPS", { handles: { authHandle: "TPM_RH_PLATFORM" } });
      await tpm.shutdown();
      await end();
      const { code, errors } = await imported();
      expect([code, errors]).toEqual([
        3,
        expect.stringContaining("EK certificate RSA 2048 at 0x01c00002 is of another key"),
      ]);
      expect(existsSync(at("tpm"))).toBe(false);
      const accepted = await imported("--accept-new-ek");
      expect([accepted.code, accepted.errors]).toEqual([0, ""]);
      expect(accepted.output).toContain("is of another key");
    });

    it("answers tpm2-tools as swtpm did: NV, persistent keys, capabilities", async () => {
      setup("--ecc");
      const ask = async (tcti: string) => {
        const tool = (name: string, ...args: string[]) => output(`tpm2_${name}`, args, { TPM2TOOLS_TCTI: tcti });
        await tool("nvread", "0x1c00002", "-o", at("ek.der"));
        await tool("readpublic", "-c", "0x81010001", "-o", at("ek.pem"), "-f", "pem");
        return {
          ...{ certificate: readFileSync(at("ek.der"), "hex"), ek: readFileSync(at("ek.pem"), "utf8") },
          ...{ indices: await tool("nvreadpublic"), handles: await tool("getcap", "handles-persistent") },
          pcrs: await tool("getcap", "pcrs"),
        };
      };
      mkdirSync(at("copy"));
      copyFileSync(at("swtpm/tpm2-00.permall"), at("copy/tpm2-00.permall"));
      await importCopy();
      const swtpm = await startSwtpmForTools(at("swtpm"));
      opened.push(async () => {
        const ended = once(swtpm.server, "exit");
        swtpm.server.kill("SIGTERM");
        await ended;
      });
      const theirs = await ask(swtpm.tcti);
      const { server, tcti } = await startForTools(
        ...["--tpmstate", `dir=${at("tpm")}`, "--flags", "not-need-init,startup-clear"],
      );
      opened.push(() => server.end("SIGTERM"));
      const ours = await ask(tcti);
      expect(ours).toEqual(theirs);
      expect(ours.indices).toContain("0x1c00002");
      expect(ours.handles).toContain("0x81010016");
    });

    async function importCopy(): Promise<void> {
      const streams = new FakeStreams(false);
      expect(await run(["import-swtpm", "--from", at("copy"), "--to", at("tpm")], streams), streams.errors).toBe(0);
      rmSync(at("copy"), { recursive: true });
    }
  },
);
