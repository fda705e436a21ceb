/** The examples of docs/, served as their users would: `<tab-tpm>` in a folder beside the pages, under a strict policy. */

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { test as base } from "@playwright/test";
import { build } from "vite";
import { serveFiles } from "../scripts/page/serve.ts";
import { securityHeaders } from "../web/security.ts";
import { Watch } from "./fixtures.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const REACT = "test-results/react-example";

/** Address below which a folder is served -> the folder. The longest that fits counts. */
const FOLDERS: Readonly<Record<string, string>> = {
  "/tabtpm/guest/": at("guest"),
  "/react/guest/": at("guest"),
  "/guest/": at("guest"),
  "/tabtpm/": at("dist/element"),
  "/react/": at(REACT),
  "/": at("docs/examples"),
};

interface Examples {
  /** "http://127.0.0.1:40123/" */
  readonly address: string;
  close(): Promise<void>;
}

/** A page that has the element's script and nothing else, at /blank. */
const BLANK = `<!doctype html><html lang="en"><meta charset="utf-8"><title>blank</title><link rel="icon" href="data:,">
<script type="module" src="/tabtpm/tab-tpm.js"></script><body></body></html>`;

/** @param headers sent with everything; those of a careful host by default. */
async function serveExamples(headers: Readonly<Record<string, string>> = securityHeaders): Promise<Examples> {
  const answers = Object.entries(FOLDERS).map(([prefix, root]) => [prefix, serveFiles({ root, headers })] as const);
  const server: Server = createServer((request, response) => {
    const url = request.url ?? "/";
    if (url === "/blank") {
      response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end(BLANK);
      return;
    }
    const [prefix, answer] = answers.find(([start]) => url.startsWith(start))!;
    request.url = `/${url.slice(prefix.length)}`;
    answer(request, response, () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Builds the example in React as its user would, with the package's entry point where it is built. */
export async function buildReactExample(): Promise<void> {
  await build({
    root: at("docs/examples/react"),
    configFile: false,
    logLevel: "warn",
    base: "./",
    resolve: { alias: { "tabtpm/element": at("dist/element/tab-tpm.js") } },
    build: {
      outDir: at(REACT),
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 2000,
    },
  });
}

/** For a file whose pages are those of {@link serveExamples}: to be called once, at its top. What {@link Watch} sees is checked after each test. */
export function withExamples() {
  let served: Examples;
  const test = base.extend<{ watch: Watch }>({
    watch: [
      async ({ context }, use) => {
        const watch = new Watch(context, new URL(served.address).origin);
        await use(watch);
        watch.check();
      },
      { auto: true },
    ],
  });
  test.beforeAll(async () => {
    served = await serveExamples();
  });
  test.afterAll(() => served.close());
  return { test, addressOf: (path: string) => served.address + path };
}
