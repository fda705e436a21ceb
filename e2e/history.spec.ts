/** How the PCRs came to their values: shown step by step, kept, and held against another boot. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { expect, fitsDeskAndPhone, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

const dialog = (page: Page) => page.getByRole("dialog", { name: "PCR history" });
const chain = (page: Page) => dialog(page).locator(".chain > li");
const register = (page: Page, pcr: number) => page.locator(`.pcrs tr[data-pcr='${pcr}']`);
const compareWith = (page: Page) => dialog(page).getByLabel("Compare with");
const news = (page: Page) => dialog(page).getByRole("status");

async function openHistory(page: Page, pcr: number): Promise<void> {
  const button = register(page, pcr).locator("th button");
  if ((await button.getAttribute("aria-expanded")) !== "true") await button.click();
  await register(page, pcr).getByRole("button", { name: "How it came to this value…" }).click();
  await expect(chain(page).first()).toBeVisible();
}

/** What a step's field says, once the step is open. */
async function field(step: Locator, name: string): Promise<string> {
  if (!(await step.locator("details").evaluate((details: HTMLDetailsElement) => details.open)))
    await step.locator("summary").click();
  return (await step
    .locator(".fields dt", { hasText: new RegExp(`^${name}$`) })
    .locator("+ dd")
    .textContent())!;
}

/** As tpm2_pcrread shows it, in lower case. */
async function pcrread(guest: Guest, bank: string, pcr: number): Promise<string> {
  return (await guest.sh(`tpm2_pcrread ${bank}:${pcr}`)).split("0x")[1]!.trim().toLowerCase();
}

async function file(page: Page, label: string, name: string, buffer: Buffer): Promise<void> {
  await dialog(page).locator(`input[aria-label="${label}"]`).setInputFiles({ name, mimeType: "text/plain", buffer });
}

test("from the first value on, by firmware, IMA and programs, and against a known good boot after a reload", async ({
  page,
}) => {
  const guest = await new Guest(page).open();

  await test.step("what tpm2_pcrextend does is there with the values that tpm2_pcrread shows", async () => {
    const digest = "0123456789abcdef".repeat(4);
    await guest.sh(`tpm2_pcrextend 23:sha256=${"77".repeat(32)}`);
    const before = await pcrread(guest, "sha256", 23);
    await guest.sh(`tpm2_pcrextend 23:sha256=${digest}`);
    const after = await pcrread(guest, "sha256", 23);
    await expect(register(page, 23)).toContainText(after);
    await openHistory(page, 23);
    await expect(chain(page)).toHaveCount(3);
    const last = chain(page).last();
    expect(await field(last, "before")).toBe(before);
    expect(await field(last, "extended with")).toBe(digest);
    expect(await field(last, "after")).toBe(after);
    expect(await field(last, "command")).toBe("TPM2_PCR_Extend, locality 0");
    await expect(last).toContainText("a program in the PC sent the command");
    await expect(dialog(page).locator(".verdict.good")).toContainText("give the value that the TPM has");
    await page.keyboard.press("Escape");
    await expect(dialog(page)).toHaveCount(0);
    await expect(register(page, 23).getByRole("button", { name: "How it came" })).toBeFocused();
  });

  await test.step("the firmware's events are explained, every PCR of every bank is accounted for", async () => {
    await openHistory(page, 9);
    await expect(chain(page).locator(".name")).toHaveText(["TPM2_Startup", "kernel", "initrd"]);
    const kernel = chain(page).nth(1);
    const image = await readFile(new URL("../guest/images/bzImage", import.meta.url));
    expect(await field(kernel, "extended with")).toBe(createHash("sha256").update(image).digest("hex"));
    await expect(kernel).toContainText("A secret that is sealed to PCR 9 is for this kernel only.");
    await dialog(page).getByRole("tab", { name: "PCR 9" }).press("ArrowLeft");
    await expect(dialog(page).getByRole("tab", { name: "PCR 8" })).toBeFocused();
    await expect(chain(page).nth(1)).toContainText("kernel_cmdline: /bzImage console=ttyS0");
    for (const bank of ["SHA-1", "SHA-384", "SHA-256"]) {
      await dialog(page).getByLabel("Bank", { exact: true }).selectOption(bank);
      for (const pcr of [0, 1, 2, 4, 7, 8, 9, 10, 16, 17]) {
        await dialog(page)
          .getByRole("tab", { name: `PCR ${pcr}`, exact: true })
          .click();
        await expect(dialog(page).locator(".chain")).toHaveAttribute(
          "aria-label",
          `What made PCR ${pcr}, ${bank} bank`,
        );
        await expect(dialog(page).locator(".verdict.good"), `PCR ${pcr} of ${bank}`).toBeVisible();
      }
    }
    await dialog(page).getByRole("tab", { name: "PCR 9" }).click();
    await page.screenshot({ path: test.info().outputPath("history.png") });
  });

  await test.step("with IMA's list the entries of PCR 10 have their files", async () => {
    await dialog(page).getByRole("tab", { name: "PCR 10" }).click();
    await expect(chain(page).nth(1)).toContainText("IMA entry");
    await expect(dialog(page).getByRole("button", { name: "Read /mnt/ima.txt" })).toBeDisabled();
    const command = await dialog(page).locator(".ima .command code").textContent();
    await guest.sh(command!);
    await dialog(page).getByRole("button", { name: "Read /mnt/ima.txt" }).click();
    await expect(dialog(page).locator("[data-ima]")).toContainText("entries read");
    await expect(chain(page).nth(1)).toContainText("boot_aggregate");
    await expect(chain(page).nth(2)).toContainText("/bin/busybox");
    await chain(page).nth(2).locator("summary").click();
    await expect(chain(page).nth(2)).toContainText(
      "The entry's own text gives the digest that the PCR was extended with.",
    );
    await expect(dialog(page).locator(".ima .bad")).toHaveCount(0);
    await page.screenshot({ path: test.info().outputPath("ima.png") });
    const lied = (await guest.sh("cat /mnt/ima.txt")).replace("/bin/busybox", "/bin/harmless");
    await file(page, "IMA's list", "lied.txt", Buffer.from(`${lied}\n`));
    await expect(dialog(page).locator(".ima .bad")).toContainText("PCR 10 was not extended with: /bin/harmless");
    await file(page, "IMA's list", "notes.txt", Buffer.from("not a list\n"));
    await expect(news(page)).toContainText("notes.txt was not taken. This is no list of IMA's measurements: line 1");
  });

  let saved = Buffer.alloc(0);
  await test.step("kept as known good, saved as a file; another file is refused with its reason", async () => {
    await dialog(page).getByRole("button", { name: "Keep as known good" }).click();
    await expect(news(page)).toContainText("This boot is kept as known good");
    const downloading = page.waitForEvent("download");
    await dialog(page).getByRole("button", { name: "Save this boot…" }).click();
    saved = await readFile(await (await downloading).path());
    await file(page, "Open a boot…", "photo.png", Buffer.from("\x89PNG\r\n"));
    await expect(news(page)).toContainText("photo.png was not taken. This is no record of a boot: it is not JSON");
    await file(page, "Open a boot…", "newer.json", Buffer.from(String(saved).replace('"version": 1', '"version": 7')));
    await expect(news(page)).toContainText("This record of a boot is of version 7; this page reads 1.");
    await page.keyboard.press("Escape");
  });

  await test.step("after a reload with another kernel argument PCR 8 differs first, in its entry", async () => {
    await page.goto("./?append=example%3D1");
    await page.getByRole("dialog").getByRole("button", { name: "Start as it says" }).click();
    await guest.booted();
    await openHistory(page, 8);
    await expect(compareWith(page)).toHaveValue("good");
    const difference = dialog(page).locator(".difference");
    await expect(difference).toContainText("PCR 8 is the first that differs");
    await expect(difference.locator("[data-difference]")).toContainText(
      /Something else was measured here: kernel command line \(.* example=1\), instead of kernel command line \(/,
    );
    const marked = chain(page).locator("xpath=self::*[@data-mark!='same']");
    await expect(marked).toHaveCount(2);
    await expect(marked.nth(0)).toHaveAttribute("data-mark", "there");
    await expect(marked.nth(1)).toContainText("example=1");
    await expect(dialog(page).getByRole("tab", { name: "PCR 8" })).toHaveAttribute("data-differs", "");
    await expect(dialog(page).getByRole("tab", { name: "PCR 9" })).not.toHaveAttribute("data-differs");
    await page.screenshot({ path: test.info().outputPath("difference.png") });
    await page.emulateMedia({ colorScheme: "dark" });
    await fitsDeskAndPhone(page, "difference-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await fitsDeskAndPhone(page, "difference-light");
    await page.setViewportSize({ width: 1280, height: 800 });
    await dialog(page).getByRole("tab", { name: "PCR 10" }).click();
    await expect(difference.locator("[data-difference=digest]")).toBeVisible();
    await compareWith(page).selectOption("last");
    await expect(difference).toContainText("PCR 8 is the first that differs");
    await compareWith(page).selectOption("nothing");
    await expect(difference).toHaveCount(0);
    await file(page, "Open a boot…", "saved.json", saved);
    await expect(compareWith(page)).toHaveValue("file");
    await expect(difference).toContainText("PCR 8 is the first that differs");
  });

  await test.step("another known good boot takes the place of the one that was only when the user says so", async () => {
    const asked = page.getByRole("dialog", { name: "Replace the known good boot?" });
    await compareWith(page).selectOption("good");
    await dialog(page).getByRole("button", { name: "Keep as known good" }).click();
    await asked.getByRole("button", { name: "Cancel" }).click();
    await expect(dialog(page).locator(".difference")).toContainText("PCR 8 is the first");
    await dialog(page).getByRole("button", { name: "Keep as known good" }).click();
    await asked.getByRole("button", { name: "Replace it" }).click();
    await expect(dialog(page).locator(".difference")).toContainText("Every PCR was made as in the other boot.");
    await page.keyboard.press("Escape");
  });

  await test.step("a new TPM begins without the boots of the old one", async () => {
    await page.getByRole("button", { name: "New TPM…" }).click();
    await guest.reboots(async () => {
      await page.getByRole("dialog").getByRole("button", { name: "Delete it and start a new TPM" }).click();
      // The address is still that of the link.
      await page.getByRole("dialog").getByRole("button", { name: "Start without that" }).click({ timeout: 240_000 });
    });
    await openHistory(page, 8);
    await expect(compareWith(page).locator("option")).toHaveText(["no other boot"]);
  });
});
