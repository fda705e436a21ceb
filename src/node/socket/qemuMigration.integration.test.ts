/** A PC in QEMU that moves to another QEMU while it runs, each with a `tabtpm socket` of its own; and what makes a move fail. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listening, migrate, running } from "../../guest/testkit/migrate.ts";
import { bootInQemu, type QemuGuest } from "../../guest/testkit/qemu.ts";
import { isInstalled } from "../testkit/installed.ts";
import { type SocketServer, startSocketServer } from "../testkit/socketServer.ts";

describe.runIf(isInstalled("qemu-system-i386"))("a migration from QEMU to QEMU", () => {
  let folder: string;
  let source: QemuGuest;
  const guests: QemuGuest[] = [];
  const keys = (name: string) => ["--migration-key", `file=${join(folder, name)},format=hex`];

  async function start(options: string[], ...args: string[]) {
    let server: SocketServer | undefined;
    const guest = await bootInQemu("tpm-tis", {
      args,
      startTpm: async (socket, dir) => {
        server = await startSocketServer(["--ctrl", `type=unixio,path=${socket}`, ...options], join(dir, "tpm"));
        return server;
      },
    });
    guests.push(guest);
    return { guest, server: server as SocketServer };
  }

  /** Moves the source there. By the return path it hears whether the target could take everything. */
  async function move(options: string[], name: string, returnPath: "on" | "off" = "on") {
    const target = await start(options, "-incoming", "defer");
    const wire = join(folder, name);
    const line = `migrate_set_capability return-path ${returnPath}`;
    for (const { monitor } of [source, target.guest]) await monitor(line);
    await target.guest.monitor(`migrate_incoming unix:${wire}`);
    await listening(target.guest, wire);
    return { ...target, status: await migrate(source, `unix:${wire}`) };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-move-"));
    await writeFile(join(folder, "key"), "00112233445566778899aabbccddeeff");
    await writeFile(join(folder, "other"), "ffeeddccbbaa99887766554433221100");
    source = (await start(keys("key"))).guest;
    await source.console.shell();
    await source.console.read("tpm2_changeauth -c owner secret");
    await source.console.read(`tpm2_pcrextend 16:sha256=${"5a".repeat(32)}`);
    await source.console.read(
      "tpm2_startauthsession --policy-session -S session -Q && tpm2_policypcr -Q -S session -l sha256:16 -L policy",
    );
  });
  afterAll(async () => {
    for (const guest of guests) await guest.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ["another migration key", () => keys("other"), /encrypted with another key/],
    ["no migration key", () => [], /is encrypted, and there is no --migration-key/],
    [
      "another profile",
      () => [...keys("key"), "--profile", "libtpms-0.9"],
      /has profile "full".*"libtpms-0\.9" was asked for/,
    ],
  ])("fails with %s, and the guest goes on where it was, its TPM with it", async (name, options, reason) => {
    const pcrs = await source.console.read("tpm2_pcrread sha256");
    const { guest, server, status } = await move(options(), name.replaceAll(" ", "-"));
    expect(status).toBe("failed");
    expect(await guest.exited).not.toBe(0);
    expect(server.log.join("\n")).toMatch(reason);
    expect(await source.console.read("tpm2_pcrread sha256")).toBe(pcrs);
  });

  it("without a return path the source believes that it has moved, and goes on when it is told", async () => {
    const { guest, status } = await move(keys("other"), "no-return-path", "off");
    expect(await guest.exited).not.toBe(0);
    expect(status).toBe("completed");
    await source.monitor("cont");
    await running(source);
    expect(await source.console.read("tpm2_getrandom 4 --hex")).toMatch(/^[0-9a-f]{8}/);
  });

  it("takes the TPM along: PCRs, sessions, authorisations", async () => {
    const pcrs = await source.console.read("tpm2_pcrread sha256");
    const { guest, status } = await move(keys("key"), "right");
    expect(status).toBe("completed");
    await running(guest);
    expect(await guest.console.read("tpm2_pcrread sha256")).toBe(pcrs);
    expect((await guest.console.run("tpm2_changeauth -c owner new")).code).not.toBe(0);
    await guest.console.read("tpm2_changeauth -c owner -p secret");
    await guest.console.read("tpm2_policypcr -Q -S session -l sha256:16 -L again && tpm2_flushcontext session");
    expect(await source.monitor("info status")).toMatch(/paused \(postmigrate\)/);
  });
});
