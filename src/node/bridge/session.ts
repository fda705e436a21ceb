/** One guest on the bridge: its messages, and what becomes of them. */
import type { WebSocket } from "ws";
import { type TpmBackend, TpmPoweredOffError } from "../../engine/backend.ts";
import { MAX_COMMAND_SIZE, MIN_BUFFER_SIZE } from "../../engine/core.ts";
import { errorResponse, TPM_RC_COMMAND_SIZE } from "../../engine/responses.ts";
import * as P from "../../remote/bridgeProtocol.ts";
import { TpmUnsupportedError } from "../../remote/index.ts";
import { isLocality } from "../net/locality.ts";

/** What a guest may have asked for, and not been answered or not taken the answer of. */
const MAX_WAITING = 64;

export class Session {
  /** Resolves when the connection is over. */
  readonly over: Promise<void>;
  readonly #socket: WebSocket;
  readonly #tpm: TpmBackend;
  readonly #executing = new Map<number, AbortController>();
  #waiting = 0;
  #isOpen = true;
  /** The guest has broken the protocol; what it still sends is not looked at. */
  #isBroken = false;

  /** Until {@link begin}, nothing may come. */
  #isWelcome = false;

  constructor(socket: WebSocket, tpm: TpmBackend) {
    this.#socket = socket;
    this.#tpm = tpm;
    socket.on("message", (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary));
    this.over = new Promise((resolve) => {
      socket.on("close", () => {
        this.#isOpen = false;
        for (const command of this.#executing.values()) command.abort();
        resolve();
      });
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  begin(welcome: P.Welcome): void {
    this.#isWelcome = true;
    this.#socket.send(JSON.stringify(welcome));
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#isBroken) return;
    try {
      if (!isBinary) throw new P.BridgeProtocolError("a second text");
      if (!this.#isWelcome) throw new P.BridgeProtocolError("a message before the welcome");
      // No Buffer, of which a slice is no copy: whoever takes a command may rely on that.
      const message = P.decodeMessage(new Uint8Array(data.buffer, data.byteOffset, data.length), "client");
      if (message.what === P.CANCEL) {
        this.#executing.get(message.number)?.abort();
        return;
      }
      if (++this.#waiting > MAX_WAITING) throw new P.BridgeProtocolError("too much at once");
      this.#check(message);
      void this.#answer(message).finally(() => {
        this.#waiting--;
        data.fill(0);
      });
    } catch (error) {
      this.#isBroken = true;
      this.#socket.close(P.CLOSE.protocol, (error as Error).message);
    }
  }

  /** @throws BridgeProtocolError */
  #check({ what, number, body }: P.Message): void {
    const wrong =
      (what === P.EXECUTE && (!isLocality(body[0] as number) || this.#executing.has(number))) ||
      (what === P.RESET_ESTABLISHED && !isLocality(body[0] as number)) ||
      (what === P.POWER_ON && !isBufferSize(uint32(body)));
    if (wrong) throw new P.BridgeProtocolError(`message 0x${what.toString(16)} with what it can't have`);
  }

  /** Resolves when the answer has left. */
  async #answer(message: P.Message): Promise<void> {
    try {
      const result = await this.#perform(message);
      const flags = this.#tpm.established ? P.FLAG_ESTABLISHED : 0;
      await this.#send(P.encodeMessage(P.DONE, message.number, Uint8Array.of(flags), result));
    } catch (error) {
      const text = new TextEncoder().encode((error as Error).message).subarray(0, MAX_COMMAND_SIZE);
      await this.#send(P.encodeMessage(P.REFUSED, message.number, Uint8Array.of(kindOf(error)), text));
    }
  }

  async #perform({ what, number, body }: P.Message): Promise<Uint8Array> {
    const tpm = this.#tpm;
    switch (what) {
      case P.EXECUTE:
        return this.#execute(number, body);
      case P.POWER_ON: {
        const bufferSize = uint32(body);
        await tpm.powerOn(bufferSize === 0 ? {} : { bufferSize });
        break;
      }
      case P.POWER_OFF:
        await tpm.powerOff();
        break;
      case P.HASH_START:
        await tpm.hashStart();
        break;
      case P.HASH_DATA:
        await tpm.hashData(body);
        break;
      case P.HASH_END:
        await tpm.hashEnd();
        break;
      case P.RESET_ESTABLISHED: {
        const locality = body[0] as number;
        return Uint8Array.of(isLocality(locality) && (await tpm.resetEstablished(locality)) ? 1 : 0);
      }
    }
    return new Uint8Array();
  }

  async #execute(number: number, body: Uint8Array): Promise<Uint8Array> {
    const [asked = 0] = body;
    const command = body.subarray(1);
    if (command.length > MAX_COMMAND_SIZE) return errorResponse(TPM_RC_COMMAND_SIZE);
    const cancellation = new AbortController();
    this.#executing.set(number, cancellation);
    try {
      const locality = isLocality(asked) ? asked : 0;
      return await this.#tpm.execute(command, { locality, signal: cancellation.signal });
    } finally {
      this.#executing.delete(number);
    }
  }

  #send(message: Uint8Array): Promise<void> {
    // An error is one of a connection that is over: "close" follows.
    return new Promise((resolve) => {
      if (this.#isOpen) this.#socket.send(message, () => resolve());
      else resolve();
    });
  }
}

/** Of a device whose buffer is smaller than the TPM's; 0 where it is not. */
const isBufferSize = (size: number) => size === 0 || (size >= MIN_BUFFER_SIZE && size <= MAX_COMMAND_SIZE);

const uint32 = (body: Uint8Array) => new DataView(body.buffer, body.byteOffset, body.length).getUint32(0);

function kindOf(error: unknown): number {
  if (error instanceof TpmPoweredOffError) return P.KIND_POWERED_OFF;
  return error instanceof TpmUnsupportedError ? P.KIND_UNSUPPORTED : P.KIND_FAILED;
}
