// The archive of rare tools: programs that few need, fetched by the guest when one is first called.
import { join } from "node:path";
import { filesBelow, libraries, linksTo, program, read } from "./debian.mjs";

const PROGRAMS = ["usr/bin/openssl", "usr/bin/ssh-keygen", "usr/bin/evmctl", "usr/bin/tss2"];
/** OpenSSL loads its providers by name. */
const PROVIDERS = ["usr/lib/i386-linux-gnu/ossl-modules/tpm2.so", "usr/lib/i386-linux-gnu/ossl-modules/legacy.so"];
const DATA = ["etc/tpm2-tss/fapi-profiles"];
const CONFIGURATION = "etc/ssl/openssl.cnf";

/**
 * @param {{ tools: string, debian: string, stubs: Map<string, Buffer> }} from `tools`: folder into which the packages of
 *   this archive were extracted; `debian`: the same of the initramfs; `stubs`: soname -> library
 * @param {Set<string>} present paths that the initramfs has
 * @returns {import("./cpio.mjs").Entry[]} without what the initramfs has
 */
export function toolsEntries({ tools, debian, stubs }, present) {
  const trees = [tools, debian];
  const binaries = [...PROGRAMS, ...PROVIDERS];
  const configuration = read(trees, CONFIGURATION);
  if (!configuration) throw new Error(`no package brings /${CONFIGURATION}`);
  return [
    ...binaries.map((path) => program(trees, path)),
    ...linksTo(debian, ["tss2"]),
    ...libraries(trees, binaries, { stubs }).filter(({ path }) => !present.has(path)),
    ...DATA.flatMap((folder) => filesBelow(join(tools, folder), folder)),
    // Where OpenSSL looks for it, OPENSSLDIR: in Debian a link to /etc/ssl.
    { path: "usr/lib/ssl/openssl.cnf", kind: "file", mode: 0o644, data: configuration },
  ];
}

/** @param {import("./cpio.mjs").Entry[]} entries of {@link toolsEntries} @returns {string[]} names of the programs */
export function toolNames(entries) {
  return entries.map(({ path }) => /^usr\/bin\/([^/]+)$/.exec(path)?.[1]).filter(Boolean);
}
