/** Where a TPM is, in one word: `swtpm:127.0.0.1:2321`. */
import { UsageError } from "../errors.ts";
import type { SocketAddress } from "./channel.ts";
import type { MssimAddress } from "./mssimLink.ts";
import type { SwtpmAddress } from "./swtpmLink.ts";

export type BackendAddress =
  | ({ kind: "swtpm" } & SwtpmAddress)
  | ({ kind: "mssim" } & MssimAddress)
  | { kind: "device"; path: string }
  | { kind: "state"; dir: string }
  | { kind: "bridge"; url: string };

export type BackendKind = BackendAddress["kind"];

const LOOKS: Record<BackendKind, string> = {
  swtpm: "swtpm:HOST:PORT[,CONTROL] or swtpm:PATH[,CONTROL]",
  mssim: "mssim:HOST:PORT",
  device: "device:/dev/tpm0",
  state: "state:DIR",
  bridge: "bridge:ws://HOST:PORT/#TOKEN",
};

/**
 * @param option for messages: `--to`.
 * @param kinds that there are here.
 * @throws UsageError, in which nothing of a bridge's token stands.
 */
export function parseBackend(option: string, text: string, kinds: readonly BackendKind[]): BackendAddress {
  const looks = kinds.map((kind) => LOOKS[kind]).join(", ");
  const colon = text.indexOf(":");
  const kind = text.slice(0, Math.max(colon, 0)) as BackendKind;
  const rest = text.slice(colon + 1);
  if (!kinds.includes(kind)) throw new UsageError(`${option} needs one of ${looks}; "${shown(text)}" is none.`);
  const address = parsers[kind](rest);
  if (address === null) throw new UsageError(`${option} needs ${LOOKS[kind]}; "${shown(text)}" is none.`);
  return address;
}

const shown = (text: string) => text.replace(/#.*$/s, "#...");

const parsers: Record<BackendKind, (rest: string) => BackendAddress | null> = {
  swtpm: parseSwtpm,
  mssim(rest) {
    const parts = namedParts(rest);
    const address = parts === null ? parseTcp(rest) : tcpOf(parts.host, parts.port ?? "2321");
    return address === null || address.port > 65534 ? null : { kind: "mssim", ...address };
  },
  device: (path) => (path.startsWith("/") ? { kind: "device", path } : null),
  state: (dir) => (dir === "" ? null : { kind: "state", dir }),
  bridge: (url) => (/^wss?:\/\//.test(url) ? { kind: "bridge", url } : null),
};

/** `127.0.0.1:2321,127.0.0.1:2322`, `/run/data,/run/control`, or tpm2-tss's `host=127.0.0.1,port=2321` and `path=/run/data`. */
function parseSwtpm(rest: string): BackendAddress | null {
  const parts = namedParts(rest);
  if (parts !== null) {
    const { path, host, port = "2321" } = parts;
    if (path !== undefined) return path === "" ? null : swtpmAt({ path }, undefined);
    const data = tcpOf(host, port);
    return data && swtpmAt(data, undefined);
  }
  const [first = "", second, ...more] = rest.split(",");
  if (more.length > 0) return null;
  const data = parseSocket(first);
  if (data === null) return null;
  return swtpmAt(data, second?.replace(/^ctrl=/, ""));
}

function swtpmAt(data: SocketAddress, second: string | undefined): BackendAddress | null {
  const control = second === undefined ? beside(data) : parseSocket(second);
  return control && { kind: "swtpm", data, control };
}

/** Where tpm2-tss looks for it. */
function beside(data: SocketAddress): SocketAddress | null {
  if ("path" in data) return { path: `${data.path}.ctrl` };
  return data.port > 65534 ? null : { host: data.host, port: data.port + 1 };
}

const parseSocket = (text: string): SocketAddress | null => (text.startsWith("/") ? { path: text } : parseTcp(text));

function parseTcp(text: string): { host: string; port: number } | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/]*)):(\d+)$/.exec(text);
  return found && tcpOf(found[1] ?? found[2], found[3] as string);
}

function tcpOf(host: string | undefined, port: string): { host: string; port: number } | null {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65535) return null;
  return { host: host === undefined || host === "" ? "127.0.0.1" : host, port: number };
}

/** `host=...,port=...` as tpm2-tss writes it; null when it is not of that kind. */
function namedParts(text: string): { host?: string; port?: string; path?: string } | null {
  const parts: Record<string, string> = {};
  for (const part of text.split(",")) {
    const found = /^(host|port|path)=(.*)$/.exec(part);
    if (found === null) return null;
    parts[found[1] as string] = found[2] as string;
  }
  return parts;
}
