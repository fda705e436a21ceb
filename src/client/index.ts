/** A client of a TPM, typed by the specification's tables. */
export type { CommandName } from "../spec/commands.ts";
export { type Authorization, type CallOptions, TpmClient } from "./client.ts";
export { marshalCommand, password, type SessionAnswer, type SessionOctets, unmarshalResponse } from "./command.ts";
export { TpmError, TpmFormatError } from "./errors.ts";
export { type HmacAuthorization, HmacSession, type SessionHash } from "./hmacSession.ts";
export { inspectedBanks, inspectedPcrs } from "./inspected.ts";
export { type DictionaryAttackState, readDictionaryAttackState } from "./lockout.ts";
export { Marshaller } from "./marshal.ts";
export {
  filterPcrs,
  fromPcrSelect,
  type PcrDigest,
  type PcrSelection,
  readPcrBanks,
  readPcrs,
  toPcrSelect,
} from "./pcrs.ts";
export { unmarshalValue } from "./unmarshal.ts";
export type { CommandInput, CommandOutput, TpmStructure, TpmValue } from "./values.ts";
