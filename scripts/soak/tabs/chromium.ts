/** Chromium with a profile of its own, which outlives a kill -9 of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "@playwright/test";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";
const LISTENS = /^DevTools listening on (ws:\S+)/;

export class Chromium {
  readonly #profile: string;
  #process: ChildProcess | null = null;
  #browser: Browser | null = null;

  /** @param profile a folder */
  constructor(profile: string) {
    this.#profile = profile;
    // In a group of its own it would outlive a soak that is interrupted.
    process.on("exit", () => this.#signal());
  }

  #signal(): void {
    try {
      if (this.#process !== null) process.kill(-(this.#process.pid as number), "SIGKILL");
    } catch {
      // All of them are gone.
    }
  }

  async start(): Promise<BrowserContext> {
    const program = existsSync(DEBIAN_CHROMIUM) ? DEBIAN_CHROMIUM : chromium.executablePath();
    // The one that was killed has left the mark of its being there.
    rmSync(join(this.#profile, "SingletonLock"), { force: true });
    const child = spawn(
      program,
      [
        ...["--headless=new", "--remote-debugging-port=0", `--user-data-dir=${this.#profile}`, "--no-first-run"],
        ...["--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-gpu"],
        ...["--disable-sync", "--no-default-browser-check", "--hide-crash-restore-bubble", "--disable-breakpad"],
        ...["--disable-background-timer-throttling", "--disable-renderer-backgrounding"],
        ...["--disable-backgrounding-occluded-windows", "--disable-dev-shm-usage"],
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "about:blank",
      ],
      // A group of its own: all of its processes are killed at once.
      { detached: true, stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#process = child;
    const address = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`Chromium ended with ${code} before it listened.`)));
      createInterface({ input: child.stderr as NonNullable<ChildProcess["stderr"]> }).on("line", (line) => {
        const found = LISTENS.exec(line);
        if (found !== null) resolve(found[1] as string);
      });
    });
    this.#browser = await chromium.connectOverCDP(address);
    const [context] = this.#browser.contexts();
    if (context === undefined) throw new Error("Chromium has no profile open.");
    return context;
  }

  /** kill -9 of all of its processes. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve();
    this.#signal();
    this.#process = null;
    await ended;
    await this.#browser?.close().catch(() => {});
    this.#browser = null;
  }
}

/** The tab's process dies, whatever its threads are doing. */
export async function crash(session: CDPSession, page: Page): Promise<void> {
  const gone = new Promise<void>((resolve) => {
    page.once("crash", () => resolve());
    page.once("close", () => resolve());
  });
  session.send("Page.crash").catch(() => {});
  await gone;
}
