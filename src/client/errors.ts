import { type CommandName, commandNamed } from "../spec/commands.ts";
import { type DecodedResponseCode, decodeResponseCode } from "../trace/responseCode.ts";

/** The TPM answered with a response code that is not TPM_RC_SUCCESS. */
export class TpmError extends Error {
  override name = "TpmError";
  readonly command: CommandName;
  readonly code: number;
  readonly decoded: DecodedResponseCode;

  constructor(command: CommandName, code: number) {
    const decoded = decodeResponseCode(code, commandNamed(command));
    super(`TPM2_${command}: ${decoded.name}. ${decoded.explanation}`);
    this.command = command;
    this.code = code;
    this.decoded = decoded;
  }
}

/** A value can't be written as its type, or a response is not what Part 3 says. The message has the path to the field. */
export class TpmFormatError extends Error {
  override name = "TpmFormatError";
}
