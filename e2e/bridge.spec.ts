/** The page that is opened for a bridge: Debian's swtpm under the guest, measured into, lost and found again. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../asm/testkit/swtpm.ts";
import { openForeignTpm, parseBackend } from "../src/node/backends/index.ts";
import { SwtpmProcess } from "../src/node/backends/testkit/swtpmProcess.ts";
import { readPcrs } from "../src/node/testkit/pcrs.ts";
import { startTabtpm, type TabtpmProcess } from "../src/node/testkit/process.ts";
import { expectAccessible } from "./axe.ts";
import { expect, type Page, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

/** The connections to this machine are what the page is opened for: its console says of a failed one what a browser always says. */
const FAILED = /WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/' failed/;

/** The firmware's, the kernel's and its arguments'. */
const PCRS = [0, 1, 2, 4, 8, 9];
const READ = `tpm2_pcrread sha256:${PCRS}`;

const trouble = (page: Page, kind: string) => page.locator(`[data-trouble="${kind}"]`);
const connect = (page: Page) => page.getByRole("button", { name: "Connect and boot" });

/** swtpm, and a bridge to it that keeps address and token when it is started anew. */
class Bridged {
  #bridge: TabtpmProcess | undefined;
  private constructor(
    readonly swtpm: SwtpmProcess,
    readonly port: number,
    readonly token: string,
    readonly folder: string,
  ) {}

  static async start(): Promise<Bridged> {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-bridge-"));
    const token = randomBytes(24).toString("base64url");
    await writeFile(join(folder, "token"), `${token}\n`, { mode: 0o600 });
    const bridged = new Bridged(await SwtpmProcess.start(), await freePort(), token, folder);
    await bridged.launch();
    return bridged;
  }

  get address(): string {
    return `ws://127.0.0.1:${this.port}/`;
  }

  /** The page's, with a link's fragment. */
  link(token = this.token): string {
    return `./bridge.html#tpm=${this.address}&token=${token}`;
  }

  async launch(): Promise<void> {
    const where = ["--listen", `127.0.0.1:${this.port}`, "--token-file", join(this.folder, "token")];
    this.#bridge = await startTabtpm("bridge", "--to", this.swtpm.address, ...where);
  }

  /** SHA-256, read from swtpm itself, without the bridge, which has it for itself while it runs. */
  async pcrs(): Promise<Record<string, string>> {
    const address = parseBackend("--to", this.swtpm.address, ["swtpm"]) as Parameters<typeof openForeignTpm>[0];
    const direct = openForeignTpm(address, { shared: true });
    try {
      await direct.powerOn();
      const all = await readPcrs(direct, PCRS);
      return Object.fromEntries(PCRS.map((pcr) => [pcr, all.get(`sha256:${pcr}`)!]));
    } finally {
      await direct.close();
    }
  }

  async kill(): Promise<void> {
    await this.#bridge?.end("SIGKILL");
  }

  async stop(): Promise<void> {
    if (this.#bridge?.child.signalCode === null) await this.kill();
    await this.swtpm.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

test("swtpm is under the guest, goes in the middle of a command, and comes back with the next reset", async ({
  page,
  watch,
}) => {
  const bridged = await Bridged.start();
  try {
    // Nobody's page but this one connects to anything.
    await page.goto("./");
    expect(await page.locator("meta[http-equiv]").getAttribute("content")).toContain("connect-src 'self';");
    await page.goto("about:blank");
    const guest = new Guest(page);

    await page.goto(bridged.link());
    await expect(page.getByLabel("Address")).toHaveValue(bridged.address);
    expect(page.url()).toMatch(/\/bridge\.html$/);
    await expectAccessible(page, "the question");
    await connect(page).click();
    await guest.booted();
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toContain(
      bridged.token,
    );
    await expect(page.locator("[data-notice=bridge]")).toContainText(`swtpm at 127.0.0.1`);
    await expect(page.locator("[data-notice=bridge]")).toContainText("no snapshots");
    await page.screenshot({ path: test.info().outputPath("bridged.png") });

    // SeaBIOS has measured: what swtpm has is what its own log replays to, in the guest's tools.
    await expect(page.locator(".event-log")).toContainText("EV_SEPARATOR");
    expect(await guest.sh("tpm2_getrandom 16 --hex")).toMatch(/^[0-9a-f]{32}$/);
    const seen = await guest.sh(READ);
    const inGuest = Object.fromEntries(
      [...seen.matchAll(/(\d+) *: 0x(\w+)/g)].map(([, pcr, hex]) => [pcr, hex!.toLowerCase()]),
    );
    expect(Object.keys(inGuest)).toEqual(PCRS.map(String));
    expect(Object.values(inGuest)).not.toContain("0".repeat(64));
    const capability = await guest.sh("tpm2_getcap properties-fixed | grep -A 2 MANUFACTURER");
    expect(capability).toContain("IBM");
    await expect(page.locator(".commands")).toContainText("TPM2_PCR_Read");

    // swtpm has a command and does not answer: the bridge goes in the middle of it.
    bridged.swtpm.child.kill("SIGSTOP");
    const asked = guest.run("tpm2_getrandom 8 --hex");
    await expect(page.locator("[data-waiting]")).toBeVisible();
    await bridged.kill();
    await expect(trouble(page, "lost")).toBeVisible();
    expect((await asked).exitCode).not.toBe(0);
    bridged.swtpm.child.kill("SIGCONT");
    expect(await bridged.pcrs()).toEqual(inGuest);
    // Every other one fails as well.
    await guest.refuses("tpm2_getrandom 8 --hex", "TPM failure");
    await expect(trouble(page, "lost")).toBeVisible();
    await page.screenshot({ path: test.info().outputPath("lost.png") });
    expect(watch.complaints.splice(0).every((line) => FAILED.test(line))).toBe(true);

    // Without the bridge a reset finds no TPM, and says so; the guest boots.
    await guest.reboots(() => trouble(page, "lost").getByRole("button", { name: "Reset the PC" }).click());
    await expect(trouble(page, "absent")).toContainText("registers read 0");
    expect(await guest.sh("ls /dev/tpm0 2>/dev/null || echo none")).toBe("none");
    expect(watch.complaints.splice(0).every((line) => FAILED.test(line))).toBe(true);

    await bridged.launch();
    await guest.reboots(() => trouble(page, "absent").getByRole("button", { name: "Reset the PC" }).click());
    await expect(page.locator("[data-trouble]")).toHaveCount(0);
    expect(await guest.sh(READ)).toBe(seen);
  } finally {
    await bridged.stop();
  }
});

test("what refuses is said: no address, another machine's, nobody there, a wrong token, a bridge that is taken", async ({
  page,
  context,
  watch,
}) => {
  const bridged = await Bridged.start();
  const form = async (address: string, token = "") => {
    await page.getByLabel("Address").fill(address);
    await page.getByLabel("Token").fill(token);
    await connect(page).click();
  };
  try {
    await page.goto("./bridge.html");
    await form("127.0.0.1:8765");
    await expect(trouble(page, "address")).toBeVisible();
    await form("ws://192.0.2.1:8765/#token");
    await expect(trouble(page, "elsewhere")).toBeVisible();
    await form(bridged.address);
    await expect(trouble(page, "no-token")).toBeVisible();
    // Nothing was connected to until now.
    expect(watch.complaints).toEqual([]);
    await form(bridged.address, "x".repeat(32));
    await expect(trouble(page, "token")).toBeVisible();
    await form(`ws://127.0.0.1:${await freePort()}/#${bridged.token}`);
    await expect(trouble(page, "absent")).toBeVisible();
    expect(watch.complaints.splice(0).every((line) => FAILED.test(line))).toBe(true);

    const other = await context.newPage();
    await other.goto(bridged.link());
    await connect(other).click();
    await expect(other.locator("[data-notice=bridge]")).toBeVisible();
    await form(`${bridged.address}#${bridged.token}`);
    await expect(trouble(page, "busy")).toBeVisible();
    // The page may go without: the guest finds none, and the page says why for as long as it is so.
    await page.getByRole("button", { name: "Boot without a TPM" }).click();
    const guest = new Guest(page);
    await guest.booted();
    expect(await guest.sh("ls /dev/tpm0 2>/dev/null || echo none")).toBe("none");
    await expect(trouble(page, "busy")).toContainText("registers read 0");
    await other.close();

    // In German, too.
    await page.goto(`./bridge.html?lang=de#tpm=${bridged.address}&token=wrong`);
    await page.getByRole("button", { name: "Verbinden und starten" }).click();
    await expect(trouble(page, "token")).toContainText("Das Kennwort ist ein anderes");
    await expectAccessible(page, "a refusal");
    await page.screenshot({ path: test.info().outputPath("refused.png") });
  } finally {
    await bridged.stop();
  }
});
