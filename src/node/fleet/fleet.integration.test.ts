/** `tabtpm fleet` as its users have it: a process, its commands, other people's programs on its sockets. */
import { existsSync, symlinkSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootInQemu } from "../../guest/testkit/qemu.ts";
import { isInstalled } from "../testkit/installed.ts";
import { PASSWORD, POSTGRES_PROGRAMS, PostgresServer } from "../testkit/postgres.ts";
import { output, TABTPM } from "../testkit/process.ts";
import { controlSocket, dataSocket } from "./names.ts";
import { FleetProcess } from "./testkit/process.ts";

let folder: string;
const open: { end(signal: "SIGKILL"): Promise<unknown> }[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-fleet-"));
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

const run = (name = "run") => join(folder, name);
const states = () => `dir:${join(folder, "states")}`;
async function start(...args: string[]): Promise<FleetProcess> {
  const fleet = new FleetProcess(...(args.length > 0 ? args : ["--store", states(), "--listen", run()]));
  open.push(fleet);
  await fleet.start();
  return fleet;
}
const ask = (...args: string[]) => output(process.execPath, [TABTPM, "fleet", ...args]);
const tool = (name: string, of: string, ...args: string[]) =>
  output(`tpm2_${name}`, args, { TPM2TOOLS_TCTI: `swtpm:path=${dataSocket(run(), of)}` });

describe.runIf(isInstalled("tpm2_getrandom"))("tabtpm fleet", () => {
  it("serves tpm2-tools, and is asked by its operator", async () => {
    const fleet = await start();
    const listen = ["--listen", run()];
    expect(await ask("create", "a", "b", ...listen)).toBe("a: made\nb: made\n");
    expect(await ask("list", ...listen)).toBe("a  off\nb  off\n");
    await expect(ask("create", "a", ...listen)).rejects.toMatchObject({
      code: 1,
      stderr: /already; nothing was changed/,
    });
    await expect(ask("create", "../a", ...listen)).rejects.toMatchObject({ code: 2, stderr: /is no name for a TPM/ });
    // As swtpm, it waits for the power.
    await output("swtpm_ioctl", ["-i", "--unix", controlSocket(run(), "a")]);
    await tool("startup", "a", "-c");
    expect(await tool("getrandom", "a", "--hex", "8")).toMatch(/^[0-9a-f]{16}$/);
    await tool("changeauth", "a", "-c", "owner", "secret");
    expect(await ask("list", ...listen)).toMatch(/^a {2}on\nb {2}off\n$/);
    const status = JSON.parse(await ask("status", "--json", ...listen));
    expect(status).toMatchObject({ count: 2, inMemory: 1, tpms: [{ name: "a", state: "on" }, { name: "b" }] });
    expect(await ask("status", ...listen)).toMatch(/^2 TPMs in .*: 1 in memory \(at most 200\), 0 failed; \d+ MiB\n$/);
    expect(await ask("remove", "b", ...listen)).toMatch(/^b: moved to .*\.removed\/b-.*\n$/);
    expect(await fleet.end("SIGTERM")).toBe(0);
    expect(await readdir(run())).toEqual([]);
    // What was acknowledged is there, and the TPM was shut down in good order.
    const again = await start("--store", states(), ...listen, "--flags", "startup-clear");
    await tool("changeauth", "a", "-c", "owner", "-p", "secret", "other");
    expect(await tool("getcap", "a", "properties-variable")).toMatch(/orderly:\s+1/);
    await again.end("SIGTERM");
  });

  it("is the only one on its folder, and comes again after a kill -9", async () => {
    const fleet = await start();
    await ask("create", "a", "--listen", run());
    await expect(start("--store", states(), "--listen", run("other"))).rejects.toThrow("belongs to another fleet");
    expect(await fleet.end("SIGKILL")).toBeNull();
    expect(existsSync(dataSocket(run(), "a"))).toBe(true);
    await expect(ask("list", "--listen", run())).rejects.toMatchObject({ code: 1, stderr: /No fleet listens in/ });
    await start();
    expect(await ask("list", "--listen", run())).toBe("a  off\n");
  });

  it("encrypts states with a key, and says what is wrong with another", async () => {
    const [key, other] = [join(folder, "key"), join(folder, "other")];
    await writeFile(key, "a password");
    await writeFile(other, "another password");
    const args = ["--store", states(), "--listen", run(), "--flags", "startup-clear"];
    const fleet = await start(...args, "--key", `pwdfile=${key},mode=aes-256-cbc`);
    await ask("create", "a", "--listen", run());
    await tool("getrandom", "a", "8");
    await fleet.end("SIGTERM");
    await start(...args, "--key", `pwdfile=${other},mode=aes-256-cbc`);
    await expect(tool("getrandom", "a", "8")).rejects.toThrow();
    expect(await ask("list", "--listen", run())).toMatch(/^a {2}failed: .*encrypted with another key, or damaged/);
  });
});

describe.runIf(POSTGRES_PROGRAMS && isInstalled("tpm2_getrandom"))("tabtpm fleet on a database", () => {
  it("starts a TPM wherever its client comes, once at a time, and says no password", async () => {
    const server = await PostgresServer.start();
    try {
      const store = (listen: string) => [
        ...["--store", server.tcpAddress(), "--listen", run(listen), "--flags", "startup-clear", "--log-level", "1"],
      ];
      const here = await start(...store("run"));
      await ask("create", "vm", "--listen", run());
      const there = await start(...store("there"));
      await tool("changeauth", "vm", "-c", "owner", "secret");
      const elsewhere = (name: string, ...args: string[]) =>
        output(`tpm2_${name}`, args, { TPM2TOOLS_TCTI: `swtpm:path=${dataSocket(run("there"), "vm")}` });
      await expect(elsewhere("getrandom", "8")).rejects.toThrow();
      expect(await ask("list", "--listen", run("there"))).toMatch(
        /^vm {2}failed: .*in use by .*, process \d+; its lease/,
      );
      expect(await here.end("SIGTERM")).toBe(0);
      // At once: its lease was given back.
      await elsewhere("changeauth", "-c", "owner", "-p", "secret", "other");
      expect(`${here.said}${there.said}`).not.toContain(PASSWORD);
      expect(here.said).toContain(`postgres://owner@127.0.0.1:${server.port}/postgres`);
      await there.end("SIGTERM");
    } finally {
      await server.close();
    }
  });
});

describe.runIf(isInstalled("qemu-system-i386"))("QEMU with a TPM of a fleet", () => {
  it("boots the guest with it, whose TPM sleeps when the machine has gone", async () => {
    await start("--store", states(), "--listen", run(), "--idle", "0");
    await ask("create", "guest", "--listen", run());
    const guest = await bootInQemu("tpm-tis", {
      startTpm: async (socket) => {
        symlinkSync(controlSocket(run(), "guest"), socket);
        return { close: async () => {} };
      },
    });
    try {
      await guest.console.shell();
      expect(await guest.console.read("cat /sys/class/tpm/tpm0/pcr-sha256/0")).toMatch(/^(?!0*\n)[0-9A-F]{64}\n$/);
      expect(await ask("list", "--listen", run())).toMatch(/^guest {2}on, [12] connections?\n$/);
      guest.console.type("poweroff -f\n");
      expect(await guest.exited).toBe(0);
    } finally {
      await guest.close();
    }
    // QEMU has said that it is over.
    let line = "";
    while (!/^guest {2}(off|asleep)\n$/.test(line)) line = await ask("list", "--listen", run());
  });
});
