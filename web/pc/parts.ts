/** What the PC is made of, fetched: the guest's images and v86's own code. */
import v86WasmUrl from "v86/build/v86.wasm?url";
import { fetchGuest, type GuestImages } from "../../src/index.ts";
import { VERSION_PARAMETER } from "../offline/release.ts";
import type { Medium } from "../state/media.ts";
import type { Download } from "../state/model.ts";
import { words } from "../words/index.ts";

/** Whoever keeps several releases of the page tells by it whose manifest is wanted. */
function fetchOfVersion(version: string | null): typeof fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (version !== null && url.pathname.endsWith("/manifest.json")) url.searchParams.set(VERSION_PARAMETER, version);
    return fetch(url, init);
  };
}

/** The guest's images, fetched once; a fetch that failed is made again by the next {@link get}. */
export class GuestParts {
  readonly #onProgress: (download: Download) => void;
  readonly #base: URL;
  #images: Promise<GuestImages> | null = null;

  readonly #fetch: typeof fetch;

  /**
   * @param version the page's; null for one that is not built
   * @param onProgress is told of all images together.
   * @param base where manifest.json and images/ lie; ends with a slash.
   */
  constructor(
    version: string | null,
    onProgress: (download: Download) => void,
    base = new URL("guest/", document.baseURI),
  ) {
    this.#fetch = fetchOfVersion(version);
    this.#onProgress = onProgress;
    this.#base = base;
  }

  /** @throws GuestManifestError, GuestImageError for what did not arrive whole. */
  get(): Promise<GuestImages> {
    if (this.#images !== null) return this.#images;
    const parts = new Map<string, Download>();
    const images = fetchGuest({
      base: this.#base,
      fetch: this.#fetch,
      onProgress: ({ name, loaded, total }) => {
        parts.set(name, { loaded, total });
        const sum = (key: keyof Download) => [...parts.values()].reduce((bytes, part) => bytes + part[key], 0);
        this.#onProgress({ loaded: sum("loaded"), total: sum("total") });
      },
    });
    images.catch(() => {
      this.#images = null;
    });
    this.#images = images;
    return images;
  }
}

/** v86's own code, compiled while it arrives. @param address of v86.wasm. @throws Error when it does not. */
export async function fetchEmulator(address: string | URL = v86WasmUrl): Promise<WebAssembly.Module> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(words().problems.emulatorNotFetched(response.status));
  return response.headers.get("Content-Type")?.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

/** A file of this site, which a link has named. @throws Error when it does not come */
export async function fetchMedium(address: string): Promise<Medium> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const content = await response.blob();
  const name = decodeURIComponent(new URL(response.url).pathname.split("/").at(-1) ?? "");
  return { name, size: content.size, content };
}

/** The page itself could be loaded anew. @throws TypeError as for a module that does not arrive */
export async function requirePage(): Promise<void> {
  const response = await fetch(location.href, { cache: "no-store" });
  if (!response.ok) throw new TypeError(`The page can't be loaded anew: HTTP ${response.status}.`);
}
