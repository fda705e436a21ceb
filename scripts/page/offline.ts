/** What the built page needs to be kept in the browser: its release, file by file, and the service worker that has it. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type Release, type ReleaseFile, VERSION_META } from "../../web/offline/release.ts";
import { BRIDGE_PAGE } from "../../web/security.ts";

/** The service worker's script, in the page's folder: what it answers for lies below it. */
export const WORKER_FILE = "offline.js";
const PAGE = "index.html";

/**
 * Beside the page, and not of it: what explains it to a reader, a debugger or a lawyer, compressed forms, the worker itself; the document for
 * a bridge, which is of use only where its host is.
 */
const isOfPage = (path: string) =>
  path !== BRIDGE_PAGE &&
  !/\.(map|br|gz)$|^licenses\.md$|^docs\/|^guest\/licenses\//.test(path) &&
  path !== WORKER_FILE;
/** The guest's rare tools are an archive that is fetched when the guest calls one; certificates are for new TPMs. */
const IS_RARE = /^guest\/images\/tools/;
const CORE = /^assets\/tabtpm(-relaxed)?-[\w-]{8}\.wasm$/;

const META = new RegExp(`\\s*<meta name="${VERSION_META}" content="[^"]*">`);

const sha256 = (octets: Uint8Array | string) => createHash("sha256").update(octets).digest("hex");

/**
 * Names the release of a built page, and writes the service worker that keeps it. To be called again when a file was changed.
 * @param folder the built page
 * @param code the service worker's, which finds its release in `self.tabtpmRelease`
 */
export function writeRelease(folder: string, code: string): Release {
  const unnamed = (document: string) => readFileSync(join(folder, document), "utf8").replace(META, "");
  const page = unnamed(PAGE);
  const others = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => isOfPage(path) && path !== PAGE)
    .sort()
    .map((path) => fileOf(path, readFileSync(join(folder, path))));
  const version = sha256(JSON.stringify([sha256(page), sha256(code), others])).slice(0, 32);
  const name = (document: string) =>
    document.replace("<head>", `<head>\n    <meta name="${VERSION_META}" content="${version}">`);
  const named = name(page);
  writeFileSync(join(folder, PAGE), named);
  // It has the same files, of the same release.
  if (existsSync(join(folder, BRIDGE_PAGE))) writeFileSync(join(folder, BRIDGE_PAGE), name(unnamed(BRIDGE_PAGE)));
  const release: Release = { version, files: [fileOf("", Buffer.from(named)), ...others] };
  writeFileSync(join(folder, WORKER_FILE), `self.tabtpmRelease = ${JSON.stringify(release)};\n${code}`);
  return release;
}

/** The service worker's code of a built page, without its release. */
export const workerCode = (folder: string): string => {
  const script = readFileSync(join(folder, WORKER_FILE), "utf8");
  return script.slice(script.indexOf("\n") + 1);
};

function fileOf(path: string, octets: Uint8Array): ReleaseFile {
  const core = CORE.exec(path);
  return {
    path,
    size: octets.length,
    sha256: sha256(octets),
    isNeeded: !IS_RARE.test(path),
    ...(core && { build: core[1] === undefined ? "plain" : "relaxed" }),
  };
}
