/** Physical presence and memory overwrite: what Linux asks by sysfs, and the firmware does at the next boot, with the user's answer at the console. */
import { expect, test } from "@playwright/test";
import { sharedGuest } from "./fixtures.ts";

const PPI = "/sys/class/tpm/tpm0/ppi";
const QUESTION = "seconds refuses.";
/** What SeaBIOS's serial console takes for these keys. */
const F12 = "\x1b[24~";
const ESC = "\x1b";
/** RAM below 1 MiB that neither firmware nor kernel uses; movv of the interface's page. */
const UNUSED = "0x50000";
const MOVV = "0xFED4515A";

test.describe.configure({ mode: "serial" });
const guest = sharedGuest();

/** Reboots the guest, and answers the firmware's question. @returns what was asked */
async function rebootAnswering(key: string): Promise<string> {
  const asked = await guest.count(QUESTION);
  let question = "";
  await guest.reboots(async () => {
    await guest.type("reboot -f\n");
    await expect.poll(() => guest.count(QUESTION), { timeout: 150_000 }).toBe(asked + 1);
    question = (await guest.text()).slice(-1000);
    await guest.type(key);
  });
  return question;
}

const read = (file: string) => guest.sh(`cat ${PPI}/${file}`);

async function expectGoodBoot(): Promise<void> {
  await expect(guest.page.locator("[data-replay=match]")).toBeVisible();
  await expect(guest.page.locator("[data-notice=findings]")).toHaveCount(0);
}

test("a clear that is agreed to is done; RAM is as it was", async () => {
  expect(await read("version")).toBe("1.3");
  await guest.sh("tpm2_changeauth -c owner secret");
  await guest.sh(`devmem ${UNUSED} 32 0x5EED1234`);
  await guest.sh(`echo 5 > ${PPI}/request`);
  const question = await rebootAnswering(F12);
  expect(question).toContain("asks to clear the TPM");
  expect(await read("response")).toBe("5 0: Success");
  expect(await guest.sh("tpm2_getcap properties-variable")).toMatch(/ownerAuthSet: +0/);
  expect(await guest.sh(`devmem ${UNUSED} 32`)).toBe("0x5EED1234");
  await expectGoodBoot();
});

test("a clear that is refused is not; RAM is wiped when movv asks for it", async () => {
  await guest.sh("tpm2_changeauth -c owner secret");
  await guest.sh(`echo 5 > ${PPI}/request`);
  await guest.sh(`devmem ${MOVV} 8 1`);
  await rebootAnswering(ESC);
  expect(await read("response")).toBe("5 0xFFFFFFF0: User Abort");
  await guest.sh("tpm2_changeauth -c owner -p secret");
  expect(await guest.sh(`devmem ${UNUSED} 32`)).toBe("0x00000000");
});

test("banks are chosen, with the reset that they need; the boot is measured in those", async () => {
  await guest.sh(`echo 23 6 > ${PPI}/request`);
  expect(await read("request")).toBe("23 6");
  expect(await rebootAnswering(F12)).toContain("SHA-384");
  expect(await read("response")).toBe("23 0: Success");
  const banks = await guest.sh("tpm2_getcap pcrs");
  expect(banks).toMatch(/sha256: \[ 0,[\s\S]*sha384: \[ 0,/);
  expect(banks).not.toMatch(/sha(1|512): \[ 0,/);
  await expectGoodBoot();
});
