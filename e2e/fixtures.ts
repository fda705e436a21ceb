import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";

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
    context.on("console", (message) => this.complaints.push(`console.${message.type()}: ${message.text()}`));
    context.on("weberror", (error) => this.complaints.push(`uncaught: ${error.error().message}`));
  }
}

export interface Fixtures {
  /** The console of every page stays empty and nothing leaves the origin; checked after each test. */
  watch: Watch;
}

export const test = base.extend<Fixtures>({
  watch: [
    async ({ context, baseURL }, use) => {
      const watch = new Watch(context, new URL(baseURL!).origin);
      await use(watch);
      expect(watch.foreignRequests).toEqual([]);
      expect(watch.complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect, type Page };
