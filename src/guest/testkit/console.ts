/** A shell in a guest, typed at over its serial line. */

const PROMPT = "tabtpm# ";
/** BusyBox's line editor asks the terminal after each prompt where its cursor is, and goes on without an answer. */
const WHERE_IS_THE_CURSOR = "\x1b[6n";

export class GuestConsole {
  /** Everything the guest has written. */
  output = "";
  readonly #write: (text: string) => void;
  #changed: () => void = () => {};
  #ended: string | undefined;
  /** The beginning of such a question, whose rest is still to come. */
  #begun = "";

  /** @param write sends to the guest */
  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** To be called with what the guest writes. */
  receive(text: string): void {
    const all = (this.#begun + text).replaceAll(WHERE_IS_THE_CURSOR, "");
    const last = all.lastIndexOf(WHERE_IS_THE_CURSOR.charAt(0));
    this.#begun = last >= 0 && WHERE_IS_THE_CURSOR.startsWith(all.slice(last)) ? all.slice(last) : "";
    this.output += all.slice(0, all.length - this.#begun.length);
    this.#changed();
  }

  /** To be called when nothing more will come; `why` is part of the error that waiting calls get. */
  end(why: string): void {
    this.#ended = why;
    this.#changed();
  }

  /** Resolves with the output from `from` on when it matches. @throws Error with the end of the output when it ends first */
  async waitFor(pattern: RegExp, from = 0): Promise<string> {
    for (;;) {
      const output = this.output.slice(from);
      if (pattern.test(output)) return output;
      if (this.#ended !== undefined) {
        throw new Error(`${this.#ended} before ${pattern}; the console ended with:\n${this.output.slice(-2000)}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** Resolves at the first prompt. */
  async shell(): Promise<void> {
    await this.waitFor(new RegExp(`${PROMPT}$`));
  }

  /**
   * Types a command and waits for the prompt.
   * @returns its output, lines ended by \n, and its exit code
   */
  async run(command: string): Promise<{ code: number; output: string }> {
    const from = this.output.length;
    this.#write(`${command}\n`);
    await this.waitFor(new RegExp(`\n${PROMPT}$|${PROMPT}$`), from);
    const answer = this.output.length;
    this.#write("echo $?\n");
    const code = /\n(\d+)\r?\n/.exec(await this.waitFor(/\n\d+\r?\ntabtpm# $/, answer))?.[1];
    const [, ...lines] = this.output.slice(from, answer).replaceAll("\r", "").split("\n");
    return { code: Number(code), output: lines.join("\n").slice(0, -PROMPT.length) };
  }

  /** The output of a command that must succeed. */
  async read(command: string): Promise<string> {
    const { code, output } = await this.run(command);
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output}`);
    return output;
  }

  /** Types without waiting. */
  type(text: string): void {
    this.#write(text);
  }
}
