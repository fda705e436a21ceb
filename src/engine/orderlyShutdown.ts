/** TPM2_Shutdown that a host sends, because the software that should have can't: see TpmBackend.shutDown. */
import { startup } from "../spec/commands/startup.ts";
import { TPM_SU } from "../spec/constants.ts";
import { codeOf, HEADER_SIZE, TPM_RC_SUCCESS, TPM_ST_NO_SESSIONS } from "../spec/header.ts";

const SIZE = HEADER_SIZE + 2;

/** Follows the commands of a power cycle. */
export class ShutdownWatch {
  #isShutDown = false;

  /** TPM2_Shutdown was the last command: the software has said itself that it ends. */
  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  answered(command: Uint8Array, response: Uint8Array): void {
    this.#isShutDown =
      command.length >= HEADER_SIZE && codeOf(command) === startup.Shutdown.code && hasSucceeded(response);
  }

  /** The power is lost. */
  reset(): void {
    this.#isShutDown = false;
  }
}

/** TPM2_Shutdown. */
export const shutdownCommand = (type: keyof typeof TPM_SU = "TPM_SU_CLEAR"): Uint8Array =>
  commandOf(startup.Shutdown.code, type);

/** TPM2_Startup. */
export const startupCommand = (type: keyof typeof TPM_SU): Uint8Array => commandOf(startup.Startup.code, type);

function commandOf(code: number, type: keyof typeof TPM_SU): Uint8Array {
  const command = new Uint8Array(SIZE);
  const view = new DataView(command.buffer);
  view.setUint16(0, TPM_ST_NO_SESSIONS);
  view.setUint32(2, SIZE);
  view.setUint32(6, code);
  view.setUint16(HEADER_SIZE, TPM_SU[type]);
  return command;
}

export function hasSucceeded(response: Uint8Array): boolean {
  return codeOf(response) === TPM_RC_SUCCESS;
}
