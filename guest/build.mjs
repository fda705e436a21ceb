#!/usr/bin/env node
// Builds the guest's images from Debian packages: npm run guest:build [-- --update | --check]
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openApt } from "./recipe/apt.mjs";
import { cpio } from "./recipe/cpio.mjs";
import { buildCurlStubs } from "./recipe/curl-stub.mjs";
import { describePackage, extractPackage } from "./recipe/deb.mjs";
import { describeFile, sha256 } from "./recipe/hash.mjs";
import { initrdEntries } from "./recipe/initrd.mjs";
import { buildKernel } from "./recipe/kernel.mjs";
import { writeLicences } from "./recipe/licences.mjs";
import { IMAGES, makeManifest } from "./recipe/manifest.mjs";
import { PACKAGES } from "./recipe/packages.mjs";
import { run } from "./recipe/run.mjs";
import { checkPrograms, toolchain } from "./recipe/toolchain.mjs";

const HELP = `Builds the Linux guest: firmware, kernel and initramfs, from Debian packages. Runs on Debian, without root.

  npm run guest:build               the versions in guest/manifest.json -> guest/images
  npm run guest:build -- --update   the versions that the archive has now, and a new guest/manifest.json
  npm run guest:build -- --check    builds, compares with guest/images, changes nothing

  --jobs N   processes for the kernel (default: one per processor)
`;

const GUEST = fileURLToPath(new URL(".", import.meta.url));
const BUILD = join(GUEST, "build");
const MANIFEST = join(GUEST, "manifest.json");
const log = (line) => console.log(`guest: ${line}`);

function main() {
  const { values } = parseArgs({
    options: {
      update: { type: "boolean" },
      check: { type: "boolean" },
      jobs: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return console.log(HELP);
  const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
  if (jobs !== undefined && !(Number.isInteger(jobs) && jobs > 0))
    throw new Error(`--jobs ${values.jobs}: not a number`);

  checkPrograms();
  const before = readManifest();
  if (!before && !values.update) {
    throw new Error(
      "guest/manifest.json is not there: restore it (git checkout guest), or make a new one with --update",
    );
  }
  const packages = fetchPackages(values.update ? undefined : before);
  const tools = toolchain();
  const { images, unpackedSizes } = buildImages(packages, tools, jobs);

  const different = Object.keys(IMAGES).filter((image) => sha256(images[image]) !== before?.images[image]?.sha256);
  if (values.check) return check(different, before, tools);

  rmSync(join(GUEST, "images"), { recursive: true, force: true });
  mkdirSync(join(GUEST, "images"));
  for (const [image, file] of Object.entries(IMAGES)) writeFileSync(join(GUEST, "images", file), images[image]);
  writeLicences(packages, join(GUEST, "licenses"));
  const manifest = makeManifest({
    guest: GUEST,
    packages: packages.map(describeInput),
    toolchain: tools,
    unpackedSizes,
  });
  writeFileSync(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
  const total = Object.values(images).reduce((sum, data) => sum + data.length, 0);
  log(`images in guest/images, ${(total / 1e6).toFixed(1)} MB together`);
  log(
    different.length === 0
      ? "the same bytes as before"
      : `new: ${different.join(", ")}; guest/manifest.json is written anew`,
  );
  if (different.length > 0 && before) explainTools(before, tools);
}

function readManifest() {
  try {
    return JSON.parse(readFileSync(MANIFEST, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw new Error(`guest/manifest.json cannot be read: ${error.message}`);
  }
}

/** Downloads and extracts every package. @param pinned manifest with the versions to use; undefined: the newest. */
function fetchPackages(pinned) {
  const apt = openApt({ directory: BUILD, log });
  const pins = new Map(pinned?.inputs.packages.map((entry) => [entry.name, entry]));
  const unknown = pinned ? PACKAGES.filter(({ name }) => !pins.has(name)) : [];
  if (unknown.length > 0) {
    throw new Error(
      `guest/manifest.json pins no version of ${unknown.map(({ name }) => name).join(", ")}: run with --update`,
    );
  }
  const wanted = PACKAGES.map(({ name }) => pins.get(name) ?? { name });
  if (!pinned || wanted.some((entry) => !apt.has(entry))) {
    log("fetching the package lists");
    apt.update();
    if (pinned) apt.require(wanted);
  }
  for (const image of new Set(PACKAGES.map((entry) => entry.image)))
    rmSync(tree(image), { recursive: true, force: true });
  return PACKAGES.map((entry) => {
    const pin = pins.get(entry.name) ?? { name: entry.name, version: apt.candidate(entry.name) };
    const deb = apt.download(pin);
    extractPackage(deb, tree(entry.image));
    return { ...entry, deb, extracted: tree(entry.image), ...describePackage(deb) };
  });
}

/** The packages of one image are extracted over each other, as dpkg would. */
function tree(image) {
  return join(BUILD, `tree-${image}`);
}

/** @returns {{ images: Record<keyof typeof IMAGES, Buffer>, unpackedSizes: Record<string, number> }} */
function buildImages(packages, tools, jobs) {
  const firmware = (name) => readFileSync(join(tree("bios"), "usr/share/seabios", name));
  const source = packages.find(({ image }) => image === "kernel");
  const kernel = buildKernel({
    source,
    config: join(GUEST, "kernel.config"),
    toolchain: tools,
    directory: BUILD,
    jobs,
    log,
  });
  const stubs = buildCurlStubs(join(GUEST, "stub/libcurl.c"), join(BUILD, "stub"));
  const archive = cpio(initrdEntries({ debian: tree("initrd"), files: join(GUEST, "files"), stubs }));
  // Unpacked by whoever loads it: in the guest that would be a third of the boot. -n: neither name nor time.
  const initrd = run("gzip", ["-9", "-n", "-c"], { input: archive });
  return {
    images: { bios: firmware(IMAGES.bios), vgaBios: firmware(IMAGES.vgaBios), kernel, initrd },
    unpackedSizes: { initrd: archive.length },
  };
}

/** What the manifest says of a package. */
function describeInput({ name, version, architecture, image, licence, source, builtUsing, deb }) {
  return {
    name,
    version,
    architecture,
    ...describeFile(deb),
    image,
    licence,
    source: {
      ...source,
      url: `https://snapshot.debian.org/package/${source.name}/${encodeURIComponent(source.version)}/`,
    },
    ...(builtUsing.length > 0 && { builtUsing }),
  };
}

function check(different, before, tools) {
  if (different.length === 0) return log("the same bytes as guest/images");
  explainTools(before, tools);
  throw new Error(`differs from guest/images: ${different.join(", ")}`);
}

function explainTools(before, tools) {
  for (const [name, version] of Object.entries(tools)) {
    const was = before?.inputs.toolchain[name];
    if (was !== version) log(`${name} was ${was} and is ${version}, which is enough to change the bytes`);
  }
}

try {
  main();
} catch (error) {
  console.error(`guest: ${error.message}`);
  process.exitCode = 1;
}
