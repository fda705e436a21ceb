/** "New TPM" makes one with Endorsement Key certificates, whose CA the user can save. */
import { createPublicKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ekTemplates } from "../src/index.ts";
import { expect, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

test("the guest reads a new TPM's EK certificates, and the demo CA's certificate verifies them", async ({ page }) => {
  const guest = await new Guest(page).open();
  await expect(page.locator("[data-state=certificates] dd")).toHaveText("none");
  await page.getByRole("button", { name: "New TPM…" }).click();
  const dialog = page.getByRole("dialog", { name: "Replace this TPM by a new one?" });
  await guest.reboots(() => dialog.getByRole("button", { name: "Delete it and start a new TPM" }).click());

  const downloading = page.waitForEvent("download");
  await page
    .locator("[data-state=certificates]")
    .getByRole("button", { name: `${ekTemplates.length}, save CA` })
    .click();
  const ca = new X509Certificate(await readFile(await (await downloading).path()));
  expect(ca.subject).toContain("not a real TPM manufacturer");
  for (const [index, key] of [
    ["0x01c00002", "rsa"],
    ["0x01c0000a", "ecc"],
  ]) {
    const base64 = await guest.sh(`tpm2_nvread ${index} -o /tmp/ek.der 2>/dev/null && base64 /tmp/ek.der`);
    const certificate = new X509Certificate(Buffer.from(base64, "base64"));
    expect(certificate.verify(ca.publicKey)).toBe(true);
    await guest.sh(`tpm2_createek -G ${key} -c /tmp/ek.ctx -u /tmp/ek.pem -f pem 2>/dev/null && tpm2_flushcontext -t`);
    const made = createPublicKey(await guest.sh("cat /tmp/ek.pem"));
    expect(certificate.publicKey.equals(made)).toBe(true);
  }
});
