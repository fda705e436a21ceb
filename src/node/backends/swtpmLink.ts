/** A TPM of swtpm's, or of whoever speaks its protocol (`tabtpm socket`): a data channel and a control channel. */
import type { Locality } from "../../engine/backend.ts";
import { type TpmLink, TpmLinkError, TpmUnsupportedError } from "../../remote/index.ts";
import { u32 } from "../net/connection.ts";
import * as P from "../socket/protocol.ts";
import { addressText, Channel, type SocketAddress } from "./channel.ts";
import { takeResponse } from "./response.ts";

export interface SwtpmAddress {
  data: SocketAddress;
  control: SocketAddress;
}

const RESULTS: Readonly<Record<number, string>> = {
  [P.BAD_PARAMETER]: "bad parameter",
  [P.FAIL]: "it failed; its log says why",
  [P.BAD_ORDINAL]: "it does not know the command, or not in this state",
  [P.KEY_NOT_FOUND]: "its state is encrypted, and it has no key",
  [P.IO_ERROR]: "its state could not be read or written",
  [P.DECRYPT_ERROR]: "its state could not be decrypted: the key is another one",
  [P.BAD_LOCALITY]: "it does not take this locality; start it with --locality allow-set-locality",
};

/** swtpm serves one client at a time; the others wait, and for them it seems to be silent. */
const FIRST_ANSWER_MS = 10_000;

export class SwtpmLink implements TpmLink {
  readonly name: string;
  readonly shared: boolean;
  readonly lost: Promise<Error>;
  established = false;
  readonly #control: Channel;
  readonly #data: Channel;
  #locality: number | undefined;
  /** The control channel answers in order, and one at a time. */
  #lastControl: Promise<unknown> = Promise.resolve();

  /**
   * @param shared its power is not this program's business: it was started with `--flags not-need-init`, and has had its TPM2_Startup.
   * Rejects with TpmLinkError.
   */
  static async connect({ data, control }: SwtpmAddress, shared: boolean): Promise<SwtpmLink> {
    const controlChannel = await Channel.open(control, "control channel of swtpm");
    try {
      const link = new SwtpmLink(
        `swtpm at ${addressText(data)}`,
        controlChannel,
        await Channel.open(data, "data channel of swtpm"),
        shared,
      );
      // Whoever is no swtpm shows it here, before a guest runs.
      await answerOf(link.#tell("what it can do", 4, u32(P.CMD_GET_CAPABILITY)), control);
      return link;
    } catch (error) {
      controlChannel.close();
      throw error;
    }
  }

  private constructor(name: string, control: Channel, data: Channel, shared: boolean) {
    this.name = name;
    this.shared = shared;
    this.#control = control;
    this.#data = data;
    this.lost = Promise.race([control.lost, data.lost]).then((error) => {
      control.close(error);
      data.close(error);
      return error;
    });
  }

  async execute(command: Uint8Array, locality: Locality): Promise<Uint8Array> {
    if (locality !== (this.#locality ?? 0)) {
      await this.#tell(`locality ${locality}`, 0, u32(P.CMD_SET_LOCALITY), Uint8Array.of(locality));
    }
    this.#locality = locality;
    this.#data.send(command);
    try {
      return await takeResponse(this.#data.reader, this.name);
    } catch (error) {
      this.#data.close(error as Error);
      throw error;
    } finally {
      // A cancel that comes too late must not meet the next command.
      await this.#lastControl;
    }
  }

  cancel(): void {
    this.#tell("a cancel", 0, u32(P.CMD_CANCEL_TPM_CMD)).catch(() => {});
  }

  /** As QEMU does it. */
  async init(bufferSize: number | undefined): Promise<void> {
    if (this.shared) return;
    await this.#tell("its end of power", 0, u32(P.CMD_STOP));
    if (bufferSize !== undefined) await this.#setBufferSize(bufferSize);
    await this.#tell("its start", 0, u32(P.CMD_INIT), u32(0));
    this.#locality = undefined;
    await this.#askEstablished();
  }

  async stop(): Promise<void> {
    if (!this.shared) await this.#tell("its end of power", 0, u32(P.CMD_STOP));
  }

  async hashStart(): Promise<void> {
    await this.#tell("the start of a hash sequence", 0, u32(P.CMD_HASH_START));
  }

  async hashData(data: Uint8Array): Promise<void> {
    await this.#tell("data of a hash sequence", 0, u32(P.CMD_HASH_DATA), u32(data.length), data);
  }

  async hashEnd(): Promise<void> {
    await this.#tell("the end of a hash sequence", 0, u32(P.CMD_HASH_END));
    await this.#askEstablished();
  }

  async resetEstablished(locality: Locality): Promise<boolean> {
    try {
      await this.#tell("to forget the dynamic launch", 0, u32(P.CMD_RESET_TPMESTABLISHED), Uint8Array.of(locality));
    } catch (error) {
      if (error instanceof TpmUnsupportedError) return false;
      throw error;
    }
    await this.#askEstablished();
    return true;
  }

  async close(): Promise<void> {
    this.#data.close();
    this.#control.close();
  }

  async #setBufferSize(wanted: number): Promise<void> {
    const answer = await this.#tell("a buffer size", 12, u32(P.CMD_SET_BUFFERSIZE), u32(wanted));
    const used = new DataView(answer.buffer).getUint32(0);
    if (used > wanted) {
      throw new TpmUnsupportedError(`${this.name} needs a buffer of ${used} bytes; the device has ${wanted}.`);
    }
  }

  async #askEstablished(): Promise<void> {
    const [bit = 0] = await this.#tell("tpmEstablished", 4, u32(P.CMD_GET_TPMESTABLISHED));
    this.established = bit !== 0;
  }

  /** @param rest bytes after the result. @throws TpmLinkError, or TpmUnsupportedError where swtpm refuses. */
  #tell(what: string, rest: number, ...parts: Uint8Array[]): Promise<Uint8Array> {
    const told = this.#lastControl.then(async () => {
      this.#control.send(...parts);
      const result = await this.#control.reader.u32();
      if (result !== P.SUCCESS) {
        const reason = RESULTS[result] ?? `result 0x${result.toString(16)}`;
        throw new TpmUnsupportedError(`${this.name} refuses ${what}: ${reason}.`);
      }
      return this.#control.reader.take(rest);
    });
    this.#lastControl = told.catch(() => {});
    return told;
  }
}

async function answerOf(told: Promise<unknown>, control: SocketAddress): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    const text = `swtpm's control channel at ${addressText(control)} does not answer: another program may be connected to it. End that one.`;
    timer = setTimeout(() => reject(new TpmLinkError(text)), FIRST_ANSWER_MS);
  });
  try {
    await Promise.race([told, silence]);
  } finally {
    clearTimeout(timer);
  }
}
