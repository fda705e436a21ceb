/** A simulator of the TCG's and Microsoft's protocol (`tabtpm simulator`): a command port, and the platform's. */
import { type Locality, TpmPoweredOffError } from "../../engine/backend.ts";
import { type TpmLink, TpmLinkError, TpmUnsupportedError } from "../../remote/index.ts";
import { u32 } from "../net/connection.ts";
import * as P from "../simulator/protocol.ts";
import { addressText, Channel } from "./channel.ts";
import { checkSize } from "./response.ts";

export interface MssimAddress {
  host: string;
  /** The command port; the platform's is the next one. */
  port: number;
}

const CLIENT_VERSION = 1;

export class MssimLink implements TpmLink {
  readonly name: string;
  readonly shared: boolean;
  readonly lost: Promise<Error>;
  /** The protocol has no question for it: what the sequences that went this way have done. */
  established = false;
  readonly #commands: Channel;
  readonly #platform: Channel;
  #lastSignal: Promise<unknown> = Promise.resolve();
  #isCancelled = false;

  /** @param shared its power is not this program's business. Rejects with TpmLinkError. */
  static async connect({ host, port }: MssimAddress, shared: boolean): Promise<MssimLink> {
    const commands = await Channel.open({ host, port }, "command port of a simulator");
    try {
      const platform = await Channel.open({ host, port: port + 1 }, "platform port of a simulator");
      const link = new MssimLink(`the simulator at ${addressText({ host, port })}`, commands, platform, shared);
      commands.send(u32(P.REMOTE_HANDSHAKE), u32(CLIENT_VERSION));
      const [version] = [await commands.reader.u32(), await commands.reader.u32()];
      if ((await commands.reader.u32()) !== 0 || version === 0) {
        throw new TpmLinkError(`What answers at ${addressText({ host, port })} is no TPM simulator.`);
      }
      return link;
    } catch (error) {
      commands.close();
      throw error;
    }
  }

  private constructor(name: string, commands: Channel, platform: Channel, shared: boolean) {
    this.name = name;
    this.shared = shared;
    this.#commands = commands;
    this.#platform = platform;
    this.lost = Promise.race([commands.lost, platform.lost]).then((error) => {
      commands.close(error);
      platform.close(error);
      return error;
    });
  }

  async execute(command: Uint8Array, locality: Locality): Promise<Uint8Array> {
    const { reader } = this.#commands;
    this.#commands.send(u32(P.SEND_COMMAND), Uint8Array.of(locality), u32(command.length), command);
    try {
      const size = await reader.u32();
      if (size > 0) checkSize(size, this.name);
      const response = await reader.take(size);
      await this.#acknowledged(this.#commands, "a command");
      if (size === 0) throw new TpmPoweredOffError(`${this.name} has no power.`);
      return response;
    } catch (error) {
      if (error instanceof TpmLinkError) this.#commands.close(error);
      throw error;
    } finally {
      // The signal is a level: what stays on would cancel every command after this one.
      if (this.#isCancelled) await this.#signal(P.SIGNAL_CANCEL_OFF).catch(() => {});
      this.#isCancelled = false;
    }
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#signal(P.SIGNAL_CANCEL_ON).catch(() => {});
  }

  async init(): Promise<void> {
    if (this.shared) return;
    await this.#signal(P.SIGNAL_POWER_OFF);
    await this.#signal(P.SIGNAL_POWER_ON);
    await this.#signal(P.SIGNAL_NV_ON);
  }

  async stop(): Promise<void> {
    if (!this.shared) await this.#signal(P.SIGNAL_POWER_OFF);
  }

  async hashStart(): Promise<void> {
    await this.#hash(u32(P.SIGNAL_HASH_START));
    this.established = true;
  }

  async hashData(data: Uint8Array): Promise<void> {
    await this.#hash(u32(P.SIGNAL_HASH_DATA), u32(data.length), data);
  }

  async hashEnd(): Promise<void> {
    await this.#hash(u32(P.SIGNAL_HASH_END));
  }

  /** The protocol has no such signal. */
  async resetEstablished(): Promise<boolean> {
    return false;
  }

  async close(): Promise<void> {
    for (const channel of [this.#commands, this.#platform]) channel.close();
  }

  async #hash(...parts: Uint8Array[]): Promise<void> {
    this.#commands.send(...parts);
    await this.#acknowledged(this.#commands, "a hash sequence");
  }

  #signal(code: number): Promise<void> {
    const told = this.#lastSignal.then(async () => {
      this.#platform.send(u32(code));
      await this.#acknowledged(this.#platform, `platform signal ${code}`);
    });
    this.#lastSignal = told.catch(() => {});
    return told;
  }

  async #acknowledged(channel: Channel, what: string): Promise<void> {
    if ((await channel.reader.u32()) !== 0) throw new TpmUnsupportedError(`${this.name} refuses ${what}.`);
  }
}
