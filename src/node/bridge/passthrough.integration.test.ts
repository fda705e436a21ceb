/** The real firmware and the real guest on a TPM that is somebody else's: what it may do to it, and what not. */
import { afterEach, expect, it } from "vitest";
import { loadGuestFromDirectory } from "../../guest/node.ts";
import { ALLOWABLE, type RefusedCommand, SharedChip } from "../../passthrough/index.ts";
import type { ForeignTpm } from "../../remote/index.ts";
import { createMachine } from "../../v86/machine.ts";
import { GuestShell } from "../../v86/testkit/guestShell.ts";
import { openForeignTpm, parseBackend } from "../backends/index.ts";
import { ask, code, pcrRead, sessions } from "../backends/testkit/commands.ts";
import { SwtpmProcess } from "../backends/testkit/swtpmProcess.ts";
import { readV86Wasm } from "../v86Wasm.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** TPM_PT_PERMANENT and TPM_PT_STARTUP_CLEAR: which authorisations are set, what is locked out, which hierarchies are on. */
const VARIABLES = "8001000000160000017a000000060000020000000002";
/** TPM_CAP_PCRS: the banks. */
const BANKS = "8001000000160000017a000000050000000000000001";
/** From an empty platformAuth to an empty one. */
const PLATFORM_AUTH_IS_EMPTY = sessions("00000129", "4000000c", "0000");
const LOCKOUT_AUTH_IS_EMPTY = sessions("00000129", "4000000a", "0000");

/** What of a chip a guest must leave as it is. Whoever asks is alone with it. */
async function accountOf(swtpm: SwtpmProcess): Promise<Record<string, string>> {
  const chip = open(swtpm);
  await chip.powerOn();
  const account: Record<string, string> = {};
  try {
    for (const [name, command] of Object.entries({ VARIABLES, BANKS })) account[name] = await ask(chip, command);
    // Without the counter of updates, which counts PCR 16 to 23 too.
    for (let pcr = 0; pcr < 16; pcr++) account[`PCR ${pcr}`] = (await ask(chip, pcrRead(pcr))).slice(28);
    account["platformAuth is empty"] = code(await ask(chip, PLATFORM_AUTH_IS_EMPTY));
    account["lockoutAuth is empty"] = code(await ask(chip, LOCKOUT_AUTH_IS_EMPTY));
    return account;
  } finally {
    await chip.close();
  }
}

function open(swtpm: SwtpmProcess): ForeignTpm {
  const address = parseBackend("--to", swtpm.address, ["swtpm"]) as Parameters<typeof openForeignTpm>[0];
  return openForeignTpm(address, { shared: true });
}

/** A chip that its host has started, and the guest booted on it. */
async function bootOn(allowed: readonly string[]) {
  const swtpm = await SwtpmProcess.start({ started: true });
  ends.push(() => swtpm.stop());
  const before = await accountOf(swtpm);
  const chip = open(swtpm);
  ends.push(() => chip.close());
  const refused: RefusedCommand[] = [];
  const tpm = new SharedChip(chip, { allowed, onRefused: (each) => refused.push(each) });
  const machine = await createMachine({ images: await loadGuestFromDirectory(), wasm: await readV86Wasm(), tpm });
  ends.push(() => machine.destroy());
  const shell = new GuestShell(machine);
  await machine.powerOn();
  await shell.stage("shell");
  return { swtpm, before, chip, machine, shell, refused };
}

it("SeaBIOS gives up on a chip that is not its own, and leaves it as it was; Linux uses it", async () => {
  const { swtpm, before, chip, machine, shell, refused } = await bootOn([]);
  const names = () => new Set(refused.map(({ name }) => name));
  // It may not measure; so it switches the hierarchies off, as far as it knows.
  expect([...names()]).toEqual(expect.arrayContaining(["TPM2_PCR_Extend", "TPM2_HierarchyControl"]));
  // IMA says on the console that it may not extend PCR 10, which would be the host's.
  await shell.run("dmesg -n 1");
  expect(await shell.ok("dmesg | grep -c 'attempting extend a PCR'")).not.toBe("0");
  expect(await shell.ok("tpm2_getrandom --hex 8")).toMatch(/^[0-9a-f]{16}$/);
  expect(await shell.ok("tpm2_pcrread sha256:16")).toContain(`0x${"0".repeat(64)}`);
  await shell.ok("tpm2_pcrextend 16:sha256=$(printf '%064d' 1)");
  expect(await shell.ok("tpm2_pcrread sha256:16")).not.toContain(`0x${"0".repeat(64)}`);
  for (const harm of [
    "tpm2_clear",
    "tpm2_clear -c l",
    "tpm2_changeauth -c lockout secret",
    "tpm2_changeauth -c platform secret",
    "tpm2_hierarchycontrol -C p shEnable clear",
    "tpm2_clearcontrol -C l s",
    "tpm2_dictionarylockout -c",
    "tpm2_pcrallocate sha1:none",
    "tpm2_pcrextend 7:sha256=$(printf '%064d' 1)",
    "tpm2_pcrevent 7 /etc/passwd",
    "tpm2_createprimary -C p -Q",
    "tpm2_nvdefine -C p -s 8 0x1000001",
    "tpm2_changeeps",
    "tpm2_changepps",
  ]) {
    const { status } = await shell.run(`${harm} >/dev/null`);
    expect([harm, status === 0]).toEqual([harm, false]);
  }
  // Answered, and nothing else.
  await shell.ok("tpm2_shutdown");
  machine.reset();
  await shell.stage("bios");
  await shell.stage("shell");
  await shell.run("dmesg -n 1");
  expect(await shell.ok("tpm2_getrandom --hex 8 | grep -v tpm0")).toMatch(/^[0-9a-f]{16}$/);
  await machine.powerOff();
  await chip.close();
  expect(await accountOf(swtpm)).toEqual(before);
});

it("What is allowed, name by name, reaches the chip: SeaBIOS measures into it, and closes the platform hierarchy", async () => {
  const names = ["PCR_Extend", "HierarchyChangeAuth", "TPM_RH_PLATFORM"];
  expect(ALLOWABLE).toEqual(expect.arrayContaining(names));
  const { swtpm, before, chip, machine, refused } = await bootOn(names);
  expect(refused).toEqual([]);
  await machine.powerOff();
  await chip.close();
  const after = await accountOf(swtpm);
  for (let pcr = 0; pcr < 10; pcr++) expect([pcr, after[`PCR ${pcr}`]]).not.toEqual([pcr, before[`PCR ${pcr}`]]);
  expect([before["platformAuth is empty"], after["platformAuth is empty"]]).toEqual(["00000000", "000009a2"]);
  expect(after["lockoutAuth is empty"]).toBe("00000000");
});
