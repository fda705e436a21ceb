// Compiles guest/stub/libcurl.c into the two libraries that Debian's tpm2-tools and tpm2-tss want.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";

/** Name and symbol version of Debian's two builds of curl. */
const FLAVOURS = [
  { soname: "libcurl-gnutls.so.4", version: "CURL_GNUTLS_3" },
  { soname: "libcurl.so.4", version: "CURL_OPENSSL_4" },
];

/**
 * @param {string} source path of libcurl.c
 * @param {string} directory where to build
 * @returns {Map<string, Buffer>} soname -> i386 shared library
 */
export function buildCurlStubs(source, directory) {
  mkdirSync(directory, { recursive: true });
  return new Map(
    FLAVOURS.map(({ soname, version }) => {
      const script = join(directory, `${soname}.map`);
      const output = join(directory, soname);
      writeFileSync(script, `${version} { global: curl_*; local: *; };\n`);
      run("gcc", [
        ...["-m32", "-march=i686", "-Os", "-fPIC", "-shared", "-nostdlib", "-ffreestanding", "-s"],
        ...["-fno-asynchronous-unwind-tables", "-fno-stack-protector", "-fcf-protection=none"],
        `-Wl,-soname,${soname}`,
        `-Wl,--version-script=${script}`,
        ...["-Wl,--build-id=none", "-Wl,-z,noexecstack", "-Wall", "-Wextra", "-Werror"],
        ...["-o", output, source],
      ]);
      return [soname, readFileSync(output)];
    }),
  );
}
