/** In a frame of another origin the page does not run, also where the host sends no headers; in one of its own it does. */
import { expect, test } from "./fixtures.ts";

const STRANGER = "http://stranger.test/";
const framing = (address: string) => ({
  contentType: "text/html",
  body: `<link rel="icon" href="data:,"><iframe src="${address}" width="700" height="500"></iframe>`,
});

test("a stranger's frame gets words and a way out, and no TPM", async ({ page, context, baseURL, watch }) => {
  const address = new URL("./", baseURL).href;
  await context.route(STRANGER, (route) => route.fulfill(framing(address)));
  // A host without headers; the document's own policy stays.
  await context.route(address, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { "content-type": "text/html" } });
  });
  const fetched: string[] = [];
  page.on("request", (request) => {
    if (/\/guest\/|\.wasm$|\/worker-/.test(request.url())) fetched.push(request.url());
  });
  await page.goto(STRANGER);
  const frame = page.frameLocator("iframe");
  await expect(frame.locator("[data-problem=framed]")).toContainText("does not run inside another site’s page");
  await expect(frame.locator("[data-state]")).toHaveCount(0);
  const inner = page.frames().find((each) => each.url() === address);
  expect(await inner!.evaluate(() => window.tabtpm === undefined)).toBe(true);
  expect(fetched).toEqual([]);

  const opening = context.waitForEvent("page");
  await frame.getByRole("link", { name: "Open tabtpm by itself" }).click();
  const alone = await opening;
  expect(alone.url()).toBe(address);
  await expect(alone.locator("[data-state=power] dd")).toHaveText("on");
  expect(await alone.evaluate(() => window.opener)).toBeNull();
  expect(new Set(watch.foreignRequests.splice(0))).toEqual(new Set([STRANGER]));
});

test("a frame of the page's own origin runs", async ({ page }) => {
  await page.route("**/around", (route) => route.fulfill(framing("./")));
  await page.goto("./around");
  await expect(page.frameLocator("iframe").locator("[data-state=power] dd")).toHaveText("on");
});
