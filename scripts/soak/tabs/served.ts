/** The soak's page, built as the product's is, and its server, to which threads come that stand still. */
import { createReadStream, existsSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

export interface Served {
  readonly address: string;
  /** The next time that this thread has come to its moment. @returns what lets it go on */
  moment(tab: string, thread: string): Promise<() => void>;
  close(): Promise<void>;
}

/** The package says which of its modules do something by themselves, by their names in dist/; this one is imported from src/. */
const tpmWorker = (): Plugin => ({
  name: "soak:tpm-worker",
  transform: { filter: { id: /src\/engine\/worker\.ts$/ }, handler: (code) => ({ code, moduleSideEffects: true }) },
});

/** @param folder for what is built */
export async function serveSoak(folder: string): Promise<Served> {
  await build({
    root: fileURLToPath(new URL("page", import.meta.url)),
    configFile: false,
    base: "./",
    logLevel: "error",
    worker: { format: "es", plugins: () => [tpmWorker()] },
    build: { outDir: folder, emptyOutDir: true, target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 4000 },
  });
  const waiting = new Map<string, (goOn: () => void) => void>();
  const held = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname === "/moment") {
      const key = `${url.searchParams.get("tab")}/${url.searchParams.get("thread")}`;
      const goOn = () => {
        held.delete(response);
        response.end();
      };
      held.add(response);
      response.on("close", () => held.delete(response));
      const hear = waiting.get(key);
      waiting.delete(key);
      if (hear === undefined) goOn();
      else hear(goOn);
      return;
    }
    const file = join(folder, url.pathname === "/" ? "index.html" : url.pathname);
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Cache-Control": "max-age=86400",
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    moment: (tab, thread) => new Promise((resolve) => waiting.set(`${tab}/${thread}`, resolve)),
    async close() {
      for (const response of held) response.end();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
