/** The options of `tabtpm bridge`. */

import { ALLOWABLE, unknownAllowances } from "../../passthrough/index.ts";
import { type BackendAddress, parseBackend } from "../backends/index.ts";
import { UsageError } from "../errors.ts";
import { parseOptions } from "../parse.ts";
import { type KeyOption, parseStateKey, STATE_KEY_HELP, STATE_KEY_OPTIONS } from "../stateKey.ts";

export const BRIDGE_HELP = `Usage: tabtpm bridge --to PLACE [options]

Offers a TPM on a WebSocket, to tabtpm boot --tpm bridge:ws://..., and to the page when it is opened as bridge.html.
One guest at a time has it. The address that is printed has the token in it that a guest must know.
SIGTERM or Ctrl-C ends it.

  --to PLACE       swtpm:HOST:PORT[,HOST:PORT]  swtpm's data channel and control channel (by default the next port)
                   swtpm:PATH[,PATH]            the same as Unix sockets (by default PATH.ctrl)
                   mssim:HOST:PORT              the TCG's simulator; the platform's port is the next one
                   device:/dev/tpm0             this machine's TPM, which stays the host's (passthrough)
                   state:DIR                    a TPM of tabtpm's own in this folder (made when missing)
  --shared         the TPM of swtpm: or mssim: is somebody's who has started it: treat it as device: is
  --allow NAME     of what a guest may not do to a TPM that is shared, let this through: the name of a command, such as
                   PCR_Extend, or TPM_RH_PLATFORM or TPM_RH_LOCKOUT; once for each
${STATE_KEY_HELP}  --listen ADDRESS HOST:PORT (default 127.0.0.1:0, a port that is free). Whoever reaches it needs the token;
                   what goes over it is not encrypted
  --token-file FILE
                   the token is in this file, or is written there; the printed address is without it
  --origin URL     let pages of this origin connect, besides those of this machine (http://localhost); once for each
  -h, --help       this text

A TPM that is shared keeps its power, its hierarchies and its PCRs 0 to 15: docs/bridge.md has the whole list. The guest and
this machine use one TPM then: keys and sessions of the one may be in the other's way, and a guest's wrong passwords count.
There are no snapshots of such a guest, and it can't migrate.
`;

export interface BridgeCommand {
  to: Exclude<BackendAddress, { kind: "bridge" }>;
  shared: boolean;
  allowed: readonly string[];
  key: KeyOption | undefined;
  host: string;
  port: number;
  tokenFile: string | undefined;
  origins: readonly string[];
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseBridgeOptions(argv: readonly string[]): BridgeCommand | undefined {
  const values = parse(argv);
  if (values.help) return undefined;
  if (!values.to) throw new UsageError("--to is needed: where the TPM is. See tabtpm bridge --help.");
  const to = parseBackend("--to", values.to, ["swtpm", "mssim", "device", "state"]) as BridgeCommand["to"];
  const shared = to.kind === "device" || values.shared === true;
  if (values.shared && to.kind === "state") {
    throw new UsageError("--shared goes with swtpm: and mssim:; the TPM of state: is the guest's alone.");
  }
  const key = parseStateKey(values);
  if (key !== undefined && to.kind !== "state") throw new UsageError(`${key.option} goes with state:.`);
  return {
    to,
    shared,
    allowed: parseAllowed(values.allow ?? [], shared),
    key,
    ...parseListen(values.listen ?? "127.0.0.1:0"),
    tokenFile: parseTokenFile(values["token-file"]),
    origins: (values.origin ?? []).map(parseOrigin),
  };
}

const parse = (argv: readonly string[]) =>
  parseOptions("bridge", argv, {
    to: { type: "string" },
    shared: { type: "boolean" },
    allow: { type: "string", multiple: true },
    ...STATE_KEY_OPTIONS,
    listen: { type: "string" },
    "token-file": { type: "string" },
    origin: { type: "string", multiple: true },
    help: { type: "boolean", short: "h" },
  });

/** Each is meant by name: there is no word for all. */
export function parseAllowed(given: readonly string[], shared: boolean): string[] {
  const names = given.map((name) => name.replace(/^TPM2_/, ""));
  if (names.length > 0 && !shared) {
    throw new UsageError(
      "--allow goes with a TPM that is shared (device:, or --shared): of its own a guest may do everything.",
    );
  }
  const [unknown] = unknownAllowances(names);
  if (unknown === undefined) return names;
  throw new UsageError(`--allow: there is no "${unknown}" to be let through; there are ${ALLOWABLE.join(", ")}.`);
}

function parseListen(text: string): { host: string; port: number } {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65535)
    throw new UsageError(`--listen needs HOST:PORT, such as 127.0.0.1:8765; "${text}" is none.`);
  return { host: (found[1] ?? found[2]) as string, port };
}

function parseTokenFile(path: string | undefined): string | undefined {
  if (path === "") throw new UsageError("--token-file needs the name of a file.");
  return path;
}

/** As a browser sends it. */
function parseOrigin(text: string): string {
  let origin = "null";
  try {
    origin = new URL(text).origin;
  } catch {
    // As for an address that has no origin.
  }
  if (origin !== "null") return origin;
  throw new UsageError(`--origin needs the address of a page, such as https://example.org; "${text}" is none.`);
}
