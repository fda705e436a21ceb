/**
 * guest/manifest.json: the guest's images, what they were built from, and how the kernel is started. Written by
 * guest/build.mjs; everything that loads an image reads it through {@link parseGuestManifest}.
 */

export const GUEST_IMAGE_NAMES = ["bios", "vgaBios", "rom", "kernel", "initrd"] as const;
export type GuestImageName = (typeof GUEST_IMAGE_NAMES)[number];
/** What the guest fetches when it first needs it. */
export const GUEST_ARCHIVE_NAMES = ["tools"] as const;
export type GuestArchiveName = (typeof GUEST_ARCHIVE_NAMES)[number];

export interface GuestManifest {
  /** Version of this shape. */
  format: 1;
  /** The kernel's command line. */
  cmdline: string;
  images: Record<GuestImageName, GuestImage>;
  /** tar archives, packed with gzip. */
  archives: Record<GuestArchiveName, GuestImage & { unpackedSize: number }>;
  inputs: {
    packages: GuestPackage[];
    /** This repository's own files that go into an image, relative to guest/. */
    files: GuestFile[];
    /** Compiler, linker and compressor -> first line of their `--version`. Others may give other bytes. */
    toolchain: Record<string, string>;
  };
}

export interface GuestFileHash {
  /** Bytes. */
  size: number;
  /** 64 lower-case hexadecimal digits. */
  sha256: string;
}

export interface GuestImage extends GuestFileHash {
  /** Name of the file in guest/images. */
  file: string;
  /** Bytes after gunzip, when the file is a gzip file and the machine is given what is in it. */
  unpackedSize?: number;
  /** SPDX expression. The texts are in guest/licenses. */
  licence: string;
}

export interface GuestFile extends GuestFileHash {
  path: string;
}

/** A Debian package: binary, or with the architecture "source" one that the recipe builds. */
export interface GuestPackage extends GuestFileHash {
  name: string;
  version: string;
  architecture: string;
  /** The image or archive that its files end up in. */
  image: GuestImageName | GuestArchiveName;
  /** SPDX expression. */
  licence: string;
  /** The Debian source package it was built from, and where that can be had for good. */
  source: { name: string; version: string; url: string };
  /** Source packages that were linked in statically, as "name version". */
  builtUsing?: string[];
}

/** The manifest is not what this version expects. `where` is the path in the JSON, such as "images.kernel.sha256". */
export class GuestManifestError extends Error {
  override name = "GuestManifestError";
  readonly where: string;
  constructor(where: string, problem: string) {
    super(
      `guest/manifest.json: ${where ? `${where} ` : ""}${problem}. ` +
        "Install the package again; in a clone restore it (git checkout guest), or write it anew with `npm run guest:build -- --update`.",
    );
    this.where = where;
  }
}

/**
 * @param json the parsed JSON
 * @throws GuestManifestError naming the first field that is missing or has the wrong shape
 */
export function parseGuestManifest(json: unknown): GuestManifest {
  const manifest = new Fields(json, "");
  if (manifest.get("format") !== 1) {
    throw manifest.wrong("format", `is ${JSON.stringify(manifest.get("format"))}; this version of tabtpm reads 1`);
  }
  const images = manifest.object("images");
  const archives = manifest.object("archives");
  const inputs = manifest.object("inputs");
  return {
    format: 1,
    cmdline: manifest.text("cmdline"),
    images: {
      bios: image(images.object("bios")),
      vgaBios: image(images.object("vgaBios")),
      rom: image(images.object("rom")),
      kernel: image(images.object("kernel")),
      initrd: image(images.object("initrd")),
    },
    archives: { tools: archive(archives.object("tools")) },
    inputs: {
      packages: inputs.list("packages").map(debianPackage),
      files: inputs.list("files").map((fields) => ({ path: fields.text("path"), ...fileHash(fields) })),
      toolchain: inputs.object("toolchain").texts(),
    },
  };
}

function image(fields: Fields): GuestImage {
  const file = fields.text("file");
  // It becomes part of a path and of a URL.
  if (!/^[\w-][\w.-]*$/.test(file)) throw fields.wrong("file", "is not a plain file name");
  return {
    file,
    ...fileHash(fields),
    ...(fields.get("unpackedSize") !== undefined && { unpackedSize: fields.bytes("unpackedSize") }),
    licence: fields.text("licence"),
  };
}

function archive(fields: Fields): GuestImage & { unpackedSize: number } {
  return { ...image(fields), unpackedSize: fields.bytes("unpackedSize") };
}

function debianPackage(fields: Fields): GuestPackage {
  const source = fields.object("source");
  const names = [...GUEST_IMAGE_NAMES, ...GUEST_ARCHIVE_NAMES];
  const usedIn = names.find((name) => name === fields.get("image"));
  if (!usedIn) throw fields.wrong("image", `is none of ${names.join(", ")}`);
  return {
    name: fields.text("name"),
    version: fields.text("version"),
    architecture: fields.text("architecture"),
    ...fileHash(fields),
    image: usedIn,
    licence: fields.text("licence"),
    source: { name: source.text("name"), version: source.text("version"), url: source.text("url") },
    ...(fields.get("builtUsing") !== undefined && { builtUsing: fields.textList("builtUsing") }),
  };
}

function fileHash(fields: Fields): GuestFileHash {
  const sha256 = fields.text("sha256");
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw fields.wrong("sha256", "is not 64 lower-case hexadecimal digits");
  return { size: fields.bytes("size"), sha256 };
}

/** An object of the JSON that knows where it stands, so that an error can say it. */
class Fields {
  readonly #fields: Record<string, unknown>;
  readonly #where: string;

  constructor(json: unknown, where: string) {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new GuestManifestError(where, "is not an object");
    }
    this.#fields = json as Record<string, unknown>;
    this.#where = where;
  }

  get(name: string): unknown {
    return this.#fields[name];
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== "string" || value === "") throw this.wrong(name, "is not a text");
    return value;
  }

  bytes(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value <= 0) {
      throw this.wrong(name, "is not a number of bytes");
    }
    return value;
  }

  texts(): Record<string, string> {
    return Object.fromEntries(Object.keys(this.#fields).map((name) => [name, this.text(name)]));
  }

  object(name: string): Fields {
    return new Fields(this.#fields[name], this.#path(name));
  }

  list(name: string): Fields[] {
    return this.#array(name).map((entry, index) => new Fields(entry, `${this.#path(name)}[${index}]`));
  }

  textList(name: string): string[] {
    return this.#array(name).map((entry) => {
      if (typeof entry !== "string" || entry === "") throw this.wrong(name, "holds something else than texts");
      return entry;
    });
  }

  wrong(name: string, problem: string): GuestManifestError {
    return new GuestManifestError(this.#path(name), problem);
  }

  #array(name: string): unknown[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) throw this.wrong(name, "is not a list");
    return value;
  }

  #path(name: string): string {
    return this.#where ? `${this.#where}.${name}` : name;
  }
}
