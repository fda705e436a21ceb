import {
  type Asked,
  addressOf,
  type CoreBuild,
  cachePrefix,
  fileAsked,
  type Release,
  type ReleaseFile,
  VERSION_PARAMETER,
} from "./release.ts";

/** Why a release could not be taken: no room for it, a file that is not what the release says, one that did not come. */
export type KeepProblem = "full" | "damaged" | "unreachable";

export class KeepError extends Error {
  override readonly name = "KeepError";
  constructor(
    readonly kind: KeepProblem,
    /** The file's path; "" is the page itself. */
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(`${file === "" ? "The page" : file} is not kept: ${kind}.`, options);
  }
}

export interface KeeperOptions {
  readonly release: Release;
  /** Of the TPM's core, the one that this browser runs. */
  readonly build: CoreBuild;
  /** The page's folder, with a slash at its end. */
  readonly scope: string;
  readonly caches: CacheStorage;
  readonly fetch: typeof fetch;
}

/** Keeps one release: takes it whole, and answers for its files with what it has checked. */
export class Keeper {
  readonly #release: Release;
  readonly #build: CoreBuild;
  readonly #scope: string;
  readonly #caches: CacheStorage;
  readonly #fetch: typeof fetch;
  readonly #prefix: string;
  readonly #name: string;

  constructor({ release, build, scope, caches, fetch }: KeeperOptions) {
    this.#release = release;
    this.#build = build;
    this.#scope = scope;
    this.#caches = caches;
    this.#fetch = fetch;
    this.#prefix = cachePrefix(scope);
    this.#name = this.#prefix + release.version;
  }

  /**
   * Takes every file that is needed, one after the other: the guest is running meanwhile. What a release before has the
   * same is not fetched again.
   * @throws KeepError; nothing of the release is kept then
   */
  async take(): Promise<void> {
    try {
      for (const file of this.#release.files) if (this.#isNeeded(file)) await this.#takeFile(file);
    } catch (error) {
      await this.#caches.delete(this.#name);
      throw error;
    }
  }

  /**
   * Answers a request, if it is for the page to answer.
   * @returns null for what is none of the page's; the network is to be asked for it
   */
  answer(request: Asked & { readonly url: string }): Promise<Response> | null {
    const file = fileAsked(request, this.#release, this.#scope);
    if (file !== null) return this.#answerFile(file);
    // A page of a release before may go on in another tab: its files have other names.
    const isOfPage = request.method === "GET" && request.mode !== "navigate" && request.url.startsWith(this.#scope);
    return isOfPage && /^(assets|guest)\//.test(request.url.slice(this.#scope.length))
      ? this.#answerOther(request)
      : null;
  }

  /** Forgets the releases before. To be called when no page of theirs is open. */
  async forgetOthers(): Promise<void> {
    for (const name of await this.#names()) if (name !== this.#name) await this.#caches.delete(name);
  }

  #isNeeded({ isNeeded, build = this.#build }: ReleaseFile): boolean {
    return isNeeded && build === this.#build;
  }

  async #takeFile(file: ReleaseFile): Promise<void> {
    const address = addressOf(file, this.#scope);
    let response = await this.#fromOthers(file, address);
    response ??= await this.#fetched(file, address);
    try {
      const cache = await this.#caches.open(this.#name);
      await cache.put(address, response);
    } catch (cause) {
      const isFull = (cause as Error | undefined)?.name === "QuotaExceededError";
      throw new KeepError(isFull ? "full" : "unreachable", file.path, { cause });
    }
  }

  /** What the releases before have of it. */
  async #fromOthers(file: ReleaseFile, address: string): Promise<Response | undefined> {
    for (const name of await this.#names()) {
      const kept = await (await this.#caches.open(name)).match(address);
      const checked = kept && (await checkedResponse(kept, file));
      if (checked) return checked;
    }
    return undefined;
  }

  /** @throws KeepError */
  async #fetched(file: ReleaseFile, address: string): Promise<Response> {
    let problem: KeepError | undefined;
    // The browser's own cache may have it, whole or not; the second time the host is asked.
    for (const cache of ["default", "reload"] as const) {
      let response: Response;
      try {
        response = await this.#fetch(address, { cache });
      } catch (cause) {
        throw new KeepError("unreachable", file.path, { cause });
      }
      if (!response.ok) problem = new KeepError("unreachable", file.path);
      else {
        const checked = await checkedResponse(response, file);
        if (checked) return checked;
        problem = new KeepError("damaged", file.path);
      }
    }
    throw problem;
  }

  async #answerFile(file: ReleaseFile): Promise<Response> {
    const address = addressOf(file, this.#scope);
    const cache = await this.#caches.open(this.#name);
    const kept = await cache.match(address);
    const checked = kept && (await checkedResponse(kept, file));
    if (checked) return checked;
    // The browser has lost it, or spoiled it, or it is one of those that are not taken at first.
    try {
      const fetched = await this.#fetched(file, address);
      // Without room for it the page has it nevertheless.
      await cache.put(address, fetched.clone()).catch(() => {});
      return fetched;
    } catch (error) {
      // The host has another release by now: its page runs from there, whole, and this one is done.
      if (file.path === "" && (error as KeepError).kind === "damaged")
        return this.#fetch(address, { cache: "no-store" });
      return new Response((error as Error).message, { status: 504, statusText: "Not kept" });
    }
  }

  async #answerOther(request: Asked): Promise<Response> {
    const address = new URL(request.url);
    const version = address.searchParams.get(VERSION_PARAMETER);
    address.searchParams.delete(VERSION_PARAMETER);
    for (const name of await this.#names()) {
      if (version !== null && name !== this.#prefix + version) continue;
      const kept = await (await this.#caches.open(name)).match(address.href);
      if (kept) return kept;
    }
    return this.#fetch(request as Request);
  }

  async #names(): Promise<string[]> {
    return (await this.#caches.keys()).filter((name) => name.startsWith(this.#prefix));
  }
}

/** @returns the same response if it is whole: `size` octets of this hash; undefined otherwise */
async function checkedResponse(response: Response, { size, sha256 }: ReleaseFile): Promise<Response | undefined> {
  const octets = await response.arrayBuffer();
  if (octets.byteLength !== size || (await hexDigest(octets)) !== sha256) return undefined;
  const headers = new Headers(response.headers);
  // They are of what came over the line.
  headers.delete("Content-Encoding");
  headers.set("Content-Length", `${size}`);
  return new Response(octets, { headers });
}

async function hexDigest(octets: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
  return Array.from(digest, (octet) => octet.toString(16).padStart(2, "0")).join("");
}
