/** The servers as a user runs them: Debian's tpm2-tools and swtpm_ioctl as clients, and kill -9. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { password } from "../client/index.ts";
import { Client } from "./testkit/client.ts";
import { isInstalled } from "./testkit/installed.ts";
import { bare, command, STARTUP } from "./testkit/messages.ts";
import { output, startTabtpm, type TabtpmProcess } from "./testkit/process.ts";
import { type Protocol, serve } from "./testkit/workbench.ts";

/** Of the owner: a permanent change that can be told by trying. Authorisations in hexadecimal. */
const changeOwner = (from: string, to: string) =>
  command("HierarchyChangeAuth", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: { newAuth: Buffer.from(to, "hex") },
    sessions: [password(Buffer.from(from, "hex"))],
  });

let folder: string;
let next = 0;
const newState = () => join(folder, `tpm${next++}`);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-servers-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.runIf(isInstalled("tpm2_getcap")).each<Protocol>(["mssim", "swtpm"])("tpm2-tools over %s", (protocol) => {
  let server: TabtpmProcess;
  let env: Record<string, string>;
  const state = () => join(folder, `tools-${protocol}`);
  const tool = (name: string, ...args: string[]) => output(`tpm2_${name}`, args, env);
  async function begin(): Promise<void> {
    const started = await serve(protocol, state());
    server = started.server;
    env = { TPM2TOOLS_TCTI: started.tcti };
    await tool("startup", "-c");
  }
  beforeAll(begin);
  afterAll(async () => {
    expect(await server.end("SIGTERM")).toBe(0);
  });

  it("random numbers, PCRs, capabilities, the clock", async () => {
    expect(await tool("getrandom", "--hex", "32")).toMatch(/^[0-9a-f]{64}$/);
    await tool("pcrextend", `23:sha256=${"5a".repeat(32)}`);
    expect(await tool("pcrread", "sha256:23")).toContain(
      "0xD342B8B5FDDABFC1D94E5C8C53388211DF379791089B772EC02A15D94ADCC7F5",
    );
    await tool("pcrreset", "23");
    expect(await tool("pcrread", "sha256:23")).toContain(`0x${"00".repeat(32)}`);
    expect(await tool("getcap", "properties-fixed")).toContain('value: "TABT"');
    expect(await tool("readclock")).toContain("reset_count: 1");
  });

  it("sessions and policies over several connections", async () => {
    const file = (name: string) => join(folder, `${protocol}-${name}`);
    await tool("startauthsession", "--policy-session", "-S", file("session"));
    await tool("policypcr", "-Q", "-S", file("session"), "-l", "sha256:0", "-L", file("policy"));
    await tool("flushcontext", file("session"));
    expect((await readFile(file("policy"))).length).toBe(32);
  });

  it("what is permanent survives the server", async () => {
    await tool("changeauth", "-c", "owner", "secret");
    expect(await server.end("SIGTERM")).toBe(0);
    await begin();
    await expect(tool("changeauth", "-c", "owner", "other")).rejects.toThrow();
    await tool("changeauth", "-c", "owner", "-p", "secret");
    expect(
      await output(process.execPath, [join(process.cwd(), "src/node/bin/tabtpm.mjs"), "inspect", "--state", state()]),
    ).toMatch(/^profile: full\n.*\nresets: 2\n.*\nPCR bank TPM_ALG_SHA256: all 24\n/s);
  });
});

describe.runIf(isInstalled("swtpm_ioctl"))("swtpm_ioctl", () => {
  let server: TabtpmProcess;
  let socket: string;
  const ioctl = (...args: string[]) => output("swtpm_ioctl", ["--unix", socket, ...args]);
  beforeAll(async () => {
    socket = join(folder, "control");
    server = await startTabtpm(
      ...["socket", "--tpm2", "--tpmstate", `dir=${newState()}`, "--ctrl", `type=unixio,path=${socket}`],
      ...["--server", "type=tcp,port=0", "--flags", "startup-clear", "--pid", `file=${join(folder, "pid")}`],
    );
  });

  it("drives every control command", async () => {
    expect(await readFile(join(folder, "pid"), "utf8")).toBe(`${server.child.pid}\n`);
    expect(await ioctl("-c")).toBe("ptm capability is 0x1ffff\n");
    expect(await ioctl("-e")).toBe("tpmEstablished is 0\n");
    await ioctl("-l", "4");
    await ioctl("-h", "some data");
    expect(await ioctl("-e")).toBe("tpmEstablished is 1\n");
    await expect(ioctl("-r", "2")).rejects.toThrow("PTM_RESET_TPMESTABLISHED: 0x3d");
    await ioctl("-r", "3");
    expect(await ioctl("-e")).toBe("tpmEstablished is 0\n");
    await ioctl("-C");
    expect(await ioctl("-g")).toBe("ptm configuration flags: 0x0\n");
    expect(await ioctl("-b", "0")).toMatch(/TPM buffersize: 4096/);
    expect(JSON.parse(await ioctl("--info", "7"))).toMatchObject({
      TPMSpecification: { family: "2.0", revision: 159 },
      TPMAttributes: { manufacturer: "id:54414254", model: "tabtpm" },
      TPMFeatures: { RSAKeySizes: expect.arrayContaining([2048]) },
    });
    await ioctl("-v");
    const file = (name: string) => join(folder, `blob-${name}`);
    for (const name of ["permanent", "volatile", "savestate"]) await ioctl("--save", name, file(name));
    await expect(ioctl("--load", "permanent", file("permanent"))).rejects.toThrow("0xa");
    await ioctl("--stop");
    await expect(ioctl("--save", "permanent", file("x"))).rejects.toThrow("0xa");
    await writeFile(file("bad"), "no state");
    await expect(ioctl("--load", "permanent", file("bad"))).rejects.toThrow("0x9");
    for (const name of ["permanent", "volatile", "savestate"]) await ioctl("--load", name, file(name));
    await ioctl("-i");
    const data = await Client.to(server.ports[0] as number);
    // Resumed: it is started already.
    expect(await data.ask(STARTUP, 10)).toBe(bare("TPM_RC_INITIALIZE"));
    data.close();
    await ioctl("-s");
    expect(await server.end("SIGTERM")).toBe(0);
    await expect(readFile(join(folder, "pid"))).rejects.toThrow("ENOENT");
  });
});

describe("the state's folder", () => {
  it("is refused to a second process, with the first one's pid; inspect needs no lock", async () => {
    const state = newState();
    const first = await startTabtpm("simulator", "--port", "0", "--state", state);
    await expect(startTabtpm("simulator", "--port", "0", "--state", state)).rejects.toThrow(
      `is in use by process ${first.child.pid}`,
    );
    expect(await first.end("SIGTERM")).toBe(0);
  });

  it("has everything that was acknowledged before a kill -9 at any moment", async () => {
    const state = newState();
    let owner = "";
    for (let round = 0; round < 6; round++) {
      const server = await startTabtpm(
        ...["socket", "--tpm2", "--tpmstate", `dir=${state}`, "--server", "type=tcp,port=0"],
        ...["--flags", "startup-clear"],
      );
      const client = await Client.to(server.ports[0] as number);
      const possible = new Set([owner]);
      // Commands without waiting; the process dies somewhere among them.
      const values = Array.from({ length: 200 }, (_, i) => (round * 1000 + i + 1).toString(16).padStart(8, "0"));
      let previous = owner;
      for (const value of values) {
        client.send(changeOwner(previous, value));
        previous = value;
      }
      let acknowledged = 0;
      const killAfter = 3 + 7 * round;
      try {
        for (const value of values) {
          expect((await client.receive(19)).slice(12, 20)).toBe("00000000");
          owner = value;
          if (++acknowledged === killAfter) server.child.kill("SIGKILL");
        }
      } catch (error) {
        if (!String(error).includes("connection ended")) throw error;
      }
      await server.end("SIGKILL");
      // What was acknowledged last, or one that was stored and whose response was lost.
      const at = values.indexOf(owner);
      possible.clear();
      for (const value of [owner, values[at + 1]]) if (value !== undefined) possible.add(value);
      const again = await startTabtpm(
        ...[
          "socket",
          "--tpm2",
          "--tpmstate",
          `dir=${state}`,
          "--server",
          "type=tcp,port=0",
          "--flags",
          "startup-clear",
        ],
      );
      const check = await Client.to(again.ports[0] as number);
      const works: string[] = [];
      for (const value of possible) {
        const response = await check.ask(changeOwner(value, value), 10);
        if (response.slice(12) !== "00000000") continue;
        await check.receive(9);
        works.push(value);
      }
      expect(works).toHaveLength(1);
      owner = works[0] as string;
      check.close();
      expect(await again.end("SIGTERM")).toBe(0);
    }
  });
});

describe("tabtpm socket --daemon", () => {
  it("goes to the background when it listens, and leaves no trace at its end", async () => {
    const [pidFile, socket] = [join(folder, "daemon.pid"), join(folder, "daemon")];
    const args = ["socket", "--tpm2", "--tpmstate", `dir=${newState()}`, "--ctrl", `type=unixio,path=${socket}`];
    const tabtpm = join(process.cwd(), "src/node/bin/tabtpm.mjs");
    await output(process.execPath, [tabtpm, ...args, "--daemon", "--pid", `file=${pidFile}`]);
    const client = await Client.to(socket);
    expect(await client.ask("00000001", 8)).toBe("000000000001ffff");
    expect(process.kill(Number(await readFile(pidFile, "utf8")), 0)).toBe(true);
    expect(await client.ask("00000003", 4)).toBe("00000000");
    await client.closed();
    for (let tries = 0; tries < 200; tries++) {
      if (await readFile(pidFile).catch(() => null)) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await expect(readFile(pidFile)).rejects.toThrow("ENOENT");
  });
});
