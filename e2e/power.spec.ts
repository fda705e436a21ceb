/** Reset, power and permanence: what the TPM keeps and what it forgets. One browser profile; the tests run in order. */
import { expect, test } from "@playwright/test";
import { sharedGuest } from "./fixtures.ts";
import { WRONG_AUTHORISATION } from "./guest.ts";

test.describe.configure({ mode: "serial" });

const guest = sharedGuest();

interface Clock {
  readonly clock: number;
  readonly resetCount: number;
  readonly restartCount: number;
}

async function readClock(): Promise<Clock> {
  const yaml = await guest.sh("tpm2_readclock");
  const number = (name: string) => {
    const digits = new RegExp(`${name}: (\\d+)`).exec(yaml)?.[1];
    expect(digits, `${name} in: ${yaml}`).toBeDefined();
    return Number(digits);
  };
  return { clock: number("clock"), resetCount: number("reset_count"), restartCount: number("restart_count") };
}

const pcr = (index: number) => guest.sh(`cat /sys/class/tpm/tpm0/pcr-sha256/${index}`);
const UNTOUCHED = "00".repeat(32);
/** Extends PCR 16, which is as it was at first. */
async function mark(): Promise<void> {
  expect(await pcr(16)).toBe(UNTOUCHED);
  await guest.sh("tpm2_pcrextend 16:sha256=$(echo mark | sha256sum | cut -d' ' -f1)");
  expect(await pcr(16)).not.toBe(UNTOUCHED);
}
const power = () => guest.page.locator("[data-state=power] dd");
let firmware: string;
let clock: Clock;

test("PCR 0 and a mark to look for", async () => {
  firmware = await pcr(0);
  expect(firmware).not.toBe(UNTOUCHED);
  await mark();
  await guest.sh("tpm2_changeauth -c owner mine");
  clock = await readClock();
});

test("the reset button is a _TPM_Init: PCRs start fresh, the owner's authorisation stays", async () => {
  await guest.reboots(() => guest.page.getByRole("button", { name: "Reset" }).click());
  expect(await pcr(16)).toBe(UNTOUCHED);
  expect(await pcr(0)).toBe(firmware);
  await guest.sh("tpm2_changeauth -c owner -p mine ours");
  const after = await readClock();
  expect(after.resetCount).toBe(clock.resetCount + 1);
  expect(after.clock).toBeGreaterThan(clock.clock);
  clock = after;
});

test("a script can have the TPM fail; a reset ends it, and nothing that is permanent is lost", async () => {
  const isFailed = () => guest.page.evaluate(() => window.tabtpm.tpm.state().failureMode);
  await guest.page.evaluate(() => window.tabtpm.tpm.enterFailureMode());
  expect(await isFailed()).toBe(true);
  await guest.refuses("tpm2_selftest -f", "commands not being accepted because of a TPM failure");
  await guest.reboots(() => guest.page.getByRole("button", { name: "Reset" }).click());
  expect(await isFailed()).toBe(false);
  expect(await pcr(0)).toBe(firmware);
  await guest.sh("tpm2_changeauth -c owner -p ours ours");
  clock = await readClock();
});

test("reboot -f boots again with a fresh TPM", async () => {
  await guest.reboots(() => guest.type("reboot -f\n"));
  expect(await pcr(0)).toBe(firmware);
  const after = await readClock();
  expect(after.resetCount).toBe(clock.resetCount + 1);
  await expect(guest.page.locator("[data-replay=match]")).toBeVisible();
  clock = after;
});

test("poweroff -f ends in powered off, power on boots again", async () => {
  await guest.type("poweroff -f\n");
  await expect(power()).toHaveText("off");
  await expect(guest.page.locator("[data-state=stage] dd")).toHaveText("powered off");
  await expect(guest.page.getByRole("button", { name: "Reset" })).toBeDisabled();
  expect(await guest.page.evaluate(() => window.tabtpm.tpm.state().power)).toBe("off");
  await guest.reboots(() => guest.page.getByRole("button", { name: "Power on" }).click());
  const after = await readClock();
  expect(after.resetCount).toBe(clock.resetCount + 1);
  clock = after;
});

test("the power button cuts the power at once", async () => {
  await expect(guest.page.locator(".pcrs")).toBeVisible();
  await guest.page.getByRole("button", { name: "Power off" }).click();
  await expect(power()).toHaveText("off");
  await expect(guest.page.locator(".pcrs")).toHaveCount(0);
  await guest.reboots(() => guest.page.getByRole("button", { name: "Power on" }).click());
  expect((await readClock()).resetCount).toBe(clock.resetCount + 1);
});

test("after a reload the permanent state is there, and the PCRs start fresh", async () => {
  await mark();
  const before = await readClock();
  await guest.page.reload();
  await guest.booted();
  expect(await pcr(16)).toBe(UNTOUCHED);
  expect(await pcr(0)).toBe(firmware);
  const after = await readClock();
  expect(after.resetCount).toBe(before.resetCount + 1);
  expect(after.clock).toBeGreaterThanOrEqual(before.clock);
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/1$/);
  await guest.refuses("tpm2_changeauth -c owner x", WRONG_AUTHORISATION);
  await guest.sh("tpm2_changeauth -c owner -p ours ours");
});

test("a new TPM is asked for twice, and knows nothing of the old one", async () => {
  const before = await readClock();
  await guest.page.getByRole("button", { name: "New TPM…" }).click();
  const dialog = guest.page.getByRole("dialog", { name: "Replace this TPM by a new one?" });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await guest.page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(guest.page.getByRole("button", { name: "New TPM…" })).toBeFocused();
  await guest.sh("tpm2_changeauth -c owner -p ours ours");

  await guest.page.getByRole("button", { name: "New TPM…" }).click();
  await guest.reboots(() => dialog.getByRole("button", { name: "Delete it and start a new TPM" }).click());
  await expect(dialog).toBeHidden();
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/0$/);
  const after = await readClock();
  expect(after.resetCount).toBeLessThan(before.resetCount);
  await guest.sh("tpm2_changeauth -c owner new");
});
