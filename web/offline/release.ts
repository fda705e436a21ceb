/**
 * Offline: what keeps the page in the browser, so that it opens without a network. The service worker (worker.ts, keeper.ts) has
 * one release, whole and checked, or none; the page's side (registration.ts) hears of a new one and takes it when the user says so.
 * This file: what a release is, and which of its files a request is for. Imports nothing of the page but words.
 */

/** The TPM's core is there twice, with and without relaxed SIMD (src/engine/relaxedSimd.ts): a browser runs one of the two. */
export type CoreBuild = "plain" | "relaxed";

/** A file of the built page. */
export interface ReleaseFile {
  /** From the page's folder on; empty for the page itself. */
  readonly path: string;
  /** Octets. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  /** Without it the page does not run: taken when the release is. Others are taken when they are first asked for. */
  readonly isNeeded: boolean;
  /** Of the core's files: needed where the browser runs this build. */
  readonly build?: CoreBuild;
}

export interface Release {
  /** The hash of all that is in it; the page has it in a meta element. */
  readonly version: string;
  readonly files: readonly ReleaseFile[];
}

export const VERSION_META = "tabtpm-version";

/**
 * The caches of a page's releases have names that begin so. All pages of an origin have one set of caches: another one of them, in
 * another folder, has its own.
 * @param scope the page's folder, with a slash at its end
 */
export const cachePrefix = (scope: string): string => `tabtpm-page ${new URL(scope).pathname} `;

/** The version, for what has the same name in each: asked for as "guest/manifest.json?version=...". */
export const VERSION_PARAMETER = "version";
/** The guest's images are asked for with their hash. */
const HASH_PARAMETER = "sha256";
const IMAGES = "guest/images/";

/** The parts of a request that tell what is asked for. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  /** "navigate" for the page itself. */
  readonly mode: string;
}

/**
 * The address of a file, as the page asks for it: with it the browser's own cache has it already.
 * @param scope the page's folder, with a slash at its end
 */
export function addressOf({ path, sha256 }: ReleaseFile, scope: string): string {
  const address = new URL(path, scope);
  if (path.startsWith(IMAGES)) address.searchParams.set(HASH_PARAMETER, sha256);
  return address.href;
}

/**
 * @returns the release's file that is asked for; null for what is none of it: of elsewhere, another version's, the user's
 * own files beside the page
 */
export function fileAsked(
  { method, url, mode }: Asked,
  { version, files }: Release,
  scope: string,
): ReleaseFile | null {
  const address = new URL(url);
  if (method !== "GET" || !address.href.startsWith(scope)) return null;
  const path = decodedPath(address.pathname.slice(new URL(scope).pathname.length));
  if (path === null) return null;
  // Also for a script, that asks whether the page could be loaded anew.
  if (path === "" || path === "index.html") return files.find((file) => file.path === "") ?? null;
  const file = files.find((candidate) => candidate.path === path);
  if (file === undefined || mode === "navigate") return null;
  const wanted = address.searchParams;
  const isOther = (parameter: string, own: string) => wanted.has(parameter) && wanted.get(parameter) !== own;
  return isOther(HASH_PARAMETER, file.sha256) || isOther(VERSION_PARAMETER, version) ? null : file;
}

function decodedPath(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}
