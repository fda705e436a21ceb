// The Debian packages the guest is made of. Versions and hashes are in guest/manifest.json.

/**
 * `licence`: SPDX expression of the parts that end up in an image; the full texts are in guest/licenses.
 * `image`: which image it ends up in.
 * `source`: true for a Debian source package, which the recipe builds.
 */
export const PACKAGES = [
  { name: "seabios", image: "bios", licence: "LGPL-3.0-only" },
  { name: "linux-source-6.1", image: "kernel", licence: "GPL-2.0-only" },
  { name: "busybox", image: "initrd", licence: "GPL-2.0-only", source: true },
  { name: "keyutils", image: "initrd", licence: "GPL-2.0-or-later" },
  { name: "libc6", image: "initrd", licence: "LGPL-2.1-or-later" },
  { name: "libkeyutils1", image: "initrd", licence: "LGPL-2.0-or-later" },
  { name: "libssl3", image: "initrd", licence: "Apache-2.0" },
  { name: "libtss2-esys-3.0.2-0", image: "initrd", licence: "BSD-2-Clause" },
  { name: "libtss2-mu0", image: "initrd", licence: "BSD-2-Clause" },
  { name: "libtss2-rc0", image: "initrd", licence: "BSD-2-Clause" },
  { name: "libtss2-sys1", image: "initrd", licence: "BSD-2-Clause" },
  { name: "libtss2-tcti-device0", image: "initrd", licence: "BSD-2-Clause" },
  { name: "libtss2-tctildr0", image: "initrd", licence: "BSD-2-Clause" },
  { name: "tpm2-tools", image: "initrd", licence: "BSD-3-Clause" },
  { name: "ima-evm-utils", image: "tools", licence: "GPL-2.0-or-later" },
  { name: "libimaevm2", image: "tools", licence: "LGPL-2.0-or-later" },
  { name: "libjson-c5", image: "tools", licence: "MIT" },
  { name: "libpcre2-8-0", image: "tools", licence: "BSD-3-Clause" },
  { name: "libselinux1", image: "tools", licence: "libselinux-1.0" },
  { name: "libtss2-fapi1", image: "tools", licence: "BSD-2-Clause" },
  { name: "openssh-client", image: "tools", licence: "BSD-3-Clause" },
  { name: "openssl", image: "tools", licence: "Apache-2.0" },
  { name: "tpm2-openssl", image: "tools", licence: "BSD-3-Clause" },
];
