/** The guest's images over HTTP: fetched once, kept in memory, so that a reset needs no network. */
import { type GuestImages, type LoadGuestImagesOptions, loadGuestImages } from "./images.ts";
import { GuestManifestError, parseGuestManifest } from "./manifest.ts";

export interface FetchGuestOptions extends Pick<LoadGuestImagesOptions, "onProgress" | "signal"> {
  /** Where manifest.json and images/ are served, such as `new URL("guest/", document.baseURI)`. Ends with a slash. */
  base: URL | string;
  /** Default: the global fetch. */
  fetch?: typeof globalThis.fetch;
}

/**
 * Fetches the manifest and all images, checked.
 *
 * @throws GuestManifestError, GuestImageError; the signal's reason when it is aborted
 */
export async function fetchGuest({
  base,
  onProgress,
  signal,
  fetch = globalThis.fetch.bind(globalThis),
}: FetchGuestOptions): Promise<GuestImages> {
  const manifest = parseGuestManifest(await fetchManifest(new URL("manifest.json", base), fetch, signal));
  return loadGuestImages({
    manifest,
    onProgress,
    signal,
    read: async (image, options) => {
      const url = new URL(`images/${image.file}`, base);
      // A cache must not pair an old image with a new manifest.
      url.searchParams.set("sha256", image.sha256);
      const response = await fetch(url, options);
      if (!response.ok) throw new Error(`${url.pathname}: the server says ${response.status} ${response.statusText}`);
      return response.body ?? new Uint8Array(await response.arrayBuffer());
    },
  });
}

async function fetchManifest(url: URL, fetch: typeof globalThis.fetch, signal?: AbortSignal): Promise<unknown> {
  try {
    // Asks the server each time: an old manifest would look for images that are gone.
    const response = await fetch(url, { cache: "no-cache", ...(signal && { signal }) });
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`);
    return await response.json();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new GuestManifestError("", `cannot be fetched from ${url.pathname}: ${(cause as Error).message}`);
  }
}
