/** What is in the TPM, seen without a command: the explorer, and that the page sends none of its own. */
import { expect, fitsDeskAndPhone, type Page, test } from "./fixtures.ts";
import { Guest, PROMPT } from "./guest.ts";

/** From now on the commands that the page sends of its own are noted. */
const noteOwnCommands = (page: Page) =>
  page.evaluate(() => {
    const own: number[] = [];
    Object.assign(window, { own });
    window.tabtpm.tpm.on("command", ({ command, own: isOwn }) => {
      if (isOwn) own.push(new DataView(command.buffer, command.byteOffset).getUint32(6));
    });
  });
const ownCommands = (page: Page) => page.evaluate(() => (window as unknown as { own: number[] }).own);

test("the explorer shows what the guest makes, says what it allows, and disturbs nothing", async ({ page }, info) => {
  info.setTimeout(600_000);
  await page.goto("./");
  await page.waitForFunction(() => window.tabtpm.tpm !== undefined);
  await noteOwnCommands(page);
  const guest = new Guest(page);
  await guest.booted();
  // The panels have looked: registers and certificates are there, and were not asked for.
  await expect(page.locator("table.pcrs tr[data-pcr='0']")).toBeVisible();

  await guest.sh(
    "cd /tmp; tpm2_createprimary -Q -C o -G ecc -c primary.ctx && tpm2_evictcontrol -Q -C o -c primary.ctx 0x81000001",
  );
  await guest.sh(
    "tpm2_nvdefine -Q -C o -a 'ownerread|ownerwrite|nt=counter' 0x01500001 && tpm2_nvincrement -C o 0x01500001",
  );

  const explorer = page.locator("details.explorer");
  await explorer.locator("summary").click();
  const item = (name: string | RegExp) => explorer.getByRole("treeitem", { name });
  const key = item(/0x81000001 ECC NIST_P256/);
  await expect(key).toBeVisible();
  await key.click();
  await expect(explorer.getByText("It can't leave this TPM.")).toBeVisible();

  // It follows what the guest does.
  await item("NV indices (1)").click();
  await item(/0x01500001/).click();
  await expect(explorer.getByText("0000000000000001")).toBeVisible();
  await guest.sh("tpm2_nvincrement -C o 0x01500001");
  await expect(explorer.getByText("0000000000000002")).toBeVisible();

  // Try it: the line stands at the prompt, and Enter is the user's.
  await explorer.getByRole("button", { name: /Try it: tpm2_nvread / }).click();
  await expect.poll(() => guest.text()).toMatch(/tabtpm# tpm2_nvread 0x01500001 -C o$/);
  await page.keyboard.press("Enter");
  await expect.poll(() => guest.text()).toMatch(PROMPT);

  // By keyboard: from the index up to its group, close it, on to the next, to the ends.
  await item(/0x01500001/).focus();
  await page.keyboard.press("ArrowLeft");
  await expect(item("NV indices (1)")).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(item("NV indices (1)")).toHaveAttribute("aria-expanded", "false");
  await page.keyboard.press("End");
  await expect(item("Lockout")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(explorer.getByText(/0 of \d+ wrong tries/)).toBeVisible();
  await page.keyboard.press("Home");
  await expect(item("Owner")).toBeFocused();

  expect(await ownCommands(page)).toEqual([]);
  await fitsDeskAndPhone(page, "explorer");
});
