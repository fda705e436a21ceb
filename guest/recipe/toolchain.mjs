// The programs of this machine that decide on the images' bytes, or that the recipe can't do without.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

/** Program -> Debian package. */
const PROGRAMS = {
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  "dpkg-source": "dpkg-dev",
  bc: "bc",
  bison: "bison",
  flex: "flex",
  gcc: "gcc",
  gzip: "gzip",
  ld: "binutils",
  lz4: "lz4",
  make: "make",
  nasm: "nasm",
  perl: "perl",
  tar: "tar",
  xz: "xz-utils",
};

/** The C library for i386, which BusyBox is linked with. */
const LIBC = { package: "libc6-dev-i386", file: "/usr/lib32/libc.a" };

/** @throws Error naming everything that is missing, and the one command that brings it */
export function checkPrograms() {
  if (process.platform !== "linux") {
    throw new Error(
      "The guest's images are built on Debian. This machine does not need to build them: they are in guest/images.",
    );
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  const missing = Object.entries(PROGRAMS).filter(
    ([name]) => !folders.some((folder) => existsSync(join(folder, name))),
  );
  if (!existsSync(LIBC.file)) missing.push([LIBC.file, `gcc-multilib ${LIBC.package}`]);
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  if (names.includes("apt-get") || names.includes("dpkg-deb")) {
    throw new Error(
      `This is no Debian (no ${names.join(", ")}): the recipe needs one. The images are in guest/images.`,
    );
  }
  const packages = missing.map(([, name]) => name);
  throw new Error(`Programs are missing: ${names.join(", ")}.\nAs root: apt-get install ${packages.join(" ")}`);
}

/** @returns {string} the source package of the C library that BusyBox is linked with: "glibc 2.36-9" */
export function staticLibc() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own form of a field
  return run("dpkg-query", ["-W", "-f", "${source:Package} ${source:Version}", LIBC.package]).toString();
}

/** @returns {Record<string, string>} first line of each compiler's and compressor's `--version` */
export function toolchain() {
  const firstLine = (program) => run(program, ["--version"]).toString().split("\n")[0].trim();
  return {
    gcc: firstLine("gcc"),
    ld: firstLine("ld"),
    lz4: firstLine("lz4").replace(/^\*+ | \*+$/g, ""),
    gzip: firstLine("gzip"),
    nasm: firstLine("nasm"),
  };
}
