import type { GuestImages } from "../../src/index.ts";
import { toHex } from "./hex.ts";

/** Of the images that the guest is made of: with others its memory is not theirs. SHA-256, hex. */
export async function guestDigest({ bios, vgaBios, rom, kernel, initrd, cmdline }: GuestImages): Promise<string> {
  const parts = [bios, vgaBios, rom, kernel, initrd, new TextEncoder().encode(cmdline)];
  const digests = await Promise.all(parts.map((part) => crypto.subtle.digest("SHA-256", part)));
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(digests).arrayBuffer())));
}
