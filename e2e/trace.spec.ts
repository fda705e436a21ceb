/** The list of commands with a real guest behind it: search, filter, pause, fields beside octets, secrets, files. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { isInstalled } from "../src/node/testkit/installed.ts";
import { readPcapng } from "../src/trace/testkit/pcapng.ts";
import { dissectFile } from "../src/trace/testkit/tshark.ts";
import { fitsDeskAndPhone, sharedGuest } from "./fixtures.ts";
import { WRONG_AUTHORISATION } from "./guest.ts";

test.describe.configure({ mode: "serial" });
const guest = sharedGuest();

const panel = () => guest.page.getByRole("region", { name: "TPM commands" });
const rows = () => panel().locator("li[data-command]");
const row = (name: string) => panel().locator(`li[data-command=${name}]`).first();
const filter = () => panel().getByLabel("Which");
const search = () => panel().getByRole("searchbox", { name: "Search" });

test("a failed command is found, and explained field by field", async () => {
  await guest.sh("tpm2_changeauth -c owner hunter22");
  await guest.refuses("tpm2_setclock -c o -p wrong-one 999999999", WRONG_AUTHORISATION);
  await filter().selectOption("failed");
  const failed = row("TPM2_ClockSet");
  await expect(failed).toContainText("owner");
  await expect(failed.locator(".result")).toHaveText("TPM_RC_BAD_AUTH (session 1)");
  for (const result of await rows().locator(".result").all()) await expect(result).toHaveAttribute("data-failed", "");
  await failed.locator("summary").first().click();
  await expect(failed.getByRole("option", { name: /^auth / })).toContainText("TPM_RH_OWNER owner");
  // tpm2-tools never send a password.
  await expect(failed.getByRole("option", { name: /^sessionHandle/ })).toContainText("HMAC session 0x0200000");
  await expect(failed.getByRole("option", { name: /^hmac/ })).toContainText("(secret, 34 octets)");
  await expect(failed.getByRole("option", { name: /^sessionAttributes/ })).toContainText(
    "the session stays after this command",
  );
});

test("a field marks its octets, under the pointer and by the keys", async () => {
  const failed = row("TPM2_ClockSet");
  const fields = failed.getByRole("listbox", { name: "Fields of the command" });
  await fields.getByRole("option", { name: /^commandCode/ }).hover();
  await expect(failed.locator(".hex .marked")).toHaveText(["00 00", "01 28"]);
  await panel().getByRole("heading", { name: "TPM commands" }).hover();
  await expect(failed.locator(".hex .marked")).toHaveCount(0);
  await fields.focus();
  await guest.page.keyboard.press("ArrowDown");
  await guest.page.keyboard.press("ArrowDown");
  await guest.page.keyboard.press("ArrowDown");
  await expect(failed.locator(".hex .marked")).toHaveText(["40 00 00 01"]);
  await expect(fields.getByRole("option", { name: /^auth / })).toHaveAttribute("aria-selected", "true");
  await fitsDeskAndPhone(guest.page, "trace");
  await guest.page.emulateMedia({ colorScheme: "dark" });
  await fitsDeskAndPhone(guest.page, "trace-dark");
  await guest.page.emulateMedia({ colorScheme: "light" });
  await guest.page.setViewportSize({ width: 1280, height: 800 });
});

test("secrets are shown when they are asked for, and only then", async () => {
  const hmac = row("TPM2_ClockSet").getByRole("option", { name: /^hmac/ });
  await panel().getByLabel("Show secrets").check();
  await expect(hmac).toHaveText(/^hmac [0-9a-f]{64}$/);
  await expect(panel().getByRole("note")).toContainText("hidden again");
  await panel().getByLabel("Show secrets").uncheck();
  await expect(hmac).toHaveText("hmac (secret, 34 octets)");
});

test("what the kernel's resource manager does is folded into the command it served", async () => {
  await guest.sh("tpm2_createprimary -Q -C e -G ecc -c key.ctx && tpm2_readpublic -Q -c key.ctx");
  await filter().selectOption("guest");
  const made = panel().locator("li[data-command=TPM2_CreatePrimary][data-served]").first();
  await expect(made).toContainText("endorsement");
  await made.locator("summary").first().click();
  await made.getByText(/^\d contexts moved for it$/).click();
  const key = "object 80000000: ECC NIST P-256 storage key, primary of endorsement";
  await expect(made.locator(".served li[data-command=TPM2_ContextSave]").first()).toContainText(key);
  await expect(made.locator(".served li[data-command=TPM2_FlushContext]")).toHaveCount(1);
});

test("search and the names of commands choose among those that are kept", async () => {
  await panel().getByLabel("Command", { exact: true }).selectOption("TPM2_ReadPublic");
  for (const each of await rows().all()) await expect(each).toHaveAttribute("data-command", "TPM2_ReadPublic");
  await expect(rows().first()).toContainText("ECC NIST P-256 storage key");
  await panel().getByLabel("Command", { exact: true }).selectOption("");
  await search().fill("ecc nist");
  await expect(row("TPM2_ReadPublic")).toBeVisible();
  await expect(panel().locator("li[data-command=TPM2_ClockSet]")).toHaveCount(0);
  await search().fill("no command has this");
  await expect(panel()).toContainText("No command that is kept matches.");
  await search().fill("");
});

test("a list that stands still says how many commands have come", async () => {
  await panel().getByRole("button", { name: "Pause" }).click();
  await expect(panel().getByRole("button", { name: "Go on" })).toBeVisible();
  const first = await rows().first().locator(".index").textContent();
  await guest.sh("tpm2_getrandom 8 --hex");
  await expect(panel().getByText(/^[1-9]\d* new$/)).toBeVisible();
  await expect(rows().first().locator(".index")).toHaveText(first ?? "");
  await panel().getByRole("button", { name: "Go on" }).click();
  await expect(row("TPM2_GetRandom")).toBeVisible();
});

test("a folded list is back with what has come since", async () => {
  const title = panel().getByRole("button", { name: "TPM commands" });
  await title.click();
  await expect(rows()).toHaveCount(0);
  await guest.sh("tpm2_getrandom 9 --hex");
  await title.click();
  await expect(row("TPM2_GetRandom")).toBeVisible();
});

test("what is saved is JSON, or a capture that Wireshark reads, without secrets", async () => {
  const save = async (name: string) => {
    const download = guest.page.waitForEvent("download");
    await panel().getByRole("button", { name }).click();
    return (await download).path();
  };
  const json = await readFile(await save("JSON"), "utf8");
  const trace = JSON.parse(json) as { commands: { name: string; handles: string[] }[] };
  expect(trace.commands.map(({ name }) => name)).toContain("HierarchyChangeAuth");
  expect(trace.commands.find(({ name }) => name === "CreatePrimary")?.handles).toEqual(["endorsement"]);
  // The HMAC of the one that failed.
  expect(json).toContain(`0020${"00".repeat(32)}`);
  const file = await save("pcapng (Wireshark)");
  const capture = await readFile(file);
  expect(capture.includes(Buffer.from(`0020${"00".repeat(32)}`, "hex"))).toBe(true);
  // The kernel may have sent one more since.
  expect(readPcapng(capture).length).toBeGreaterThanOrEqual(2 * trace.commands.length);
  if (!isInstalled("tshark")) return;
  const packets = dissectFile(file);
  const names = packets.flatMap(({ info }) => /Command TPM2_CC_(\w+)/.exec(info)?.[1] ?? []);
  expect(names).toContain("HierarchyChangeAuth");
  expect(names.filter((name) => name === "ContextSave").length).toBeGreaterThan(0);
  expect(packets.some(({ responseCode }) => responseCode === 0x9a2)).toBe(true);
});
