/** What becomes of a command on the data channel: its locality, the TPM's answer, and the trace of both. */
import { TpmPoweredOffError } from "../../engine/backend.ts";
import { errorResponse } from "../../engine/responses.ts";
import { codeOf, HEADER_SIZE, TPM_RC_FAILURE, TPM_RC_SUCCESS } from "../../spec/header.ts";
import { TPM_RC } from "../../spec/responseCodes.ts";
import type { CommandLog } from "./commandLog.ts";
import type { ServedTpm } from "./servedTpm.ts";

/** TPM2_SetLocality of Linux's vTPM proxy, which is in no specification: a UINT8, of the commands that follow. */
const SET_LOCALITY = 0x20001000;

export class DataCommands {
  readonly #served: ServedTpm;
  readonly #allowsSetLocality: boolean;
  readonly #log: CommandLog | undefined;

  /** @param log undefined: nobody reads one. */
  constructor(served: ServedTpm, { allowSetLocality }: { allowSetLocality: boolean }, log?: CommandLog) {
    this.#served = served;
    this.#allowsSetLocality = allowSetLocality;
    this.#log = log;
  }

  /**
   * @param command nobody changes it before there is a response.
   * @param asked the locality of the command's frame; null = the channel's.
   * @returns the response itself where nothing had to be waited for.
   */
  execute(command: Uint8Array, asked: number | null): Uint8Array | Promise<Uint8Array> {
    const served = this.#served;
    if (!served.isRunning) return errorResponse(TPM_RC_FAILURE);
    if (asked !== null) {
      if (!served.allowsLocality(asked)) return errorResponse(TPM_RC.TPM_RC_LOCALITY);
      served.locality = asked;
    }
    served.reason = null;
    const own = this.#setLocality(command);
    const response = own ?? this.#run(command);
    const log = this.#log;
    if (log === undefined) return response;
    const traced = (bytes: Uint8Array) => {
      log.answered(command, bytes, served.locality, own ? null : served.reason);
      return bytes;
    };
    return response instanceof Promise ? response.then(traced) : traced(response);
  }

  #run(command: Uint8Array): Uint8Array | Promise<Uint8Array> {
    try {
      const response = this.#served.execute(command);
      return response instanceof Promise ? response.catch(withoutPower) : response;
    } catch (error) {
      return withoutPower(error);
    }
  }

  /** The response to TPM2_SetLocality, or undefined for a command of the TPM's. */
  #setLocality(command: Uint8Array): Uint8Array | undefined {
    if (command.length < HEADER_SIZE || codeOf(command) !== SET_LOCALITY) return undefined;
    const locality = command[HEADER_SIZE];
    if (locality === undefined) return errorResponse(TPM_RC.TPM_RC_INSUFFICIENT);
    if (!this.#allowsSetLocality) return errorResponse(TPM_RC_FAILURE);
    if (!this.#served.allowsLocality(locality)) return errorResponse(TPM_RC.TPM_RC_LOCALITY);
    this.#served.locality = locality;
    return errorResponse(TPM_RC_SUCCESS);
  }
}

/** The answer where the power is gone. @throws any other error */
function withoutPower(error: unknown): Uint8Array {
  if (error instanceof TpmPoweredOffError) return errorResponse(TPM_RC_FAILURE);
  throw error;
}
