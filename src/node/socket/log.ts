import { type LineWriter, writerToDescriptor } from "../lineWriter.ts";
import { openLogFile } from "../logFile.ts";
import type { LogOptions } from "./options.ts";

/** What the server writes its log to: {@link Log.logs} says whether anybody reads lines of a level. */
export type ServerLog = Pick<Log, "logs" | "line">;

/** The log of `--log`: a file, a descriptor, or standard error. */
export class Log {
  readonly #write: (line: string) => void;
  readonly #options: LogOptions;
  #writer: LineWriter | undefined;

  /** @param fallback takes the lines when neither file nor descriptor is given. @throws when the file can't be opened. */
  constructor(options: LogOptions, fallback: (line: string) => void) {
    this.#options = options;
    const { target } = options;
    if (target === null) {
      this.#write = () => {};
    } else if (target === undefined) {
      this.#write = fallback;
    } else {
      const writer =
        "fd" in target
          ? writerToDescriptor(target.fd)
          : writerToDescriptor(openLogFile("--log", target.file, target.truncate), true);
      this.#writer = writer;
      this.#write = (line) => writer.write(line);
    }
  }

  /** Whether anybody reads lines of this level. */
  logs(level: number): boolean {
    return this.#options.target !== null && level <= this.#options.level;
  }

  readonly line = (level: number, text: string): void => {
    const { prefix } = this.#options;
    if (this.logs(level))
      this.#write(
        text
          .split("\n")
          .map((each) => `${prefix}${each}\n`)
          .join(""),
      );
  };

  close(): void {
    this.#writer?.close();
  }
}
