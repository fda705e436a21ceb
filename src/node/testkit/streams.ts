import { PassThrough } from "node:stream";
import type { Streams } from "../terminal.ts";

/** Standard streams that a test types into and reads. */
export class FakeStreams implements Streams {
  readonly stdin: PassThrough & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown } = new PassThrough();
  readonly stdout: PassThrough & { isTTY?: boolean; rows?: number; columns?: number } = new PassThrough();
  readonly stderr: PassThrough & { isTTY?: boolean } = new PassThrough();
  /** Every change of the terminal's raw mode. */
  readonly rawModes: boolean[] = [];
  #out = "";
  #err = "";

  /** @param isTTY whether a user sits there. */
  constructor(isTTY: boolean) {
    this.stdin.isTTY = isTTY;
    this.stdout.isTTY = isTTY;
    this.stderr.isTTY = isTTY;
    this.stdin.setRawMode = (raw) => this.rawModes.push(raw);
    this.stdout.on("data", (bytes: Buffer) => {
      this.#out += bytes.toString("latin1");
    });
    this.stderr.on("data", (bytes: Buffer) => {
      this.#err += bytes.toString();
    });
  }

  get output(): string {
    return this.#out;
  }

  get errors(): string {
    return this.#err;
  }

  /** The user's window has another size. */
  resize(rows: number, columns: number): void {
    Object.assign(this.stdout, { rows, columns });
    this.stdout.emit("resize");
  }

  type(text: string): void {
    this.stdin.write(text);
  }

  /** Waits until the output matches. */
  shows(pattern: RegExp): Promise<void> {
    return this.#until(this.stdout, () => pattern.test(this.#out));
  }

  /** Waits until standard error matches. */
  says(pattern: RegExp): Promise<void> {
    return this.#until(this.stderr, () => pattern.test(this.#err));
  }

  #until(stream: PassThrough, isThere: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isThere()) return;
        stream.off("data", look);
        resolve();
      };
      stream.on("data", look);
      look();
    });
  }
}
