import type { Machine, Stage } from "../machine.ts";

/** Typing into the guest's shell, and reading what comes back. */
export class GuestShell {
  readonly #machine: Machine;
  #number = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Waits until the machine is in a stage. */
  stage(stage: Stage): Promise<void> {
    if (this.#machine.stage === stage) return Promise.resolve();
    return new Promise((resolve) => {
      const remove = this.#machine.on("stage", (entered) => {
        if (entered !== stage) return;
        remove();
        resolve();
      });
    });
  }

  /** Types a line and waits for nothing. */
  type(line: string): void {
    this.#machine.serial.send(`${line}\n`);
  }

  /**
   * Runs commands; a longer text than the line editor takes is cut, so keep them short.
   * @returns their output (both streams, "\n" line ends, no last one) and the exit status of the last.
   */
  async run(commands: string): Promise<{ output: string; status: number }> {
    const number = ++this.#number;
    // The echo of the command line has "%s" where its output has the numbers.
    const end = new RegExp(`<begin ${number}>\\r\\n([^]*)<end ${number}: (\\d+)>`);
    const seen = this.#machine.serial.waitFor(end);
    this.type(`printf '<begin %s>\\n' ${number}; { ${commands}; } 2>&1; printf '<end %s: %s>\\n' ${number} $?`);
    const [, output, status] = end.exec(await seen)!;
    return { output: output!.replaceAll("\r", "").replace(/\n$/, ""), status: Number(status) };
  }

  /** As {@link run}, for commands that must succeed. @returns their output. */
  async ok(commands: string): Promise<string> {
    const { output, status } = await this.run(commands);
    if (status !== 0) throw new Error(`"${commands}" ended with status ${status}:\n${output}`);
    return output;
  }
}
