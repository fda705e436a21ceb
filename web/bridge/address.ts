/** Where a bridge is, as the page's address or its form says it. */
import { bridgeAddress } from "../../src/entries/bridgedTpm.ts";

export interface BridgePlace {
  /** ws://HOST:PORT/, as it was given; it may have the token behind its `#`. */
  readonly address: string;
  /** Empty where it is not known, or stands in the address. */
  readonly token: string;
}

export const nowhere: BridgePlace = { address: "", token: "" };

/** @param fragment of the page's address: `#tpm=ws://127.0.0.1:8765/&token=...`; what it does not have is empty. */
export function placeOfFragment(fragment: string): BridgePlace {
  const asked = new URLSearchParams(fragment.replace(/^#/, ""));
  return { address: asked.get("tpm") ?? "", token: asked.get("token") ?? "" };
}

/** What the page's policy lets it connect to (web/security.ts). */
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost"]);

/** Why nothing is connected to: no address of a bridge, one of another machine, or no token. */
export class PlaceError extends Error {
  override name = "PlaceError";
  readonly why: "address" | "elsewhere" | "no-token";
  constructor(why: PlaceError["why"], options?: ErrorOptions) {
    super(why, options);
    this.why = why;
  }
}

/** @returns what to connect to. @throws PlaceError */
export function reachable({ address, token }: BridgePlace): { url: string; token: string } {
  let found: ReturnType<typeof bridgeAddress>;
  try {
    found = bridgeAddress(address);
  } catch (cause) {
    throw new PlaceError("address", { cause });
  }
  const { protocol, hostname } = new URL(found.url);
  if (protocol !== "ws:" || !LOOPBACK.has(hostname)) throw new PlaceError("elsewhere");
  const known = token.trim() || found.token;
  if (!known) throw new PlaceError("no-token");
  return { url: found.url, token: known };
}
