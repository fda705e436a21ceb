/**
 * Serves the built page: compressed where the browser takes it, ranges, validators, and caches that keep for ever what has
 * its hash in its name.
 */
import { createReadStream, type Stats, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { ENCODINGS } from "./compress.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};
const UNKNOWN_TYPE = "application/octet-stream";

/** Whose names change with their content: vite's assets and the guest's images. */
const HASHED = /^(assets|guest\/images)\//;
const FOREVER = "public, max-age=31536000, immutable";
/** Asks each time; the ETag spares the bytes. */
const ASK = "no-cache";

export interface ServeOptions {
  /** The folder whose files are served. */
  root: string;
  /** Sent with everything. */
  headers: Readonly<Record<string, string>>;
  /** In their place, for files by their names below `root`. */
  own?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

type Next = () => void;

/** @returns what answers GET and HEAD for files below `root`, and leaves everything else to `next`. */
export function serveFiles({ root, headers, own = {} }: ServeOptions) {
  return (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    const isAsked = request.method === "GET" || request.method === "HEAD";
    const name = isAsked ? nameOf(request.url ?? "/") : undefined;
    const plain = name === undefined ? undefined : fileAt(root, name);
    if (name === undefined || plain === undefined) {
      next();
      return;
    }
    const encodings = [...ENCODINGS].filter(([, end]) => fileAt(root, name + end) !== undefined);
    for (const [header, value] of Object.entries(own[name] ?? headers)) response.setHeader(header, value);
    response.setHeader("Content-Type", TYPES[extname(name)] ?? UNKNOWN_TYPE);
    response.setHeader("Cache-Control", HASHED.test(name) ? FOREVER : ASK);
    if (encodings.length > 0) response.setHeader("Vary", "Accept-Encoding");
    // Octets of a compressed form are of no use to who asks for a part.
    const accepted = acceptedEncodings(request.headers["accept-encoding"]);
    const [encoding, end] = (request.headers.range === undefined && encodings.find(([each]) => accepted(each))) || [
      undefined,
      "",
    ];
    if (encoding !== undefined) response.setHeader("Content-Encoding", encoding);
    else response.setHeader("Accept-Ranges", "bytes");
    const file = fileAt(root, name + end) ?? plain;
    send(request, response, join(root, name + end), file, encoding ?? "identity");
  };
}

/** @returns the file's name below the root, or undefined for a path that is none of a file of ours. */
function nameOf(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/)[0]!);
  } catch {
    return undefined;
  }
  if (path.includes("\0") || path.includes("\\")) return undefined;
  const name = normalize(path.endsWith("/") ? `${path}index.html` : path)
    .split(sep)
    .join("/")
    .replace(/^\/+/, "");
  // The compressed forms have no address of their own, and hidden files none at all.
  if (name.split("/").some((part) => part.startsWith("."))) return undefined;
  return [...ENCODINGS.values()].includes(extname(name)) ? undefined : name;
}

function fileAt(root: string, name: string): Stats | undefined {
  const stats = statSync(join(root, name), { throwIfNoEntry: false });
  return stats?.isFile() ? stats : undefined;
}

/**
 * RFC 9110, 12.5.3: an encoding is acceptable when it, or else "*", is listed with a weight above 0.
 * @param header the request's Accept-Encoding
 */
export function acceptedEncodings(header: string | string[] | undefined): (encoding: string) => boolean {
  const weights = new Map<string, number>();
  for (const item of String(header ?? "").split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.map((parameter) => /^q=([\d.]+)$/.exec(parameter)?.[1]).find(Boolean);
    if (name !== "") weights.set(name === "x-gzip" ? "gzip" : name, weight === undefined ? 1 : Number(weight));
  }
  return (encoding) => (weights.get(encoding) ?? weights.get("*") ?? 0) > 0;
}

function send(request: IncomingMessage, response: ServerResponse, path: string, file: Stats, form: string): void {
  const { size, mtimeMs } = file;
  const etag = `"${size.toString(16)}-${Math.floor(mtimeMs).toString(16)}-${form}"`;
  response.setHeader("ETag", etag);
  if (matches(request.headers["if-none-match"], etag)) {
    response.writeHead(304).end();
    return;
  }
  const { range, "if-range": condition } = request.headers;
  const part =
    range === undefined || (condition !== undefined && condition !== etag) ? undefined : readRange(range, size);
  if (part === "unsatisfiable") {
    response.writeHead(416, { "Content-Range": `bytes */${size}`, "Content-Length": 0 }).end();
    return;
  }
  const { start, end } = part ?? { start: 0, end: size - 1 };
  response.setHeader("Content-Length", end - start + 1);
  if (part !== undefined) response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.writeHead(part === undefined ? 200 : 206);
  if (request.method === "HEAD" || size === 0) {
    response.end();
    return;
  }
  const stream = createReadStream(path, { start, end });
  // The head has left: the client notices that the body is short.
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "") === etag);
}

/**
 * RFC 9110, 14.1.2, for one range; several, and what is no range of octets, count as none, which the RFC allows.
 * @returns first and last octet, or "unsatisfiable" for one that begins behind the end.
 */
export function readRange(header: string, size: number): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header.replaceAll(/\s/g, "")) ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "unsatisfiable" : { start: size - count, end: size - 1 };
  }
  const start = Number(first);
  if (start >= size) return "unsatisfiable";
  if (last !== "" && Number(last) < start) return undefined;
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}
