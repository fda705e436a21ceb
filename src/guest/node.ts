/** The guest's images from the file system. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GuestImages, type LoadGuestImagesOptions, loadGuestImages } from "./images.ts";
import { type GuestManifest, GuestManifestError, parseGuestManifest } from "./manifest.ts";

/** guest/ of this package: two folders up from src/guest and from dist/guest alike. */
export const GUEST_DIRECTORY = fileURLToPath(new URL("../../guest/", import.meta.url));

export interface NodeGuestOptions extends Pick<LoadGuestImagesOptions, "onProgress" | "signal"> {
  /** Folder with manifest.json and images/. By default the package's own. */
  directory?: string;
}

/**
 * @param directory folder with manifest.json
 * @throws GuestManifestError when it is missing, is no JSON or has the wrong shape
 */
export async function readGuestManifest(directory: string = GUEST_DIRECTORY): Promise<GuestManifest> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(directory, "manifest.json"), "utf8"));
  } catch (cause) {
    throw new GuestManifestError("", `cannot be read in ${directory}: ${(cause as Error).message}`);
  }
  return parseGuestManifest(json);
}

/** Reads the manifest and all images, checked. @throws GuestManifestError, GuestImageError */
export async function loadGuestFromDirectory({
  directory = GUEST_DIRECTORY,
  onProgress,
  signal,
}: NodeGuestOptions = {}): Promise<GuestImages> {
  // One file at a time: the process may be allowed to open few.
  let last: Promise<unknown> = Promise.resolve();
  return loadGuestImages({
    manifest: await readGuestManifest(directory),
    read: (image, options) => {
      const bytes = last.then(() => readFile(join(directory, "images", image.file), options));
      last = bytes.catch(() => {});
      return bytes;
    },
    onProgress,
    signal,
  });
}
