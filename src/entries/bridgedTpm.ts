/** For a page that puts somebody else's TPM under its guest: the bridge's client, which the usual page does without. */
export {
  BridgeAddressError,
  BridgeRefusedError,
  BridgeUnreachableError,
  bridgeAddress,
  bridgedTpm,
  type ForeignTpm,
} from "../remote/index.ts";
