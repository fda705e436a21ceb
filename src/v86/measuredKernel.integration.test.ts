/** What a measured kernel is good for, and that a boot which is not measured says so: on the console, and to whoever follows it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cpio } from "../../guest/recipe/cpio.mjs";
import { type BootJudgement, BootWatch } from "../boot/index.ts";
import type { TpmBackend } from "../engine/backend.ts";
import { type EventLog, parseEventLog, serializeEventLog } from "../firmware/eventLog.ts";
import type { GuestImages } from "../guest/images.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import type { Tpm } from "../node/index.ts";
import { requireInternals } from "./internals.ts";
import type { Machine } from "./machine.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

const HANDLE = "0x81000001";
/** Of a TPM2 table (revision 4): its checksum, and the size of the log's memory. Of the option ROM's file: the same size. */
const CHECKSUM = 9;
const LAML = 64;
const LOG_SIZE = 8;

const directory = mkdtempSync(join(tmpdir(), "tabtpm-sealed-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function readLog({ machine }: Pc): EventLog {
  const { address, size } = machine.log!;
  return parseEventLog(machine.readPhysical(address, size));
}

/** Collects the console's output and the last judgement of a watch. */
function follow(machine: Machine, tpm: Tpm) {
  const seen: { console: string; judgement: BootJudgement | undefined } = { console: "", judgement: undefined };
  machine.serial.on("text", (text) => {
    seen.console += text;
  });
  const watch = new BootWatch({
    machine,
    tpm,
    onJudgement: (judgement) => {
      seen.judgement = judgement;
    },
  });
  tpm.on("command", (event) => watch.observe(event));
  return seen;
}

let whole: EventLog;

describe("a secret that is sealed to PCR 8 and 9", () => {
  const unseal = async (pc: Pc) => pc.shell.run(`tpm2_unseal -c ${HANDLE} -p pcr:sha256:8,9`);
  const boots = async (work: (pc: Pc) => Promise<void>, cmdline?: string) => {
    const pc = await bootPc({ kind: "file", dir: directory }, undefined, undefined, cmdline ? { cmdline } : {});
    try {
      await work(pc);
    } finally {
      await pc.close();
    }
  };

  it("is sealed in one boot, and unsealed in the next one", async () => {
    await boots(async (pc) => {
      whole = readLog(pc);
      await pc.shell.ok("cd /tmp; tpm2_createprimary -Q -G ecc -c p; tpm2_startauthsession -S s");
      await pc.shell.ok("tpm2_policypcr -Q -S s -l sha256:8,9 -L policy; tpm2_flushcontext s");
      await pc.shell.ok("printf 'the secret' | tpm2_create -Q -C p -L policy -i - -u pub -r priv -c key");
      await pc.shell.ok(`tpm2_evictcontrol -Q -C o -c key ${HANDLE}`);
      expect(await unseal(pc)).toEqual({ output: "the secret", status: 0 });
    });
    await boots(async (pc) => expect(await unseal(pc)).toEqual({ output: "the secret", status: 0 }));
  });

  it("is not unsealed after a boot with another command line, and again after going back", async () => {
    const { cmdline } = await loadGuestFromDirectory();
    await boots(async (pc) => {
      const { output, status } = await unseal(pc);
      expect(status).not.toBe(0);
      // TPM_RC_POLICY_FAIL of the first session.
      expect(output).toContain("0x99D");
      expect(output).not.toContain("the secret");
      const changed = readLog(pc).events;
      const differing = whole.events.flatMap((event, index) =>
        JSON.stringify(event) === JSON.stringify(changed[index]) ? [] : [event.pcrIndex],
      );
      expect([differing, changed.length]).toEqual([[8], whole.events.length]);
    }, `${cmdline} changed=1`);
    await boots(async (pc) => expect(await unseal(pc)).toEqual({ output: "the secret", status: 0 }));
  });
});

describe("a boot whose log is full after the kernel, and whose IMA policy is refused", () => {
  let seen: ReturnType<typeof follow>;

  /** The guest with a policy in its initrd that is none. */
  async function withBadPolicy(): Promise<GuestImages> {
    const images = await loadGuestFromDirectory();
    const policy = cpio([{ path: "etc/ima/ima-policy", kind: "file", data: Buffer.from("measure everything\n") }]);
    const initrd = new Uint8Array(Buffer.concat([new Uint8Array(images.initrd), policy])).buffer;
    return { ...images, initrd, initrdFile: initrd };
  }

  /** Tells firmware and option ROM of a smaller memory for the log. */
  function shrinkLog(machine: Machine, size: number): void {
    const { option_roms: files } = requireInternals(machine.emulator);
    const file = (name: string) => files.find((entry) => entry.name === name)!.data;
    const [table, boot] = [file("acpi/tpm2"), file("opt/tabtpm/boot")];
    new DataView(table.buffer, table.byteOffset).setUint32(LAML, size, true);
    table[CHECKSUM] = 0;
    table[CHECKSUM] = -table.reduce((sum, octet) => sum + octet, 0);
    new DataView(boot.buffer, boot.byteOffset).setUint32(LOG_SIZE, size, true);
  }

  it("goes on to the prompt, and says all of it", async () => {
    const room = serializeEventLog(whole.events.slice(0, -2)).length;
    const prepare = (machine: Machine, tpm: Tpm) => {
      shrinkLog(machine, room);
      seen = follow(machine, tpm);
    };
    const pc = await bootPc({ kind: "memory" }, undefined, prepare, { images: await withBadPolicy() });
    try {
      expect(readLog(pc).events).toEqual(whole.events.slice(0, -2));
      expect(seen.console).toContain("tabtpm: measured, but not logged: kernel_cmdline: the event log is full");
      expect(seen.console).toContain("tabtpm: measured, but not logged: /initrd.img: the event log is full");
      expect(seen.console).not.toContain("not logged: /bzImage");
      expect(seen.judgement?.findings.map(({ kind }) => kind)).toEqual(["kernel-not-measured", "pcrs-differ"]);
      expect(seen.judgement?.findings[0]?.sentence).toContain("log: kernel_cmdline (PCR 8), /initrd.img (PCR 9).");
      expect(seen.judgement?.findings[1]?.sentence).toContain("PCR 8, 9:");

      expect(seen.console).toContain(
        "tabtpm: IMA has not taken /etc/ima/ima-policy (Invalid argument): programs that are started are not measured into PCR 10.",
      );
      const list = await pc.shell.ok("cat /sys/kernel/security/ima/ascii_runtime_measurements");
      expect(list.split("\n").map((line) => line.split(" ").at(-1))).toEqual(["boot_aggregate"]);
    } finally {
      await pc.close();
    }
  });
});

describe("a TPM that is in failure mode", () => {
  /** It fails before its third command. */
  const failing = (tpm: Tpm): TpmBackend => {
    let commands = 0;
    return new Proxy(tpm, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name !== "execute") return value.bind(target);
        return async (...given: Parameters<Tpm["execute"]>) => {
          if (++commands === 3) await target.enterFailureMode();
          return target.execute(...given);
        };
      },
    });
  };

  it("stops no boot, and what is not measured is said", async () => {
    let seen: ReturnType<typeof follow> | undefined;
    const pc = await bootPc({ kind: "memory" }, failing, (machine, tpm) => {
      seen = follow(machine, tpm);
    });
    try {
      for (const name of ["/bzImage", "kernel_cmdline", "/initrd.img"]) {
        expect(seen?.console).toMatch(new RegExp(`tabtpm: not measured: ${name}: the (firmware|TPM) says `));
      }
      const kinds = seen?.judgement?.findings.map(({ kind }) => kind);
      expect(kinds).toContain("given-up");
      expect(kinds).toContain("not-measured");
      expect(await pc.shell.ok("cat /proc/cmdline")).toContain("console=ttyS0");
    } finally {
      await pc.close();
    }
  });
});
