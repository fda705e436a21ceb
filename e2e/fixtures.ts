import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Guest } from "./guest.ts";

/** The terminal (xterm) says so where the machine is busy with something else. */
const BUSY = /^task queue exceeded allotted deadline by \d+ms$/;

/** What a page did that it must not: reported when the test ends, or asked for by a test that expects some of it. */
export class Watch {
  readonly complaints: string[] = [];
  readonly foreignRequests: string[] = [];

  /** Watches every page of the context, from its first request on. */
  constructor(context: BrowserContext, origin: string) {
    context.on("request", (request) => {
      const url = new URL(request.url());
      const isLocal = url.origin === origin || url.protocol === "data:" || url.protocol === "blob:";
      if (!isLocal) this.foreignRequests.push(request.url());
    });
    context.on("console", (message) => {
      if (!BUSY.test(message.text())) this.complaints.push(`console.${message.type()}: ${message.text()}`);
    });
    context.on("weberror", (error) => this.complaints.push(`uncaught: ${error.error().message}`));
  }

  /** Nothing was done that must not be done since the last check. */
  check(): void {
    expect(this.foreignRequests.splice(0)).toEqual([]);
    expect(this.complaints.splice(0)).toEqual([]);
  }
}

/** What a test answers in the host's place must not be answered from what an earlier visit has kept: offline.spec.ts has a host of its own. */
const withoutServiceWorkers = () =>
  void Object.defineProperty(Navigator.prototype, "serviceWorker", { value: undefined });

export interface Fixtures {
  /** The console of every page stays empty and nothing leaves the origin; checked after each test. */
  watch: Watch;
}

export const test = base.extend<Fixtures>({
  watch: [
    async ({ context, baseURL }, use) => {
      const watch = new Watch(context, new URL(baseURL!).origin);
      await context.addInitScript(withoutServiceWorkers);
      await use(watch);
      watch.check();
    },
    { auto: true },
  ],
});

/**
 * For a file whose tests share one page and one boot, and go on where the test before left off: to be called once, at
 * its top, with the tests taken from @playwright/test itself. What {@link Watch} sees is checked after each of them.
 * @returns the guest, which runs when the first test begins.
 */
export function sharedGuest(): Guest {
  const guest = new Guest(null);
  let context: BrowserContext | undefined;
  let watch: Watch | undefined;
  base.beforeAll(async ({ browser, baseURL }) => {
    context = await browser.newContext({ baseURL: baseURL! });
    await context.addInitScript(withoutServiceWorkers);
    watch = new Watch(context, new URL(baseURL!).origin);
    await guest.moveTo(await context.newPage()).open();
  });
  base.afterEach(() => watch?.check());
  base.afterAll(() => context?.close());
  return guest;
}

/** Nothing sticks out to the right at the width of a desk's screen and of a phone's. Screenshots of both are kept. */
export async function fitsDeskAndPhone(page: Page, name: string): Promise<void> {
  const before = page.viewportSize();
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${width} pixels wide`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: base.info().outputPath(`${name}-${width}.png`) });
  }
  // A phone's buttons are in a menu.
  if (before !== null) await page.setViewportSize(before);
}

export { expect, type Page };
