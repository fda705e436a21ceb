/** The page without a network, and its versions: from a host that can be changed and taken away. */
import { test as base, expect, type Page } from "@playwright/test";
import { cachePrefix } from "../web/offline/release.ts";
import { Guest } from "./guest.ts";
import { Host } from "./staticHost.ts";

const test = base.extend<{ host: Host }>({
  host: async ({ page: _ }, use) => {
    const host = new Host();
    await host.on();
    await use(host);
    await host.remove();
  },
});

const notice = (page: Page, name: string) => page.locator(`[data-notice=${name}]`);
const versionOf = (page: Page) => page.locator("meta[name=tabtpm-version]").getAttribute("content");

/** Opens the page and waits until the browser keeps it. */
async function openAndKeep(page: Page, host: Host): Promise<Guest> {
  await page.goto(host.address);
  const guest = new Guest(page);
  await guest.booted();
  await page.evaluate(async () => {
    const { serviceWorker } = navigator;
    if (serviceWorker.controller) return;
    await new Promise((resolve) => serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  });
  return guest;
}

/** Has the browser look for a new version, as it does by itself at each visit. */
const look = (page: Page) => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());

test("what was open once boots to its prompt without a network, and says that it will", async ({ page, host }) => {
  const first = await openAndKeep(page, host);
  await first.sh("tpm2_changeauth -c owner secret");
  await page.locator("[data-state=lasting] button").click();
  await expect(notice(page, "storage")).toContainText("they open without a network");

  await host.off();
  await page.reload();
  const guest = new Guest(page);
  await guest.booted();
  await guest.sh("tpm2_getrandom 4 --hex");
  await guest.refuses("tpm2_changeauth -c owner other", /authorization|HMAC/);
  // Also in a language that was not spoken before, and in a window of its own.
  const other = await page.context().newPage();
  await page.close();
  await other.goto(`${host.address}?lang=de`);
  await new Guest(other).booted();
  await expect(other.locator("html")).toHaveAttribute("lang", "de");
});

test("a new version is offered, waits as long as the user likes, and is taken whole", async ({ page, host }) => {
  const guest = await openAndKeep(page, host);
  const old = await versionOf(page);
  host.asked.length = 0;
  const version = host.publish((html) => html.replace("<title>", "<title>New "));
  expect(version).not.toBe(old);
  await look(page);
  await expect(notice(page, "update")).toContainText("A new version of this page is there");
  // What has not changed was not fetched again: the new one has the same guest.
  expect(host.asked.filter((path) => path.startsWith("guest/images/"))).toEqual([]);
  await guest.sh("echo still here > /tmp/here");
  await notice(page, "update").getByRole("button", { name: "Later" }).click();
  await expect(notice(page, "update")).toHaveCount(0);
  await guest.sh("cat /tmp/here");

  // The page that is open, and one that is opened beside it, are the old one until it is taken.
  await page.reload();
  await guest.booted();
  expect(await versionOf(page)).toBe(old);
  await expect(notice(page, "update")).toBeVisible();
  await Promise.all([
    page.waitForEvent("load"),
    notice(page, "update").getByRole("button", { name: "Take it now" }).click(),
  ]);
  await guest.booted();
  expect(await versionOf(page)).toBe(version);
  await host.off();
  await page.reload();
  await guest.booted();
  expect(await versionOf(page)).toBe(version);
  const caches = await page.evaluate(() => window.caches.keys());
  expect(caches).toEqual([cachePrefix(host.address) + version]);
});

test("a file that is spoiled in the browser is refused and fetched again", async ({ page, host }) => {
  const guest = await openAndKeep(page, host);
  /** Whether the kernel that is kept is what its address says; it is spoiled first, if that is wanted. */
  const kernel = (spoils: boolean) =>
    page.evaluate(async (spoils) => {
      const cache = await caches.open((await caches.keys())[0]!);
      const { url } = (await cache.keys()).find((request) => request.url.includes("/bzImage"))!;
      const octets = new Uint8Array(await (await cache.match(url))!.arrayBuffer());
      octets[octets.length >> 1]! ^= spoils ? 1 : 0;
      if (spoils) await cache.put(url, new Response(octets));
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
      const hex = Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("");
      return new URL(url).searchParams.get("sha256") === hex;
    }, spoils);
  expect(await kernel(true)).toBe(false);
  await page.reload();
  await guest.booted();
  expect(await kernel(false)).toBe(true);
  // It is whole again.
  await host.off();
  await page.reload();
  await guest.booted();
});

test("a file that the host sends damaged is refused: the version before stays, and the next look takes the new one", async ({
  page,
  host,
}) => {
  const guest = await openAndKeep(page, host);
  const old = await versionOf(page);
  const version = host.publish((html) => html.replace("<title>", "<title>New "));
  const whole = host.read("index.html");
  host.spoil("", Buffer.from(whole.toString().replace("New", "Old")));
  await look(page).catch(() => {});
  await expect(notice(page, "not-kept")).toContainText("A new version of the page could not be kept");
  await expect(notice(page, "not-kept")).toContainText("SHA-256");
  await guest.sh("tpm2_getrandom 4 --hex");
  expect(await page.evaluate(() => caches.keys())).toEqual([cachePrefix(host.address) + old]);
  host.spoil("", null);
  await look(page);
  await expect(notice(page, "update")).toBeVisible();
  expect((await page.evaluate(() => caches.keys())).sort()).toEqual(
    [old, version].map((it) => cachePrefix(host.address) + it).sort(),
  );
});

test("where the browser has no service workers the page says so when asked, and goes on", async ({ page, host }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "serviceWorker", { value: undefined });
  });
  await page.goto(host.address);
  const guest = new Guest(page);
  await guest.booted();
  await page.locator("[data-state=lasting] button").click();
  await expect(notice(page, "storage")).toContainText("the browser offers no service worker");
  await guest.sh("tpm2_getrandom 4 --hex");
  await page.reload();
  await guest.booted();
});

test("a page from the host that is newer than what is kept takes its own version, without a word", async ({
  page,
  host,
}) => {
  await openAndKeep(page, host);
  const version = host.publish((html) => html.replace("<title>", "<title>New "));
  // A visit at which the browser passes what is kept by: reload with Shift.
  const client = await page.context().newCDPSession(page);
  await Promise.all([page.waitForEvent("load"), client.send("Page.reload", { ignoreCache: true })]);
  const guest = new Guest(page);
  await guest.booted();
  expect(await versionOf(page)).toBe(version);
  // It is kept whole then: a worker of another version never claims the page.
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  expect(await page.evaluate(() => caches.keys())).toContain(cachePrefix(host.address) + version);
  await expect(notice(page, "update")).toHaveCount(0);
  await host.off();
  await page.reload();
  await guest.booted();
  expect(await versionOf(page)).toBe(version);
});
