/** Where the examples of the docs run: a project that has the package, a host for its pages, a browser. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { securityHeaders } from "../../web/security.ts";
import { serveFiles } from "../page/serve.ts";
import { root } from "../root.mjs";

/** A folder with the package as it is built here, and a program `npx` that runs its command. */
export function makeProject(): { folder: string; bin: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-docs-"));
  const bin = join(folder, "bin");
  mkdirSync(join(folder, "node_modules"));
  mkdirSync(bin);
  symlinkSync(root, join(folder, "node_modules/tabtpm"));
  symlinkSync(join(root, "node_modules/v86"), join(folder, "node_modules/v86"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const command = join(root, "src/node/bin/tabtpm.mjs");
  writeFileSync(join(bin, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${command}" "$@"\n`);
  chmodSync(join(bin, "npx"), 0o755);
  return { folder, bin, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * A careful host on loopback.
 * @param folders beginning of an address, with slashes -> the folder; the first that fits counts
 */
export async function serveFolders(folders: Readonly<Record<string, string>>) {
  const answers = Object.entries(folders).map(
    ([prefix, folder]) => [prefix, serveFiles({ root: folder, headers: securityHeaders })] as const,
  );
  const server = createServer((request, response) => {
    const url = request.url ?? "/";
    const answer = answers.find(([prefix]) => url.startsWith(prefix));
    if (answer === undefined) return response.writeHead(404).end();
    request.url = `/${url.slice(answer[0].length)}`;
    return answer[1](request, response, () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
