/** Loads the guest's images and checks each against the manifest before anybody boots it. */
import {
  GUEST_IMAGE_NAMES,
  type GuestArchiveName,
  type GuestImage,
  type GuestImageName,
  type GuestManifest,
} from "./manifest.ts";

/** What a v86 emulator is given, as `{ buffer }` each; `initrd` is an unpacked cpio archive. */
export interface GuestImages extends Record<GuestImageName, ArrayBuffer> {
  /** The initrd's file, where `initrd` is what was unpacked from it: that is what is measured. */
  initrdFile?: ArrayBuffer;
  /** Names of files that are not the guest's own: they are measured under these; `bzImage` and `initrd.img` by default. */
  kernelName?: string | undefined;
  initrdName?: string | undefined;
  /** The kernel's command line. */
  cmdline: string;
  /** The archive of rare tools, which nobody has fetched yet; without it the guest does without them. */
  tools?: GuestArchive;
}

/** A tar archive that is fetched when the guest first needs it. */
export interface GuestArchive {
  /** Bytes to fetch. */
  size: number;
  /** Bytes of what {@link load} returns. */
  unpackedSize: number;
  /** Fetches, checks and unpacks it. @throws GuestImageError; the signal's reason when it is aborted */
  load(signal: AbortSignal): Promise<Uint8Array>;
}

export interface GuestProgress {
  name: GuestImageName;
  /** Bytes read so far. */
  loaded: number;
  /** Bytes in all, as the manifest says. */
  total: number;
}

/** Opens guest/images/<image.file>. Rejects when there is no such file. */
export type GuestImageReader = (
  image: GuestImage,
  options: { signal: AbortSignal },
) => Promise<Uint8Array | ReadableStream<Uint8Array>>;

export interface LoadGuestImagesOptions {
  read: GuestImageReader;
  manifest: GuestManifest;
  /** Called for each image at 0 bytes, after each piece, and with loaded = total when it is complete. */
  onProgress?: ((progress: GuestProgress) => void) | undefined;
  /** Stops loading; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/**
 * - `missing`: it could not be opened or read to its end; `cause` says why.
 * - `size`: it is shorter or longer than the manifest says.
 * - `damaged`: the size is right, the SHA-256 is not.
 * - `unchecked`: SHA-256 is not available here.
 */
export type GuestImageProblem = "missing" | "size" | "damaged" | "unchecked";

/** An image that must not be booted. */
export class GuestImageError extends Error {
  override name = "GuestImageError";
  readonly image: GuestImageName | GuestArchiveName;
  readonly problem: GuestImageProblem;
  constructor(
    image: GuestImageName | GuestArchiveName,
    problem: GuestImageProblem,
    message: string,
    options?: { cause: unknown },
  ) {
    super(message, options);
    this.image = image;
    this.problem = problem;
  }
}

/**
 * Loads all images at the same time.
 *
 * @returns the bytes of each, unpacked where `unpackedSize` is given; the files have exactly the size and the SHA-256
 *   that the manifest says
 * @throws GuestImageError for the first image that is missing, short, long or damaged; the others are then given up
 */
export async function loadGuestImages(options: LoadGuestImagesOptions): Promise<GuestImages> {
  const { manifest, signal } = options;
  signal?.throwIfAborted();
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  try {
    const loaded = await Promise.all(
      GUEST_IMAGE_NAMES.map(async (name) => {
        const onBytes = (loaded: number, total: number) => options.onProgress?.({ name, loaded, total });
        return [
          name,
          await loadImage({ name, image: manifest.images[name], read: options.read, onBytes }, stop),
        ] as const;
      }),
    );
    const files = Object.fromEntries(loaded) as Record<GuestImageName, LoadedImage>;
    return {
      ...(Object.fromEntries(loaded.map(([name, { bytes }]) => [name, bytes])) as Record<GuestImageName, ArrayBuffer>),
      initrdFile: files.initrd.file,
      cmdline: manifest.cmdline,
      tools: archiveOf("tools", options),
    };
  } catch (error) {
    failed.abort(error);
    signal?.throwIfAborted();
    throw error;
  }
}

function archiveOf(name: GuestArchiveName, { read, manifest }: LoadGuestImagesOptions): GuestArchive {
  const image = manifest.archives[name];
  return {
    size: image.size,
    unpackedSize: image.unpackedSize,
    load: async (signal) => new Uint8Array((await loadImage({ name, image, read, onBytes: () => {} }, signal)).bytes),
  };
}

interface Wanted {
  name: GuestImageName | GuestArchiveName;
  image: GuestImage;
  read: GuestImageReader;
  onBytes: (loaded: number, total: number) => void;
}

interface LoadedImage {
  file: ArrayBuffer;
  /** What is in it, where it is a packed one. */
  bytes: ArrayBuffer;
}

async function loadImage({ name, image, read, onBytes }: Wanted, signal: AbortSignal): Promise<LoadedImage> {
  const subtle = subtleCrypto(name, image);
  const bytes = new Uint8Array(image.size);
  let loaded = 0;
  onBytes(loaded, image.size);
  for await (const piece of pieces(name, image, read, signal)) {
    signal.throwIfAborted();
    if (loaded + piece.length > image.size) throw wrongSize(name, image, `is longer than ${image.size} bytes`);
    bytes.set(piece, loaded);
    loaded += piece.length;
    onBytes(loaded, image.size);
  }
  if (loaded !== image.size) throw wrongSize(name, image, `ends after ${loaded} of ${image.size} bytes`);
  const actual = hex(await subtle.digest("SHA-256", bytes));
  if (actual !== image.sha256) {
    throw new GuestImageError(
      name,
      "damaged",
      `${title(name, image)} is damaged: its SHA-256 is ${actual}, the manifest says ${image.sha256}. ${ADVICE}`,
    );
  }
  const file = bytes.buffer;
  if (image.unpackedSize === undefined) return { file, bytes: file };
  return { file, bytes: await gunzip(name, image, bytes, image.unpackedSize) };
}

/** Unpacks here, at the speed of the host, what the guest would have to unpack at the speed of the emulator. */
async function gunzip(
  name: Wanted["name"],
  image: GuestImage,
  packed: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<ArrayBuffer> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  let unpacked: ArrayBuffer;
  try {
    unpacked = await new Response(stream).arrayBuffer();
  } catch (cause) {
    throw new GuestImageError(name, "damaged", `${title(name, image)} is no gzip file. ${ADVICE}`, { cause });
  }
  if (unpacked.byteLength === size) return unpacked;
  throw wrongSize(name, image, `unpacks to ${unpacked.byteLength} bytes, not ${size}`);
}

/** The file in pieces; whatever the reader throws becomes a GuestImageError, except for being stopped. */
async function* pieces(
  name: Wanted["name"],
  image: GuestImage,
  read: GuestImageReader,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const source = await read(image, { signal });
    if (source instanceof Uint8Array) {
      yield source;
      return;
    }
    // Not every browser can iterate a stream.
    const reader = source.getReader();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    } finally {
      // Also when the consumer has seen enough: a download that nobody wants must not go on.
      reader.cancel().catch(() => {});
    }
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GuestImageError(name, "missing", `${title(name, image)} cannot be read: ${why}. ${ADVICE}`, { cause });
  }
}

function subtleCrypto(name: GuestImageName | GuestArchiveName, image: GuestImage): SubtleCrypto {
  // Typed as always there; browsers leave it out of insecure contexts.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle) return subtle;
  throw new GuestImageError(
    name,
    "unchecked",
    `${title(name, image)} cannot be checked: this page is no secure context, so the browser offers no SHA-256. ` +
      "Open it over https, or on this machine as http://localhost or http://127.0.0.1.",
  );
}

function wrongSize(name: GuestImageName | GuestArchiveName, image: GuestImage, how: string): GuestImageError {
  const expected = `expected SHA-256 ${image.sha256}`;
  return new GuestImageError(name, "size", `${title(name, image)} ${how} (${expected}). ${ADVICE}`);
}

function title(name: GuestImageName | GuestArchiveName, image: GuestImage): string {
  return `The guest's ${name} image (guest/images/${image.file})`;
}

const ADVICE =
  "Install the package again; in a clone restore it with `git checkout guest`, or build it with `npm run guest:build` (on Debian).";

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
