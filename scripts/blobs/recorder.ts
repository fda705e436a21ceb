import { type Authorization, TpmClient, type TpmStructure } from "../../src/client/index.ts";
import type { Tpm } from "../../src/engine/api.ts";
import type { CommandName } from "../../src/spec/commands.ts";

/** A command and what it answers, in hexadecimal. */
export interface Probe {
  what: string;
  command: string;
  response: string;
}

/** What the script takes from answers. */
interface Answer {
  handles: { objectHandle: number; sessionHandle: number };
  parameters: { outPrivate: never; outPublic: never; context: never };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Calls commands of a TPM, and notes those that are to be asked again. */
export class Recorder {
  readonly probes: Probe[] = [];
  readonly #client: TpmClient;
  #last = { command: "", response: "" };

  constructor(tpm: Tpm) {
    this.#client = new TpmClient({
      execute: async (command, options) => {
        const response = await tpm.execute(command, options);
        this.#last = { command: hex(command), response: hex(response) };
        return response;
      },
    });
  }

  /** As {@link TpmClient.call}, by names and values that only this script gives. */
  async call(
    name: CommandName,
    handles: TpmStructure = {},
    parameters: TpmStructure = {},
    sessions?: readonly Authorization[],
  ): Promise<Answer> {
    const answer = await this.#client.call(name, { handles, parameters } as never, sessions ? { sessions } : {});
    return answer as unknown as Answer;
  }

  /** The same, and a note of the answer. An error is an answer too. */
  async probe(what: string, ...call: Parameters<Recorder["call"]>): Promise<void> {
    await this.call(...call).catch((error: unknown) => {
      if ((error as Error).name !== "TpmError") throw error;
    });
    this.probes.push({ what, ...this.#last });
  }
}
