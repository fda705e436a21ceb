/** What goes wrong before the PC runs, and what the page says and offers then. */
import { readFile } from "node:fs/promises";
import { sealedBlob } from "../asm/testkit/blobs.ts";
import { expect, type Page, test, type Watch } from "./fixtures.ts";
import { Guest } from "./guest.ts";
import { prepareWorker } from "./preparedWorker.ts";
import { keptBlobs, leave, spoilState, storeBlob, storedBlob } from "./stateDatabase.ts";

const problem = (page: Page, kind: string) => page.locator(`[data-problem=${kind}]`);

/** The browser itself reports a failed request on the console; the tests that cause one expect just that. */
function expectOnlyFailedRequests(watch: Watch): void {
  const complaints = watch.complaints.splice(0);
  expect(complaints.length).toBeGreaterThan(0);
  for (const complaint of complaints) expect(complaint).toMatch(/Failed to load resource/);
}

const flip = (blob: Uint8Array) => blob.map((byte, at) => (at === blob.length >> 1 ? byte ^ 1 : byte));

test("a damaged state is reported, kept, and can be saved", async ({ page }) => {
  const spoiled = await spoilState(page, flip);
  await expect(problem(page, "damaged-state")).toContainText("The stored TPM is damaged");
  await expect(page.locator("[data-state=power] dd")).toHaveText("off");
  expect(await storedBlob(page)).toEqual(spoiled);

  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the stored state" }).click();
  const file = await (await downloading).path();
  expect(new Uint8Array(await readFile(file))).toEqual(spoiled);

  await page.reload();
  await expect(problem(page, "damaged-state")).toBeVisible();
  expect(await storedBlob(page)).toEqual(spoiled);
});

test("a new TPM in place of a damaged one needs a confirmation, and sets the old state aside", async ({ page }) => {
  const spoiled = await spoilState(page, flip);
  await page.getByRole("button", { name: "Start a new TPM…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(problem(page, "damaged-state")).toBeVisible();
  expect(await storedBlob(page)).toEqual(spoiled);

  await page.getByRole("button", { name: "Start a new TPM…" }).click();
  await dialog.getByRole("button", { name: "Set it aside and start a new TPM" }).click();
  const guest = new Guest(page);
  await guest.booted();
  await guest.sh("tpm2_getrandom 4 --hex");
  expect(await keptBlobs(page)).toEqual([spoiled]);
  expect(await storedBlob(page)).not.toEqual(spoiled);
});

test("a state that is cut short, or no state at all, is damaged too", async ({ page }) => {
  await spoilState(page, (blob) => blob.slice(0, 40));
  await expect(problem(page, "damaged-state")).toBeVisible();
  await leave(page);
  await storeBlob(page, new Uint8Array(0));
  await page.goto("./");
  await expect(problem(page, "damaged-state")).toBeVisible();
});

test("a state of a newer version is reported and kept", async ({ page }) => {
  const newer = await spoilState(page, (blob) => {
    const other = Buffer.from(blob);
    other.writeUInt32BE(other.readUInt32BE(8) + 100, 8);
    return sealedBlob(other);
  });
  await expect(problem(page, "newer-state")).toContainText("newer tabtpm");
  await page.getByRole("button", { name: "Reload the page" }).click();
  await expect(problem(page, "newer-state")).toBeVisible();
  expect(await storedBlob(page)).toEqual(newer);
});

test("a missing image is named, and a reload goes on when it is there again", async ({ page, watch }) => {
  await page.route("**/guest/images/bzImage*", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto("./");
  await expect(problem(page, "image")).toContainText("bzImage");
  await expect(problem(page, "image")).toContainText("404");
  await page.unrouteAll();
  await page.getByRole("button", { name: "Reload the page" }).click();
  await expect(page.locator("[data-state=power] dd")).toHaveText("on");
  expectOnlyFailedRequests(watch);
});

test("a damaged image is never booted", async ({ page }) => {
  await page.route("**/guest/images/initrd*", async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length >> 1]! ^= 1;
    await route.fulfill({ response, body });
  });
  await page.goto("./");
  await expect(problem(page, "image")).toContainText("SHA-256");
  await expect(problem(page, "image")).toContainText("initrd");
  await expect(page.locator("[data-state=power] dd")).toHaveText("off");
});

test("without WASM SIMD the page says which browsers have it", async ({ page }) => {
  await prepareWorker(page, "WebAssembly.validate = () => false;");
  await page.goto("./");
  await expect(problem(page, "platform")).toContainText("SIMD");
  await expect(problem(page, "platform")).toContainText(/Chrome or Edge \d+/);
});

test("without IndexedDB the page says what to do", async ({ page }) => {
  await prepareWorker(page, "Object.defineProperty(globalThis, 'indexedDB', { value: undefined });");
  await page.goto("./");
  await expect(problem(page, "no-storage")).toContainText("private window");
  await expect(problem(page, "no-storage").getByRole("button", { name: "Reload the page" })).toBeVisible();
});

for (const [what, script] of [
  ["refuses the lock", "navigator.locks.request = async () => denied();"],
  ["refuses the database", "IDBFactory.prototype.open = denied;"],
  ["refuses to be asked", "Object.defineProperty(globalThis, 'indexedDB', { get: denied });"],
] as const) {
  test(`where site data is blocked and the browser ${what}, the words are those for no storage`, async ({ page }) => {
    const denied = `function denied() { throw new DOMException("The request was denied.", "SecurityError"); }`;
    await prepareWorker(page, `${denied} ${script}`);
    await page.goto("./");
    await expect(problem(page, "no-storage")).toContainText("does not let this page keep the TPM's state");
    await expect(problem(page, "no-storage")).toContainText("Allow it for this page, or leave the private window");
    await expect(problem(page, "no-storage").getByRole("button", { name: "Reload the page" })).toBeVisible();
  });
}

test("a private window, as Firefox and Safari have them, says that the TPM is forgotten, and how it knows", async ({
  page,
}) => {
  await page.addInitScript(() => {
    StorageManager.prototype.getDirectory = async () => {
      throw new DOMException("Security error when calling GetDirectory", "SecurityError");
    };
  });
  await new Guest(page).open();
  const note = page.locator("[data-notice=storage]");
  await expect(note).toContainText("very likely a private window");
  await expect(note).toContainText("forgotten when the last such window is closed");
  await note.getByRole("button", { name: "Dismiss" }).click();
  await expect(note).toHaveCount(0);
  const lasting = page.locator("[data-state=lasting]");
  await expect(lasting.locator("dd")).toHaveText("forgotten");
  await lasting.getByRole("button").click();
  await expect(note).toBeVisible();
});
