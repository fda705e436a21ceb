#!/usr/bin/env node
// Builds the guest's images from Debian packages: npm run guest:build [-- --update | --check]
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openApt } from "./recipe/apt.mjs";
import { buildBusybox } from "./recipe/busybox.mjs";
import { cpio } from "./recipe/cpio.mjs";
import { buildCurlStubs } from "./recipe/curl-stub.mjs";
import { describePackage, describeSource, extractPackage, extractSource } from "./recipe/deb.mjs";
import { describeFile, sha256 } from "./recipe/hash.mjs";
import { initrdEntries } from "./recipe/initrd.mjs";
import { buildKernel } from "./recipe/kernel.mjs";
import { writeLicences } from "./recipe/licences.mjs";
import { ARCHIVES, describeOwnInputs, IMAGES, makeManifest } from "./recipe/manifest.mjs";
import { PACKAGES } from "./recipe/packages.mjs";
import { assembleRom } from "./recipe/rom.mjs";
import { run } from "./recipe/run.mjs";
import { tar } from "./recipe/tar.mjs";
import { checkPrograms, staticLibc, toolchain } from "./recipe/toolchain.mjs";
import { toolNames, toolsEntries } from "./recipe/tools.mjs";

const HELP = `Builds the Linux guest: firmware, kernel, initramfs and rare tools, from Debian packages. Runs on Debian, without root.

  npm run guest:build               the versions in guest/manifest.json -> guest/images
  npm run guest:build -- --update   the versions that the archive has now, and a new guest/manifest.json
  npm run guest:build -- --check    builds, compares with guest/images, changes nothing
  npm run guest:build -- --rom      the option ROM alone, which takes nasm only

  --jobs N   processes for the kernel (default: one per processor)
`;

const GUEST = fileURLToPath(new URL(".", import.meta.url));
const BUILD = join(GUEST, "build");
const MANIFEST = join(GUEST, "manifest.json");
/** Image or archive -> file in guest/images. */
const FILES = { ...IMAGES, ...ARCHIVES };
const log = (line) => console.log(`guest: ${line}`);

function main() {
  const { values } = parseArgs({
    options: {
      update: { type: "boolean" },
      check: { type: "boolean" },
      rom: { type: "boolean" },
      jobs: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return console.log(HELP);
  const jobs = values.jobs === undefined ? undefined : Number(values.jobs);
  if (jobs !== undefined && !(Number.isInteger(jobs) && jobs > 0))
    throw new Error(`--jobs ${values.jobs}: not a number`);

  const before = readManifest();
  if (values.rom && before) return buildRom(before);
  checkPrograms();
  if (!before && !values.update) {
    throw new Error(
      "guest/manifest.json is not there: restore it (git checkout guest), or make a new one with --update",
    );
  }
  const packages = fetchPackages(values.update ? undefined : before);
  const tools = toolchain();
  const { images, unpackedSizes } = buildImages(packages, tools, jobs);

  const described = { ...before?.images, ...before?.archives };
  const different = Object.keys(FILES).filter((image) => sha256(images[image]) !== described[image]?.sha256);
  if (values.check) return check(different, before, tools);

  rmSync(join(GUEST, "images"), { recursive: true, force: true });
  mkdirSync(join(GUEST, "images"));
  for (const [image, file] of Object.entries(FILES)) writeFileSync(join(GUEST, "images", file), images[image]);
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

const assemble = () => assembleRom({ source: join(GUEST, "rom"), output: join(BUILD, IMAGES.rom) });

/** The other images stay what they are, and so does what the manifest says of their inputs. */
function buildRom(manifest) {
  mkdirSync(BUILD, { recursive: true });
  const file = join(GUEST, "images", IMAGES.rom);
  writeFileSync(file, assemble());
  Object.assign(manifest.images.rom, describeFile(file));
  const isRom = ({ path }) => path.startsWith("rom/");
  const files = [
    ...manifest.inputs.files.filter((entry) => !isRom(entry)),
    ...describeOwnInputs(GUEST).filter(isRom),
  ];
  manifest.inputs.files = files.sort((a, b) => (a.path < b.path ? -1 : 1));
  writeFileSync(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
  log(`${IMAGES.rom} in guest/images, ${manifest.images.rom.size} bytes`);
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
  const wanted = PACKAGES.map(({ name, source }) => ({ ...(pins.get(name) ?? { name }), source }));
  if (!pinned || wanted.some((entry) => !apt.has(entry))) {
    log("fetching the package lists");
    apt.update();
    if (pinned) apt.require(wanted);
  }
  for (const image of new Set(PACKAGES.map((entry) => entry.image)))
    rmSync(tree(image), { recursive: true, force: true });
  return PACKAGES.map((entry) => {
    const { name, source } = entry;
    const pin = pins.get(name) ?? { name, version: apt.candidate(entry) };
    const deb = apt.download({ ...pin, source });
    if (source) {
      extractSource(deb, tree(name));
      return { ...entry, deb, extracted: tree(name), ...describeSource(deb, [staticLibc()]) };
    }
    extractPackage(deb, tree(entry.image));
    return { ...entry, deb, extracted: tree(entry.image), ...describePackage(deb) };
  });
}

/** The packages of one image are extracted over each other, as dpkg would; a source package has a folder of its own. */
function tree(name) {
  return join(BUILD, `tree-${name}`);
}

/** @returns {{ images: Record<keyof typeof FILES, Buffer>, unpackedSizes: Record<string, number> }} */
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
  const busybox = buildBusybox({
    source: packages.find(({ name }) => name === "busybox"),
    config: join(GUEST, "busybox.config"),
    toolchain: { ...tools, libc: staticLibc() },
    directory: BUILD,
    jobs,
    log,
  });
  const stubs = buildCurlStubs(join(GUEST, "stub/libcurl.c"), join(BUILD, "stub"));
  const from = { debian: tree("initrd"), tools: tree("tools"), busybox, files: join(GUEST, "files"), stubs };
  const entries = initrdEntries({ ...from, rareTools: [] });
  const rare = toolsEntries(from, new Set(entries.map(({ path }) => path)));
  const unpacked = {
    initrd: cpio(initrdEntries({ ...from, rareTools: toolNames(rare) })),
    tools: tar(rare),
  };
  // Unpacked by whoever loads it: in the guest that would be a third of the boot. -n: neither name nor time.
  const gzip = (archive) => run("gzip", ["-9", "-n", "-c"], { input: archive });
  return {
    images: {
      bios: firmware(IMAGES.bios),
      vgaBios: firmware(IMAGES.vgaBios),
      rom: assemble(),
      kernel,
      initrd: gzip(unpacked.initrd),
      tools: gzip(unpacked.tools),
    },
    unpackedSizes: { initrd: unpacked.initrd.length, tools: unpacked.tools.length },
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
