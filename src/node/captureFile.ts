/** `--pcap`: a TPM's commands and responses in a file for Wireshark. Whatever becomes of the file, the TPM goes on. */
import { closeSync, fstatSync, ftruncateSync, writeSync } from "node:fs";
import { PcapngWriter, type TpmCommandEvent } from "../public.ts";
import { UsageError } from "./errors.ts";
import { type LineWriter, writerToDescriptor } from "./lineWriter.ts";
import { openLogFile } from "./logFile.ts";

export interface CaptureOptions {
  readonly file: string;
  /** Secrets stay in it; else they are zeros of the same length. */
  readonly revealSecrets: boolean;
}

/** Of the commands whose options are no table: {@link parseCapture} reads them. */
export const CAPTURE_OPTIONS = { pcap: { type: "string" }, "pcap-secrets": { type: "boolean" } } as const;
export const CAPTURE_HELP = `  --pcap FILE      write commands and responses for Wireshark into this file, which is begun anew; a pipe will do, too.
                   Secrets are zeros of the same length
  --pcap-secrets   leave the secrets in it
`;

/** @throws UsageError */
export function parseCapture(values: {
  readonly pcap: string | undefined;
  readonly "pcap-secrets": boolean | undefined;
}): CaptureOptions | undefined {
  const { pcap: file, "pcap-secrets": revealSecrets = false } = values;
  if (file) return { file, revealSecrets };
  if (file === "") throw new UsageError("--pcap needs the name of a file.");
  if (revealSecrets) throw new UsageError("--pcap-secrets says what is in the file of --pcap; give that, too.");
  return undefined;
}

export interface Capture {
  close(): void;
}

/**
 * Writes every command of the TPM from now on.
 * @param say is told, once, why there is no capture, or why it ends: nothing is thrown.
 */
export function recordTpm(
  tpm: { on(event: "command", listener: (command: TpmCommandEvent) => void): () => void },
  options: CaptureOptions | undefined,
  say: (text: string) => void,
): Capture {
  if (options === undefined) return { close() {} };
  const capture = new CaptureFile(options, say);
  const stop = tpm.on("command", (event) => capture.add(event));
  return {
    close() {
      stop();
      capture.close();
    },
  };
}

class CaptureFile {
  readonly #file: string;
  readonly #say: (text: string) => void;
  readonly #packets: PcapngWriter;
  #target: LineWriter | undefined;

  constructor({ file, revealSecrets }: CaptureOptions, say: (text: string) => void) {
    this.#file = file;
    this.#say = say;
    this.#packets = new PcapngWriter({ revealSecrets });
    try {
      const fd = openLogFile("--pcap", file, true, {
        mode: revealSecrets ? 0o600 : 0o640,
        isImpatient: true,
        setsMode: revealSecrets,
      });
      this.#target = fstatSync(fd).isFile()
        ? wholePieces(fd)
        : writerToDescriptor(fd, true, (error) => this.#end(error));
    } catch (error) {
      say(`there is no capture. ${(error as Error).message}`);
    }
    this.#write(() => this.#packets.header());
  }

  add(event: TpmCommandEvent): void {
    this.#write(() => this.#packets.packetsOf(event));
  }

  close(): void {
    this.#target?.close();
    this.#target = undefined;
  }

  #write(piece: () => Uint8Array): void {
    if (this.#target === undefined) return;
    try {
      this.#target.write(piece());
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #end({ message }: Error): void {
    if (this.#target === undefined) return;
    this.close();
    this.#say(`--pcap: ${this.#file} ends here: ${message}.`);
  }
}

/** A file: each piece is in it whole or not at all, so that it can be read wherever it ends. @param fs a test's stand-in */
export function wholePieces(fd: number, fs = { writeSync, ftruncateSync, closeSync }): LineWriter {
  let size = 0;
  return {
    write(piece) {
      const octets = typeof piece === "string" ? Buffer.from(piece) : piece;
      try {
        for (let done = 0; done < octets.length; )
          done += fs.writeSync(fd, octets, done, octets.length - done, size + done);
      } catch (error) {
        fs.ftruncateSync(fd, size);
        throw error;
      }
      size += octets.length;
    },
    close() {
      try {
        fs.closeSync(fd);
      } catch {
        // Such as a disk over the network that was full: the file ends somewhere before, and the TPM goes on.
      }
    },
  };
}
