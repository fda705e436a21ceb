/** Files that users take for disks and kernels, by how they begin. */

interface Kind {
  magic: readonly number[];
  name: string;
  /** What to do. */
  advice: string;
}

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0));
const packed = (name: string, program: string, magic: readonly number[]): Kind => ({
  magic,
  name: `packed (${name})`,
  advice: `Unpack it first, with \`${program}\` say.`,
});
const image = (name: string, magic: readonly number[]): Kind => ({
  magic,
  name: `an image of another format (${name})`,
  advice: "Convert it with `qemu-img convert -O raw`.",
});

const PACKED: readonly Kind[] = [
  packed("gzip", "gunzip", [0x1f, 0x8b, 0x08]),
  packed("xz", "unxz", [0xfd, ...ascii("7zXZ"), 0]),
  packed("bzip2", "bunzip2", ascii("BZh")),
  packed("zstd", "unzstd", [0x28, 0xb5, 0x2f, 0xfd]),
  packed("lz4", "unlz4", [0x04, 0x22, 0x4d, 0x18]),
  packed("zip", "unzip", [...ascii("PK"), 3, 4]),
];
const IMAGES: readonly Kind[] = [
  image("qcow2", [...ascii("QFI"), 0xfb]),
  image("VMDK", ascii("KDMV")),
  image("VHDX", ascii("vhdxfile")),
  image("VHD", ascii("conectix")),
  image("VDI", ascii("<<< ")),
];
const ELF: Kind = {
  magic: [0x7f, ...ascii("ELF")],
  name: "an ELF file, such as vmlinux",
  advice: "A BIOS starts the bzImage: arch/x86/boot/bzImage of the kernel's build, or a distribution's vmlinuz.",
};

const find = (kinds: readonly Kind[], head: Uint8Array) => {
  const kind = kinds.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  return kind && `is ${kind.name}. ${kind.advice}`;
};

/** @returns what is wrong with a file of which these are the first bytes, if it is no raw image; goes on after "The CD ". */
export function foreignDisk(head: Uint8Array): string | undefined {
  return find([...PACKED, ...IMAGES], head);
}

/** As {@link foreignDisk}, for a file that ought to be a bzImage. */
export function foreignKernel(head: Uint8Array): string | undefined {
  return find([...PACKED, ...IMAGES, ELF], head);
}
