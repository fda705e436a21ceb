/** The TPM behind a Command Response Buffer: SeaBIOS measures through it and Linux's tpm_crb uses it, however late it answers. */
import { afterEach, expect, it } from "vitest";
import { parseEventLog } from "../firmware/eventLog.ts";
import { replayEventLog } from "../firmware/eventLogReplay.ts";
import { EV_IPL } from "../firmware/eventTypes.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { delayed } from "./testkit/delayedBackend.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

let pc: Pc | undefined;
afterEach(() => pc?.close());

const bootCrb = (delays: ReadonlyMap<number, number> = new Map()) =>
  bootPc({ kind: "memory" }, (tpm) => delayed(tpm, delays), undefined, { interface: "crb" });

/** The boot is whole: measured, with a log that accounts for the PCRs, hierarchies on, and nothing timed out. */
async function expectWhole({ machine, shell }: Pc): Promise<void> {
  const { address, size } = machine.log!;
  const log = parseEventLog(machine.readPhysical(address, size));
  expect(log.events.length).toBeGreaterThan(10);
  // What the option ROM sends through the firmware's interrupt arrives by this interface as well.
  const started = log.events.filter(({ pcrIndex }) => pcrIndex === 8 || pcrIndex === 9);
  expect(started.map(({ pcrIndex, type, data }) => [pcrIndex, type, Buffer.from(data).toString()])).toEqual([
    [9, EV_IPL, "/bzImage\0"],
    [8, EV_IPL, expect.stringMatching(/^kernel_cmdline: \/bzImage .*\0$/)],
    [9, EV_IPL, "/initrd.img\0"],
  ]);
  const replayed = (await replayEventLog(log.events)).get(TPM_ALG.TPM_ALG_SHA256)!;
  for (const [index, value] of replayed) {
    const pcr = await shell.ok(`cat /sys/class/tpm/tpm0/pcr-sha256/${index}`);
    expect(`${index} ${pcr.toLowerCase()}`).toBe(`${index} ${Buffer.from(value).toString("hex")}`);
  }
  await shell.ok("tpm2_changeauth -c owner mine");
  expect(await shell.ok("dmesg")).not.toMatch(/timed out|failure mode|probe failed|firmware bug/i);
}

it("is found by its start method, measures the boot, and serves tpm2-tools", async () => {
  pc = await bootCrb();
  await expectWhole(pc);
  const { shell } = pc;
  expect(await shell.ok("basename $(readlink -f /sys/class/tpm/tpm0/device/driver)")).toBe("tpm_crb");
  // TPM_PT_MAX_COMMAND_SIZE is the buffer's.
  const properties = await shell.ok("tpm2_getcap properties-fixed | grep -A1 -E 'PT_MAX_(COMMAND|RESPONSE)_SIZE'");
  expect(properties.match(/0xF80/g)).toHaveLength(2);
  await shell.ok(
    "tpm2_createprimary -Q -P mine -c /tmp/p.ctx && echo secret | tpm2_create -Q -C /tmp/p.ctx -i- -u u -r r",
  );
  expect(await shell.ok("tpm2_load -Q -C /tmp/p.ctx -u u -r r -c s.ctx && tpm2_unseal -c s.ctx")).toBe("secret");
});

it.each([
  ["the first answer", [1]],
  ["one of the firmware's", [4]],
  ["one of Linux's first", [19, 21]],
  ["one at the prompt", [45]],
])("an answer that takes 3 s becomes no time-out: %s", async (_, late) => {
  pc = await bootCrb(new Map(late.map((command) => [command, 3000])));
  await expectWhole(pc);
});
