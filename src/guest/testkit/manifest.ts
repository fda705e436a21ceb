/** A small manifest whose hashes come from node:crypto, for tests. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { GuestFileHash, GuestImageName, GuestManifest } from "../manifest.ts";

/** What stands for the archive of rare tools, and the file that it is packed in. */
export const TOOLS_TAR = Buffer.from("rare tools ".repeat(100));
export const TOOLS = gzipSync(TOOLS_TAR);

/** @param contents text of each image; its file is named like the image, with ".img" */
export function manifestOf(
  contents: Record<GuestImageName, string | Uint8Array>,
  unpackedSizes: Partial<Record<GuestImageName, number>> = {},
): GuestManifest {
  const image = (name: GuestImageName) => {
    const unpackedSize = unpackedSizes[name];
    const unpacked = unpackedSize === undefined ? {} : { unpackedSize };
    return { file: `${name}.img`, ...hashOf(contents[name]), ...unpacked, licence: "MIT" };
  };
  return {
    format: 1,
    cmdline: "console=ttyS0",
    images: {
      bios: image("bios"),
      vgaBios: image("vgaBios"),
      rom: image("rom"),
      kernel: image("kernel"),
      initrd: image("initrd"),
    },
    archives: { tools: { file: "tools.img", ...hashOf(TOOLS), unpackedSize: TOOLS_TAR.length, licence: "MIT" } },
    inputs: {
      packages: [
        {
          name: "busybox-static",
          version: "1:1.35.0-4+b1",
          architecture: "i386",
          ...hashOf("deb"),
          image: "initrd",
          licence: "GPL-2.0-only",
          source: { name: "busybox", version: "1:1.35.0-4", url: "https://example.org/busybox" },
          builtUsing: ["glibc 2.36-9"],
        },
      ],
      files: [{ path: "kernel.config", ...hashOf("config") }],
      toolchain: { gcc: "gcc 12" },
    },
  };
}

function hashOf(content: string | Uint8Array): GuestFileHash {
  const bytes = Buffer.from(content);
  return { size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
