/** A static host of the built page, of its own: it can be changed and taken off the network. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { workerCode, writeRelease } from "../scripts/page/offline.ts";
import { serveFiles } from "../scripts/page/serve.ts";

const built = fileURLToPath(new URL("../dist/web/", import.meta.url));

export class Host {
  readonly #folder = mkdtempSync(join(tmpdir(), "tabtpm-host-"));
  /** What is sent in place of a file, by its path. */
  readonly #spoiled = new Map<string, Uint8Array>();
  #server: Server | null = null;
  #port = 0;
  /** The paths that were asked for, since the test last emptied it. */
  readonly asked: string[] = [];

  constructor() {
    // Without the compressed forms: they would be of the version before.
    cpSync(built, this.#folder, { recursive: true, filter: (path) => !/\.(br|gz|map)$/.test(path) });
  }

  /** The page's address, below a path, as on any static host. */
  get address(): string {
    return `http://127.0.0.1:${this.#port}/some/where/`;
  }

  async on(): Promise<void> {
    // No headers: many hosts let nobody choose any.
    const serve = serveFiles({ root: this.#folder, headers: {} });
    this.#server = createServer((request, response) => {
      const path = new URL(request.url!, "http://host").pathname.replace(/^\/some\/where\//, "");
      this.asked.push(path);
      const spoiled = this.#spoiled.get(path);
      if (spoiled !== undefined) {
        response.setHeader("Cache-Control", "no-store");
        response.end(spoiled);
        return;
      }
      request.url = `/${path}`;
      serve(request, response, () => response.writeHead(404).end());
    });
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nobody reaches it any more. */
  async off(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  read(path: string): Buffer {
    return readFileSync(join(this.#folder, path));
  }

  /** Sends something else than it has; what it has, when that is null. */
  spoil(path: string, octets: Uint8Array | null): void {
    if (octets === null) this.#spoiled.delete(path);
    else this.#spoiled.set(path, octets);
  }

  /** Publishes another version. @param change of the page's own document @returns its name */
  publish(change: (page: string) => string): string {
    const path = join(this.#folder, "index.html");
    writeFileSync(path, change(readFileSync(path, "utf8")));
    return writeRelease(this.#folder, workerCode(this.#folder)).version;
  }

  async remove(): Promise<void> {
    await this.off();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
