/** A client of a TPM, typed by the specification's tables. */
export { TPM_ALG, TPM_ECC } from "../spec/algorithms.ts";
export {
  type AttributeName,
  type AttributesName,
  attributeBits,
  attributeField,
  hasAttribute,
} from "../spec/attributes.ts";
export { type CommandName, TPM_CC } from "../spec/commands.ts";
export { TPM_CAP, TPM_NT, TPM_ST } from "../spec/constants.ts";
export { TPM_HC, TPM_RH } from "../spec/handles.ts";
export { TPM_PT } from "../spec/properties.ts";
export { type Authorization, type CallOptions, type SessionOptions, TpmClient } from "./client.ts";
export { marshalCommand, password, type SessionAnswer, type SessionOctets, unmarshalResponse } from "./command.ts";
export { TpmError, TpmFormatError } from "./errors.ts";
export { inspectedBanks, inspectedPcrs } from "./inspected.ts";
export { type DictionaryAttackState, readDictionaryAttackState } from "./lockout.ts";
export { Marshaller, marshalBuffer, marshalUnsigned, marshalValue } from "./marshal.ts";
export {
  filterPcrs,
  fromPcrSelect,
  type PcrDigest,
  type PcrSelection,
  readPcrBanks,
  readPcrs,
  toPcrSelect,
} from "./pcrs.ts";
export { AuthSession, type SessionAuthorization, type SessionType } from "./session.ts";
export type { SessionCipher, SessionHash } from "./sessionCrypto.ts";
export { unmarshalValue } from "./unmarshal.ts";
export type { CommandInput, CommandOutput, InputOf, OutputOf, TpmStructure, TpmValue } from "./values.ts";
