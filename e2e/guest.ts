import { expect, type Page, test } from "@playwright/test";

/**
 * How long a boot may take before the test gives up on it. A patience, not a measurement: a busy machine takes ten times
 * as long as an idle one.
 */
const BOOT_PATIENCE = 150_000;
export const COMMAND_PATIENCE = 300_000;

/** What the firmware says first. */
const BANNER = "SeaBIOS (version";
/** The shell draws it anew when the window has changed, and clears what is behind it. */
export const PROMPT = new RegExp(`tabtpm# (${"\x1b"}\\[J)?$`);

/** What tpm2-tools say of a wrong authValue: with dictionary attack protection, and without. */
export const WRONG_AUTHORISATION = /authorization failure|the authorization HMAC check failed/;

export interface CommandResult {
  /** What the command wrote, without the line that was typed; lines end in "\n". */
  readonly output: string;
  readonly exitCode: number;
}

/** The guest in a page: what a user would do at its console, and what one would see there. */
export class Guest {
  #page: Page | null;
  #serial = 0;

  /** @param page where it is; null for one that is yet to get its page from {@link moveTo}. */
  constructor(page: Page | null) {
    this.#page = page;
  }

  get page(): Page {
    if (this.#page === null) throw new Error("The guest has no page yet: it gets one before the first test.");
    return this.#page;
  }

  moveTo(page: Page): this {
    this.#page = page;
    return this;
  }

  /** Opens the page and waits for the shell. @param patience milliseconds */
  async open(patience?: number): Promise<this> {
    await this.page.goto("./");
    await this.booted(patience);
    return this;
  }

  /** Waits until the page says that the shell is there. Where it does not, the test's report has what the console showed. */
  async booted(patience = BOOT_PATIENCE): Promise<void> {
    try {
      // "Shell" in German.
      await expect(this.page.locator("[data-state=stage] dd")).toHaveText(/^shell$/i, { timeout: patience });
    } catch (error) {
      await test.info().attach("serial console", { body: await this.text(), contentType: "text/plain" });
      throw error;
    }
  }

  /** Waits for the boot that has begun or is about to begin: `action` makes the PC start over. */
  async reboots(action: () => Promise<unknown>): Promise<void> {
    const boots = await this.count(BANNER);
    await action();
    await expect.poll(() => this.count(BANNER), { timeout: BOOT_PATIENCE }).toBeGreaterThan(boots);
    // The page may still show the stage of the boot before: it is drawn now and then only.
    const latest = async () => (await this.text()).split(BANNER).at(-1);
    await expect.poll(latest, { timeout: BOOT_PATIENCE }).toMatch(PROMPT);
    await this.booted();
  }

  /** All that the console has shown. */
  text(): Promise<string> {
    return this.page.evaluate(() => window.tabtpm.serial.text());
  }

  async count(words: string): Promise<number> {
    return (await this.text()).split(words).length - 1;
  }

  type(text: string): Promise<void> {
    return this.page.evaluate((keys) => window.tabtpm.serial.send(keys), text);
  }

  /** Types a command line and Enter, and waits for the next prompt. */
  async enter(command: string): Promise<void> {
    const length = (await this.text()).length;
    await this.type(`${command}\n`);
    const answer = async () => (await this.text()).slice(length);
    await expect.poll(answer, { timeout: COMMAND_PATIENCE }).toMatch(PROMPT);
  }

  /** Types a command line and Enter, between marks, and waits for its end. */
  async run(command: string): Promise<CommandResult> {
    const id = ++this.#serial;
    const begin = `<begin ${id}>\r\n`;
    // The echo of this line holds "%d" where the output holds the number, so it is not taken for the output.
    await this.type(`printf '<begin %d>\\n' ${id}; ${command}; printf '\\n<end %d: %d>\\n' ${id} $?\n`);
    const end = await this.page.waitForFunction(
      ([marker, number]) => {
        const text = window.tabtpm.serial.text();
        const start = text.lastIndexOf(marker);
        const match = start < 0 ? null : new RegExp(`\\r\\n<end ${number}: (\\d+)>`).exec(text.slice(start));
        return match && { text: text.slice(start, start + match.index), exitCode: Number(match[1]) };
      },
      [begin, id] as const,
      { timeout: COMMAND_PATIENCE, polling: 50 },
    );
    const { text, exitCode } = (await end.jsonValue())!;
    return { output: text.slice(begin.length).replaceAll("\r", ""), exitCode };
  }

  /** A command that must succeed. @returns its output, trimmed. */
  async sh(command: string): Promise<string> {
    const { output, exitCode } = await this.run(command);
    expect(exitCode, `exit code of: ${command}\n${output}`).toBe(0);
    return output.trim();
  }

  /** A command that must fail, and say these words. */
  async refuses(command: string, words: string | RegExp): Promise<void> {
    const { output, exitCode } = await this.run(command);
    expect(exitCode, `exit code of: ${command}\n${output}`).not.toBe(0);
    if (typeof words === "string") expect(output).toContain(words);
    else expect(output).toMatch(words);
  }
}
