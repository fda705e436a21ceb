/** SeaBIOS's menu over the serial console: it clears the TPM and chooses PCR banks, which the next boot shows. */
import { afterEach, expect, it } from "vitest";
import { parseEventLog } from "../firmware/eventLog.ts";
import { replayEventLog } from "../firmware/eventLogReplay.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

const ESC = "\x1b";

let pc: Pc | undefined;
afterEach(() => pc?.close());

/** Restarts the guest and answers its firmware: each key when its question is there. Resolves at the shell's prompt. */
async function restartWith({ machine, shell }: Pc, answers: [question: RegExp, key: string][]): Promise<string> {
  const from = machine.serial.text().length;
  shell.type("reboot -f");
  await shell.stage("bios");
  let at = from;
  for (const [question, key] of answers) {
    at += (await machine.serial.waitFor(question, { from: at })).length;
    machine.serial.send(key);
  }
  await shell.stage("shell");
  return machine.serial.text().slice(from);
}

const intoTpmMenu: [RegExp, string][] = [
  [/Press ESC for boot menu\./, ESC],
  [/Select boot device:.*\n1\. .*t\. TPM Configuration/s, "t"],
];

it("clears the TPM and chooses its banks; whoever presses nothing boots as without it", async () => {
  pc = await bootPc({ kind: "memory" }, undefined, undefined, { bootMenu: true });
  const { machine, shell } = pc;
  expect(machine.serial.text()).toContain("Press ESC for boot menu.");
  await shell.ok("tpm2_changeauth -c owner mine && tpm2_changeauth -c lockout mine");
  const set = "tpm2_getcap properties-variable | grep -E '(owner|lockout)AuthSet' | tr -dc '01\\n'";
  expect(await shell.ok(set)).toBe("1\n1");

  const cleared = await restartWith(pc, [...intoTpmMenu, [/1\. Clear TPM/, "1"], [/1\. Clear TPM/, ESC]]);
  expect(cleared).not.toContain("An error occurred");
  expect(await shell.ok(set)).toBe("0\n0");
  await shell.ok("tpm2_createprimary -Q -C o -c /tmp/p.ctx");

  const banks = "ls -d /sys/class/tpm/tpm0/pcr-* | sed 's/.*pcr-//' | sort | tr '\\n' ' '";
  expect(await shell.ok(banks)).toBe("sha1 sha256 sha384 sha512 ");
  await restartWith(pc, [
    ...intoTpmMenu,
    [/2\. Change active PCR banks/, "2"],
    [/1: SHA1 \(enabled\).*A {2}: activate/s, "1"],
    [/1: SHA1\r?\n.*4: SHA512 \(enabled\).*A {2}: activate/s, "4"],
    [/4: SHA512\r?\n.*A {2}: activate/s, "a"],
  ]);
  expect(await shell.ok(banks)).toBe("sha256 sha384 ");
  const { address, size } = machine.log!;
  const { events } = parseEventLog(machine.readPhysical(address, size));
  const replayed = await replayEventLog(events);
  expect([...replayed.keys()]).toEqual([TPM_ALG.TPM_ALG_SHA256, TPM_ALG.TPM_ALG_SHA384]);
  for (const [index, value] of replayed.get(TPM_ALG.TPM_ALG_SHA384)!) {
    const pcr = await shell.ok(`cat /sys/class/tpm/tpm0/pcr-sha384/${index}`);
    expect(`${index} ${pcr.toLowerCase()}`).toBe(`${index} ${Buffer.from(value).toString("hex")}`);
  }
});
