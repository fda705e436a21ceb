/** The simulator: a command port, and a platform port for what the board around a TPM does to it. */
import type { Tpm } from "../../engine/api.ts";
import { type Locality, TpmPoweredOffError } from "../../engine/backend.ts";
import { errorResponse, TPM_RC_COMMAND_SIZE } from "../../engine/responses.ts";
import { codeOf, HEADER_SIZE } from "../../spec/header.ts";
import { TPM_RC } from "../../spec/responseCodes.ts";
import { OVERSIZED, takeSizedCommand } from "../net/commandFrame.ts";
import { type Connection, Conversations, converse, ProtocolError, u32 } from "../net/connection.ts";
import { type Listener, listen } from "../net/listen.ts";
import { isLocality } from "../net/locality.ts";
import { isActSignaled } from "./act.ts";
import * as P from "./protocol.ts";
import type { SwitchableStore } from "./switchableStore.ts";

const ACKNOWLEDGED = u32(0);
const REFUSED = u32(1);
const HASH_PIECE = 4096;

export interface SimulatorParts {
  tpm: Tpm;
  /** Where the TPM's NV is, to be switched off and on. */
  store: SwitchableStore;
  /** Address to listen on. */
  host: string;
  /** The command port; the platform's is the next one. 0 = any two free ones. */
  port: number;
  /** Hears of clients that broke the protocol and were cut off. */
  report(error: Error): void;
}

/** Attempts to find two neighbouring free ports. */
const PORT_TRIES = 20;

export class Simulator {
  readonly #tpm: Tpm;
  readonly #store: SwitchableStore;
  readonly #report: (error: Error) => void;
  readonly #conversations = new Conversations();
  /** False: there will be no TPM. */
  readonly #isLoaded: Promise<boolean>;
  #commands!: Listener;
  #platform!: Listener;
  /** Level of the platform's cancel signal. */
  #isCancelled = false;
  readonly #executing = new Set<AbortController>();
  #largestCommand = { size: 0, code: 0 };
  #largestResponse = { size: 0, code: 0 };
  #stop!: () => void;
  /** Resolves when a client told the simulator to stop. */
  readonly stopped: Promise<void>;

  private constructor({ tpm, store, report }: SimulatorParts) {
    this.#tpm = tpm;
    this.#store = store;
    this.#report = report;
    this.#isLoaded = tpm.ready.then(
      () => true,
      () => false,
    );
    this.stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** Listens, also for a TPM that still loads: clients wait then. It has no power until a client turns it on. */
  static async start(parts: SimulatorParts): Promise<Simulator> {
    const simulator = new Simulator(parts);
    await simulator.#listen(parts);
    return simulator;
  }

  get where(): { commands: string; platform: string; port: number } {
    return { commands: this.#commands.where, platform: this.#platform.where, port: this.#commands.port };
  }

  /** For a TPM that could not be loaded: whoever has asked for something meanwhile is told so. */
  async turnAway(): Promise<void> {
    await this.#conversations.ended();
  }

  async close(): Promise<void> {
    await Promise.all([this.#commands.close(), this.#platform.close()]);
  }

  async #listen({ host, port }: SimulatorParts): Promise<void> {
    for (let tries = port === 0 ? PORT_TRIES : 1; ; tries--) {
      const commands = await this.#open(host, port, (connection) => this.#serveCommands(connection));
      try {
        this.#platform = await this.#open(host, commands.port + 1, (connection) => this.#servePlatform(connection));
        this.#commands = commands;
        return;
      } catch (error) {
        await commands.close();
        if (tries <= 1) throw error;
      }
    }
  }

  #open(host: string, port: number, speak: (connection: Connection) => Promise<void>): Promise<Listener> {
    const begin = async (connection: Connection) => {
      if (await this.#isLoaded) await speak(connection);
      else await refuse(connection);
    };
    return listen({ kind: "tcp", host, port }, "--port", (socket) => {
      void this.#conversations.add(converse(socket, begin, this.#report));
    });
  }

  async #serveCommands({ reader, write }: Connection): Promise<void> {
    for (;;) {
      const code = await reader.u32();
      switch (code) {
        case P.SIGNAL_HASH_START:
          await this.#signal(() => this.#tpm.hashStart());
          break;
        case P.SIGNAL_HASH_DATA: {
          const size = await reader.u32();
          if (size > P.MAX_MESSAGE) throw new ProtocolError(`${size} bytes to hash were announced`);
          for (let left = size; left > 0; ) {
            const piece = await reader.take(Math.min(left, HASH_PIECE));
            await this.#signal(() => this.#tpm.hashData(piece));
            left -= piece.length;
          }
          break;
        }
        case P.SIGNAL_HASH_END:
          await this.#signal(() => this.#tpm.hashEnd());
          break;
        case P.SEND_COMMAND: {
          const locality = await reader.u8();
          const response = await this.#send(await takeSizedCommand(reader, P.MAX_MESSAGE), locality);
          await write(u32(response.length), response, ACKNOWLEDGED);
          continue;
        }
        case P.REMOTE_HANDSHAKE: {
          if ((await reader.u32()) === 0) throw new ProtocolError("a client of version 0 said hello");
          const flags = P.ENDPOINT_RAW_MODE | P.ENDPOINT_PLATFORM_AVAILABLE | P.ENDPOINT_SUPPORTS_PP;
          await write(u32(P.SERVER_VERSION), u32(flags), ACKNOWLEDGED);
          continue;
        }
        case P.SET_ALTERNATIVE_RESULT:
          // For other end points than simulators.
          await reader.u32();
          break;
        case P.SESSION_END:
          return;
        case P.STOP:
          this.#stop();
          return;
        default:
          throw new ProtocolError(`there is no command-port message ${code}`);
      }
      await write(ACKNOWLEDGED);
    }
  }

  async #servePlatform({ reader, write }: Connection): Promise<void> {
    for (;;) {
      const code = await reader.u32();
      switch (code) {
        case P.SIGNAL_POWER_ON:
          // Clients send it whenever they connect.
          if (this.#tpm.power !== "on") await this.#init();
          break;
        case P.SIGNAL_POWER_OFF:
          await this.#tpm.powerOff();
          break;
        case P.SIGNAL_RESET:
        case P.SIGNAL_RESTART:
          if (this.#tpm.power === "on") await this.#init();
          break;
        case P.SIGNAL_PHYS_PRES_ON:
        case P.SIGNAL_PHYS_PRES_OFF:
          await this.#tpm.setPhysicalPresence(code === P.SIGNAL_PHYS_PRES_ON);
          break;
        case P.SIGNAL_CANCEL_ON:
          this.#isCancelled = true;
          for (const command of this.#executing) command.abort();
          break;
        case P.SIGNAL_CANCEL_OFF:
          this.#isCancelled = false;
          break;
        case P.SIGNAL_NV_ON:
        case P.SIGNAL_NV_OFF:
          this.#store.isAvailable = code === P.SIGNAL_NV_ON;
          break;
        case P.SIGNAL_KEY_CACHE_ON:
        case P.SIGNAL_KEY_CACHE_OFF:
          // No key is ever taken from a cache.
          break;
        case P.TEST_FAILURE_MODE:
          await this.#signal(() => this.#tpm.enterFailureMode());
          break;
        case P.GET_COMMAND_RESPONSE_SIZES:
          await write(u32(16), ...this.#takeSizes(), ACKNOWLEDGED);
          continue;
        case P.ACT_GET_SIGNALED: {
          const isSignaled = isActSignaled(this.#tpm, await reader.u32());
          await write(u32(isSignaled ? 1 : 0), ACKNOWLEDGED);
          continue;
        }
        case P.SESSION_END:
          return;
        case P.STOP:
          this.#stop();
          return;
        default:
          await write(REFUSED);
          throw new ProtocolError(`there is no platform message ${code}`);
      }
      await write(ACKNOWLEDGED);
    }
  }

  async #init(): Promise<void> {
    this.#isCancelled = false;
    await this.#tpm.powerOn();
  }

  /** Without power nothing answers: the response is empty. */
  async #send(command: Uint8Array | typeof OVERSIZED, asked: number): Promise<Uint8Array> {
    if (this.#tpm.power !== "on") return new Uint8Array();
    const locality = simulatedLocality(asked);
    if (locality === null) return errorResponse(TPM_RC.TPM_RC_LOCALITY);
    if (command === OVERSIZED) return errorResponse(TPM_RC_COMMAND_SIZE);
    const cancellation = new AbortController();
    if (this.#isCancelled) cancellation.abort();
    this.#executing.add(cancellation);
    try {
      const response = await this.#tpm.execute(command, { locality, signal: cancellation.signal });
      this.#largestCommand = larger(this.#largestCommand, command);
      this.#largestResponse = larger(this.#largestResponse, response);
      return response;
    } catch (error) {
      if (error instanceof TpmPoweredOffError) return new Uint8Array();
      throw error;
    } finally {
      this.#executing.delete(cancellation);
    }
  }

  /** An event that a TPM without power does not see, and of which a failing store is not the client's fault. */
  async #signal(give: () => Promise<void>): Promise<void> {
    if (this.#tpm.power !== "on") return;
    try {
      await give();
    } catch (error) {
      if (!(error instanceof TpmPoweredOffError)) this.#report(error as Error);
    }
  }

  /** Of the reference's four numbers the codes go as they lay in the messages, the sizes in its machine's order. */
  #takeSizes(): Uint8Array[] {
    const parts = [this.#largestCommand, this.#largestResponse].flatMap(({ size, code }) => [
      u32(size).reverse(),
      u32(code),
    ]);
    this.#largestCommand = { size: 0, code: 0 };
    this.#largestResponse = { size: 0, code: 0 };
    return parts;
  }
}

/** What a client asks for of a TPM that could not be loaded. */
async function refuse({ reader, write }: Connection): Promise<void> {
  if ((await reader.u32()) !== P.SEND_COMMAND) return write(REFUSED);
  await reader.u8();
  await takeSizedCommand(reader, P.MAX_MESSAGE);
  const response = errorResponse(TPM_RC.TPM_RC_FAILURE);
  await write(u32(response.length), response, ACKNOWLEDGED);
}

/** As the reference's platform: 5 to 31 stand for 0. Those from 32 on, which no PC has, are refused. */
function simulatedLocality(asked: number): Locality | null {
  if (isLocality(asked)) return asked;
  return asked < 32 ? 0 : null;
}

function larger(record: { size: number; code: number }, message: Uint8Array): { size: number; code: number } {
  if (message.length <= record.size) return record;
  return { size: message.length, code: message.length < HEADER_SIZE ? 0 : codeOf(message) };
}
