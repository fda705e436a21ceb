import { WebSocket } from "ws";
import { bridgedTpm, ForeignTpm, type WebSocketLike } from "../../remote/index.ts";
import type { BackendAddress } from "./address.ts";
import { DeviceLink } from "./deviceLink.ts";
import { MssimLink } from "./mssimLink.ts";
import { SwtpmLink } from "./swtpmLink.ts";

/** A TPM elsewhere: of another program, of the kernel, or behind a bridge. */
export type ForeignAddress = Exclude<BackendAddress, { kind: "state" }>;

/**
 * @param shared the TPM has its power from elsewhere, and keeps it; that of a device always does, and of a bridge the bridge knows.
 * @throws BridgeAddressError
 */
export function openForeignTpm(
  address: ForeignAddress,
  { shared = false, token }: { shared?: boolean; token?: () => Promise<string | undefined> } = {},
): ForeignTpm {
  switch (address.kind) {
    case "swtpm":
      return new ForeignTpm(() => SwtpmLink.connect(address, shared));
    case "mssim":
      return new ForeignTpm(() => MssimLink.connect(address, shared));
    case "device":
      return new ForeignTpm(() => DeviceLink.connect(address.path));
    case "bridge":
      return bridgedTpm({
        url: address.url,
        token,
        open: (url, protocol) =>
          new WebSocket(url, protocol, { perMessageDeflate: false, maxPayload: 16 * 1024 }) as unknown as WebSocketLike,
      });
  }
}
