// guest/manifest.json: what went into the images and what came out. Its shape is typed in src/guest/manifest.ts.
import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describeFile } from "./hash.mjs";
import { PACKAGES } from "./packages.mjs";

export const FORMAT = 1;

/**
 * The kernel's command line under v86.
 * - `tsc=reliable`: the time stamp counter is the host's clock, or follows it; a tab that was throttled must not make Linux
 *   distrust it.
 * - `acpi_mask_gpe=1-2`: v86 stores what is written to the GPE status registers, where a 1 should clear a bit, so Linux
 *   finds every event pending and lets SeaBIOS's AML look for hot-plugged PCI devices and processors: 14 million
 *   instructions, a tenth of the boot.
 * - `no_timer_check`: Linux counts ticks while it spins for a time, and panics with "IO-APIC + timer doesn't work!" when a
 *   busy host gave v86 no turn meanwhile to raise them.
 */
export const CMDLINE = "console=ttyS0 tsc=reliable acpi_mask_gpe=1-2 no_timer_check";

/** Image -> file in guest/images. No name ends in .gz: some web servers would let the browser unpack it unasked. */
export const IMAGES = {
  bios: "bios-256k.bin",
  vgaBios: "vgabios-stdvga.bin",
  rom: "boot.rom",
  kernel: "bzImage",
  initrd: "initrd.img",
};

/** What the guest fetches when it needs it -> file in guest/images. */
export const ARCHIVES = { tools: "tools.img" };

/** Our own files that decide on the images' bytes, relative to guest/. */
const OWN_INPUTS = ["busybox.config", "kernel.config", "rom", "stub", "files"];

/**
 * @param {string} guest path of guest/
 * @returns {{ path: string, size: number, sha256: string }[]} sorted by path
 */
export function describeOwnInputs(guest) {
  const paths = OWN_INPUTS.flatMap((name) => {
    const full = join(guest, name);
    if (statSync(full).isFile()) return [full];
    return readdirSync(full, { recursive: true })
      .map((entry) => join(full, entry))
      .filter((path) => statSync(path).isFile() && !/\.test\.\w+$/.test(path));
  });
  return paths
    .map((path) => ({ path: relative(guest, path).split(sep).join("/"), ...describeFile(path) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * @param {{ guest: string, packages: object[], toolchain: object, unpackedSizes: Record<string, number> }} made
 *   `unpackedSizes`: image -> bytes, for those that are gzip files
 * @returns {object} the manifest of what now is in guest/images
 */
export function makeManifest({ guest, packages, toolchain, unpackedSizes }) {
  const describeAll = (files) =>
    Object.fromEntries(
      Object.entries(files).map(([image, file]) => [
        image,
        {
          file,
          ...describeFile(join(guest, "images", file)),
          ...(unpackedSizes[image] && { unpackedSize: unpackedSizes[image] }),
          licence: licenceOf(image),
        },
      ]),
    );
  return {
    format: FORMAT,
    cmdline: CMDLINE,
    images: describeAll(IMAGES),
    archives: describeAll(ARCHIVES),
    inputs: { packages, files: describeOwnInputs(guest), toolchain },
  };
}

/** SPDX expression of everything in an image. */
function licenceOf(image) {
  // Our own.
  if (image === "rom") return "Apache-2.0";
  const source = image === "vgaBios" ? "bios" : image;
  const licences = PACKAGES.filter((entry) => entry.image === source).map((entry) => entry.licence);
  return [...new Set(licences)].sort().join(" AND ");
}
