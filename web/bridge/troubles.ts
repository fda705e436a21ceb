/** Why a page has no TPM behind a bridge, by kinds that its words have. */
import { BridgeRefusedError, BridgeUnreachableError } from "../../src/entries/bridgedTpm.ts";
import { PlaceError } from "./address.ts";

export type TroubleKind =
  | PlaceError["why"]
  | BridgeRefusedError["why"]
  | BridgeUnreachableError["why"]
  /** The browser has a permission for connections to this machine, and it was refused. */
  | "permission"
  | "other";

export interface Trouble {
  readonly kind: TroubleKind;
  /** What the error itself says; empty where the kind says all. */
  readonly message: string;
}

/** What a browser tells of a connection that it does not let a page make: to the page's WebSocket it says nothing. */
export interface Surroundings {
  /** The page's policy, or its host's, has refused a connection since the page was loaded. */
  readonly hasPolicyRefused: boolean;
  /** The permission for connections to this machine, where the browser has one. */
  readonly permission: PermissionState | null;
}

export function troubleOf(error: unknown, { hasPolicyRefused, permission }: Surroundings): Trouble {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PlaceError) return { kind: error.why, message: "" };
  if (error instanceof BridgeRefusedError) return { kind: error.why, message };
  if (!(error instanceof BridgeUnreachableError)) return { kind: "other", message };
  if (error.why === "absent" && hasPolicyRefused) return { kind: "forbidden", message };
  if (error.why === "absent" && permission === "denied") return { kind: "permission", message };
  return { kind: error.why, message };
}

/** Names that browsers have for the permission: the earlier one is of Chromium 138 to 144. */
const PERMISSIONS = ["loopback-network", "local-network-access"];

/** @returns null where the browser asks for none. */
export async function loopbackPermission(permissions: Permissions | undefined): Promise<PermissionState | null> {
  for (const name of PERMISSIONS) {
    try {
      const status = await permissions?.query({ name: name as PermissionName });
      if (status !== undefined) return status.state;
    } catch {
      // A name that this browser does not know.
    }
  }
  return null;
}
