import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GuestImageError } from "./images.ts";
import { GUEST_IMAGE_NAMES, GuestManifestError } from "./manifest.ts";
import { GUEST_DIRECTORY, loadGuestFromDirectory, readGuestManifest } from "./node.ts";
import { manifestOf } from "./testkit/manifest.ts";

const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

describe("the guest in this repository", () => {
  it("has the images that its manifest says, checked with node:crypto and node:zlib", async () => {
    const manifest = await readGuestManifest();
    const images = await loadGuestFromDirectory();
    for (const name of GUEST_IMAGE_NAMES) {
      const { file, sha256: expected, unpackedSize } = manifest.images[name];
      const onDisk = await readFile(join(GUEST_DIRECTORY, "images", file));
      expect(sha256(onDisk), name).toBe(expected);
      const given = unpackedSize === undefined ? onDisk : gunzipSync(onDisk);
      expect(sha256(new Uint8Array(images[name])), name).toBe(sha256(given));
    }
    expect(images.cmdline).toContain("console=ttyS0");
  });

  it("takes at most 7.0 MB for the first load, and 12 MB with what is fetched when it is needed", async () => {
    const { images, archives } = await readGuestManifest();
    const total = GUEST_IMAGE_NAMES.reduce((sum, name) => sum + images[name].size, 0);
    expect(total).toBeLessThanOrEqual(7_000_000);
    expect(total + archives.tools.size).toBeLessThanOrEqual(12_000_000);
  });

  it("has the archive of rare tools that its manifest says, checked with node:crypto and node:zlib", async () => {
    const { file, sha256: expected, size, unpackedSize } = (await readGuestManifest()).archives.tools;
    const onDisk = await readFile(join(GUEST_DIRECTORY, "images", file));
    expect([sha256(onDisk), onDisk.length]).toEqual([expected, size]);
    const { tools } = await loadGuestFromDirectory();
    expect([tools?.size, tools?.unpackedSize]).toEqual([size, unpackedSize]);
    const loaded = await tools!.load(new AbortController().signal);
    expect(sha256(loaded)).toBe(sha256(gunzipSync(onDisk)));
  });

  it("was built from the files that are in this repository: else run `npm run guest:build`", async () => {
    const { inputs } = await readGuestManifest();
    for (const { path, size, sha256: expected } of inputs.files) {
      const data = await readFile(join(GUEST_DIRECTORY, path));
      expect({ path, size: data.length, sha256: sha256(data) }).toEqual({ path, size, sha256: expected });
    }
    const listed = inputs.files.map(({ path }) => path);
    for (const entry of await readdir(join(GUEST_DIRECTORY, "files"), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = relative(GUEST_DIRECTORY, join(entry.parentPath, entry.name)).split(sep).join("/");
      expect(listed).toContain(path);
    }
  });

  it("comes with the licence text of every source package", async () => {
    const { inputs } = await readGuestManifest();
    const texts = await readdir(join(GUEST_DIRECTORY, "licenses"));
    for (const { source } of inputs.packages) expect(texts).toContain(`${source.name}.txt`);
  });
});

describe("loadGuestFromDirectory", () => {
  /** A small guest in a folder of its own. */
  const contents = {
    bios: randomBytes(300),
    vgaBios: randomBytes(200),
    rom: randomBytes(100),
    kernel: randomBytes(5000),
    initrd: randomBytes(4000),
  };
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "tabtpm-guest-"));
    await mkdir(join(directory, "images"));
    await writeFile(join(directory, "manifest.json"), JSON.stringify(manifestOf(contents)));
    for (const name of GUEST_IMAGE_NAMES) await writeFile(join(directory, "images", `${name}.img`), contents[name]);
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("reads all images and the command line", async () => {
    const images = await loadGuestFromDirectory({ directory });
    for (const name of GUEST_IMAGE_NAMES) expect(contents[name].equals(new Uint8Array(images[name])), name).toBe(true);
    expect(images.cmdline).toBe(manifestOf(contents).cmdline);
  });

  it("names an image that was cut off", async () => {
    await truncate(join(directory, "images/kernel.img"), 1000);
    const loading = loadGuestFromDirectory({ directory });
    await expect(loading).rejects.toThrow(GuestImageError);
    await expect(loading).rejects.toThrow(/kernel image \(guest\/images\/kernel\.img\) ends after 1000 of 5000 bytes/);
  });

  it("names an image that is not there", async () => {
    await rm(join(directory, "images/vgaBios.img"));
    await expect(loadGuestFromDirectory({ directory })).rejects.toThrow(/vgaBios.*cannot be read: ENOENT/);
  });

  it("says where it looked for the manifest", async () => {
    await rm(join(directory, "manifest.json"));
    await expect(loadGuestFromDirectory({ directory })).rejects.toThrow(GuestManifestError);
    await expect(loadGuestFromDirectory({ directory })).rejects.toThrow(directory);
  });
});
