/** TPMs that run elsewhere, put under a guest as one of its own: what they have in common, and those behind a bridge. */
export {
  BridgeAddressError,
  type BridgeOptions,
  BridgeRefusedError,
  BridgeUnreachableError,
  bridgeAddress,
  bridgedTpm,
  type WebSocketLike,
} from "./bridgeLink.ts";
export { ForeignTpm, type ForeignTpmEvents } from "./foreignTpm.ts";
export { type TpmLink, TpmLinkError, TpmUnsupportedError } from "./link.ts";
