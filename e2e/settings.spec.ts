/** The settings of the PC: by the form, and by the page's address. */
import type { Page } from "@playwright/test";
import { makeBootDisk } from "../src/v86/testkit/bootSector.ts";
import { expect, fitsDeskAndPhone, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

const form = (page: Page) => page.getByRole("dialog", { name: "Settings of the PC" });
const openForm = (page: Page) => page.getByRole("button", { name: "Settings…" }).click();
const restart = (page: Page) => form(page).getByRole("button", { name: "Save and restart now" }).click();

/** Rows and columns that the guest's terminal has; rows as many as the page shows. */
async function terminalSize(guest: Guest): Promise<number[]> {
  const shown = await guest.page.locator(".xterm-rows > div").count();
  await expect.poll(() => guest.sh("stty size </dev/ttyS0")).toMatch(new RegExp(`^${shown} `));
  return (await guest.sh("stty size </dev/ttyS0")).split(" ").map(Number);
}

/** What the event log's panel says of the command line. */
const measured = (page: Page) => page.locator(".event-log li[data-pcr='8'] .what", { hasText: "kernel_cmdline: " });

async function expectGoodBoot(page: Page): Promise<void> {
  await expect(page.locator("[data-replay=match]")).toBeVisible();
  await expect(page.locator("[data-state=tpm] dd")).toHaveText("ready");
  await expect(page.locator("[data-notice=findings]")).toHaveCount(0);
}

test("what is sealed to kernel and command line opens after an honest boot only, whatever the window's size", async ({
  page,
}) => {
  const guest = await new Guest(page).open();
  const own = await guest.sh("cat /proc/cmdline");
  const pcrs = await guest.sh("tpm2_pcrread sha256:8,9");
  const size = await terminalSize(guest);
  await guest.sh(
    "cd /mnt; tpm2_createprimary -Q -C o -c /tmp/srk; tpm2_createpolicy -Q --policy-pcr -l sha256:8,9 -L p",
  );
  await guest.sh("printf 'sealed words' | tpm2_create -Q -C /tmp/srk -L p -i- -u seal.pub -r seal.priv");
  const unseal =
    "cd /mnt; tpm2_createprimary -Q -C o -c /tmp/srk && tpm2_load -Q -C /tmp/srk -u seal.pub -r seal.priv -c /tmp/seal && " +
    "tpm2_unseal -c /tmp/seal -p pcr:sha256:8,9";
  expect(await guest.sh(unseal)).toBe("sealed words");

  await openForm(page);
  const field = form(page).getByLabel("Kernel arguments");
  await expect(field).toBeFocused();
  await field.fill("x".repeat(2047));
  await expect(field).toHaveAccessibleDescription(/takes a command line of 2047 octets; .* Make it \d+ shorter/);
  await expect(form(page).getByRole("button", { name: "Save and restart now" })).toBeDisabled();
  await field.fill("  example=1 ");
  await expect(field).toHaveAccessibleDescription(/Added to console=ttyS0 .* PCR 8/);
  // Enter keeps it for the next boot.
  await field.press("Enter");
  const pending = page.locator("[data-notice=pending]");
  await expect(pending).toContainText("at the next boot");
  await guest.reboots(() => pending.getByRole("button", { name: "Restart now" }).click());
  await expect(pending).toHaveCount(0);
  expect(await guest.sh("cat /proc/cmdline")).toBe(`${own} example=1`);
  await expect(measured(page)).toHaveText(`kernel_cmdline: /bzImage ${own} example=1`);
  await guest.refuses(unseal, "a policy check failed");
  await expectGoodBoot(page);

  await page.setViewportSize({ width: 900, height: 640 });
  await openForm(page);
  await expect(field).toHaveValue("example=1");
  await field.fill("");
  await guest.reboots(() => restart(page));
  await expect(measured(page)).toHaveText(`kernel_cmdline: /bzImage ${own}`);
  expect(await guest.sh("tpm2_pcrread sha256:8,9")).toBe(pcrs);
  expect(await guest.sh(unseal)).toBe("sealed words");
  const [rows, columns] = await terminalSize(guest);
  expect(rows).not.toBe(size[0]);
  expect(columns).not.toBe(size[1]);
});

test("CRB and TIS by address and form; a link asks before it changes the command line, and is not kept", async ({
  page,
}) => {
  const driver = "basename $(readlink /sys/class/tpm/tpm0/device/driver)";
  const guest = new Guest(page);
  await page.goto("./?interface=crb&irq=7&menu=perhaps");
  await guest.booted();
  expect(await guest.sh(driver)).toBe("tpm_crb");
  const notice = page.locator("[data-notice=settings]");
  await expect(notice).toContainText("CRB has no interrupt");
  await expect(notice).toContainText('"menu" of the page\'s address is not taken');
  await fitsDeskAndPhone(page, "settings-notice");
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await expect(notice).toHaveCount(0);
  await expectGoodBoot(page);
  expect(await guest.sh("tpm2_pcrread sha256:0 | wc -l")).toBe("2");
  await guest.sh("tpm2_nvdefine -Q -s 5 0x1500001 && printf hello | tpm2_nvwrite -Q -i- 0x1500001");

  await openForm(page);
  const registers = form(page).getByLabel("TPM interface from the address, not kept");
  await expect(registers).toHaveValue("crb");
  await expect(form(page).getByLabel("TPM interrupt")).toBeDisabled();
  await fitsDeskAndPhone(page, "settings-form");
  await registers.selectOption("tis");
  await form(page).getByLabel("TPM interrupt").selectOption("7");
  await form(page).getByLabel("Kernel arguments").fill("mine=1");
  await guest.reboots(() => restart(page));
  expect(await guest.sh(driver)).toBe("tpm_tis");
  expect(await guest.sh("tpm2_nvread -s 5 0x1500001")).toBe("hello");
  await expectGoodBoot(page);

  await page.goto("./?append=other%3D1&interface=crb");
  const question = page.getByRole("dialog", { name: "Start the PC as this link says?" });
  await expect(question).toContainText("other=1");
  await expect(question.getByRole("button", { name: "Start without that" })).toBeFocused();
  await fitsDeskAndPhone(page, "settings-link");
  await page.keyboard.press("Escape");
  await guest.booted();
  expect(await guest.sh("cat /proc/cmdline")).toMatch(/ mine=1$/);
  expect(await guest.sh(driver)).toBe("tpm_crb");

  // The address's interface was for the visit, and the settings were the old TPM's.
  await page.goto("./");
  await guest.booted();
  expect(await guest.sh(`${driver}; cat /proc/cmdline`)).toMatch(/^tpm_tis\n.* mine=1$/);
  await page.getByRole("button", { name: "New TPM…" }).click();
  await guest.reboots(() => page.getByRole("button", { name: "Delete it and start a new TPM" }).click());
  expect(await guest.sh("cat /proc/cmdline")).not.toContain("mine=1");
  await openForm(page);
  await expect(form(page).getByLabel("Kernel arguments")).toHaveValue("");
  await expect(form(page).getByLabel("TPM interrupt")).toHaveValue("");
});

test("SeaBIOS's menu on the page's console clears the TPM and chooses its banks", async ({ page }) => {
  const guest = new Guest(page);
  await page.goto("./?menu=1");
  await guest.booted();
  await guest.sh("tpm2_changeauth -c owner mine");
  const screen = page.locator(".xterm-helper-textarea");
  /** Restarts the PC, and presses each key on the console when the firmware has asked. */
  const answers = async (...dialogue: [question: string, key: string][]) => {
    let seen = (await guest.text()).length;
    await page.getByRole("button", { name: "Reset" }).click();
    for (const [question, key] of dialogue) {
      const next = async () => (await guest.text()).indexOf(question, seen);
      await expect.poll(next, { timeout: 60_000, intervals: [50] }).toBeGreaterThanOrEqual(0);
      seen = (await next()) + question.length;
      await screen.press(key);
    }
  };
  const menu: [string, string][] = [
    ["Press ESC for boot menu.", "Escape"],
    ["t. TPM Configuration", "t"],
  ];
  await guest.reboots(() => answers(...menu, ["1. Clear TPM", "1"], ["1. Clear TPM", "Escape"]));
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/0$/);
  await guest.reboots(() =>
    answers(...menu, ["2. Change active PCR banks", "2"], ["1: SHA1 (enabled)", "1"], ["1: SHA1\r\n", "a"]),
  );
  await expect(page.getByRole("tab", { name: "SHA-256" })).toBeVisible();
  await expect(page.getByRole("tab", { name: "SHA-1" })).toHaveCount(0);
  await expectGoodBoot(page);
});

test("an own disk boots with the firmware's events, and one that is none is refused in words", async ({ page }) => {
  const guest = await new Guest(page).open();
  const choose = async (title: string, name: string, buffer: Buffer) => {
    const chooser = page.waitForEvent("filechooser");
    await form(page)
      .getByRole("button", { name: `${title}: choose a file` })
      .click();
    await (await chooser).setFiles({ name, mimeType: "application/octet-stream", buffer });
  };
  await openForm(page);
  await choose("Kernel (bzImage)", "no-kernel", Buffer.alloc(4096, "x"));
  await restart(page);
  const notice = page.locator("[data-notice=settings]");
  await expect(notice).toContainText("The kernel (no-kernel)");
  await expect(page.locator("[data-state=power] dd")).toHaveText("off");

  await openForm(page);
  await form(page).getByRole("button", { name: "Kernel (bzImage): take out" }).click();
  await choose("Floppy disk", "mine.img", Buffer.from(makeBootDisk(1_474_560, "A")));
  await expect(form(page).getByLabel("Boot from")).toHaveValue("floppy");
  await form(page).getByRole("button", { name: "Save and start now" }).click();
  await expect.poll(() => guest.text(), { timeout: 60_000 }).toContain("booted as A");
  const log = page.locator(".event-log");
  await expect(log.locator("li[data-pcr='4']").last()).toBeVisible();
  await expect(log).toContainText("GRUB for BIOS does not, its tpm module exists for UEFI only");
  await expect(page.locator("[data-replay=match]")).toBeVisible();

  await openForm(page);
  await form(page).getByLabel("Boot from").selectOption("kernel");
  await guest.reboots(() => restart(page));
  await expectGoodBoot(page);
});
