// `npm test`: sets everything up, then runs every check.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative, resolve } from "node:path";
import { build } from "./build.mjs";
import { ensureDependencies, readCommandLine, root, run, runCommand, UserError } from "./setup.mjs";
import { debianArm64, unpackDebianArm64 } from "./test/debianArm64.mjs";
import { debianKernelWith9p, unpackDebianKernel } from "./test/debianKernel.mjs";
import { filesOfVitest, ofPlaywright, ofVitest } from "./test/reports.mjs";

const USAGE = `usage: npm test [-- --unit | --e2e]
  --unit   the unit tests only
  --e2e    the browser tests only`;

/** Programs (or paths) that the tests compare with or drive, and the Debian packages that have them. */
const DEBIAN_PACKAGES = {
  chromium: "chromium",
  swtpm: "swtpm",
  swtpm_ioctl: "swtpm-tools",
  tpm2_eventlog: "tpm2-tools",
  "qemu-system-i386": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-system-ppc64": "qemu-system-ppc",
  "qemu-img": "qemu-utils",
  nasm: "nasm",
  "/usr/share/ovmf/OVMF.fd": "ovmf",
  "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd": "qemu-efi-aarch64",
  acpiexec: "acpica-tools",
  iasl: "acpica-tools",
  openssl: "openssl",
  "/usr/share/doc/tpm2-openssl": "tpm2-openssl",
  "clevis-encrypt-tpm2": "clevis-tpm2",
  python3: "python3",
  "grub-mkrescue": "grub-common",
  "/usr/lib/grub/i386-pc": "grub-pc-bin",
  xorriso: "xorriso",
  mformat: "mtools",
  tshark: "tshark",
  "/usr/lib/postgresql": "postgresql",
};

const onPath = (program) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(resolve(folder, program)));
const node = (script, ...args) => run(process.execPath, [join(root, script), ...args]);

/** Here every program that a test needs can be installed, so that no test may be left out. */
const isDebianRoot = process.platform === "linux" && process.getuid?.() === 0 && onPath("apt-get");

async function ensureSystemPackages() {
  if (!isDebianRoot) {
    if (onPath("chromium")) return;
    console.log("tabtpm: installing Playwright's browser ...");
    if ((await node("node_modules/@playwright/test/cli.js", "install", "chromium")) !== 0) {
      throw new UserError("Playwright could not install its Chromium; its messages are above.");
    }
    return;
  }
  const missing = Object.keys(DEBIAN_PACKAGES).filter((program) => !onPath(program));
  if (missing.length === 0) return;
  const packages = missing.map((program) => DEBIAN_PACKAGES[program]);
  console.log(`tabtpm: installing ${packages.join(", ")} with apt-get ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  if ((await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], { env })) !== 0) {
    throw new UserError(`apt-get could not install ${packages.join(", ")}; its messages are above.`);
  }
}

/** The kernels that tests boot, and what makes a guest of the one for another processor. */
function ensureDebianKernels() {
  if (!isDebianRoot) return;
  for (const [packages, find, unpack] of [
    ["linux-image-amd64", debianKernelWith9p, unpackDebianKernel],
    ["linux-image-cloud-arm64 and busybox-static:arm64", debianArm64, unpackDebianArm64],
  ]) {
    if (find(root)) continue;
    console.log(`tabtpm: unpacking what tests boot of ${packages} ...`);
    try {
      unpack(root);
    } catch (error) {
      throw new UserError(`what tests boot of ${packages} can't be had: ${error.message}`);
    }
  }
}

/** Runs vitest on one project and adds up its JSON report. */
async function vitest(project, reports) {
  const report = join(reports, `${project}.json`);
  const code = await node(
    "node_modules/vitest/vitest.mjs",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  );
  const read = readReport(report);
  const shorten = (file) => relative(root, file);
  return { name: `vitest ${project}`, code, files: filesOfVitest(read, shorten), ...ofVitest(read, shorten) };
}

/** So many files are named at the end, for who wonders where the time goes. */
const SLOWEST = 20;

/** Tests that judge what a busy machine does bring their own load, and have the machine to themselves. */
const ALONE = "@alone";

async function playwright(reports, name, ...args) {
  const report = join(reports, `${name}.json`);
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report };
  const code = await run(
    process.execPath,
    [join(root, "node_modules/@playwright/test/cli.js"), "test", "--reporter=list,json", ...args],
    { env },
  );
  return { name, code, ...ofPlaywright(readReport(report)) };
}

const readReport = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});

/** A checker that counts as one test. */
async function checker(name, script, ...args) {
  const code = await node(script, ...args);
  return { name, code, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], broken: [] };
}

await runCommand(async () => {
  const flags = readCommandLine(USAGE, { unit: { type: "boolean" }, e2e: { type: "boolean" } }).values;
  const [unitOnly, e2eOnly] = [flags.unit === true, flags.e2e === true];
  await ensureDependencies();
  if (!unitOnly) await ensureSystemPackages();
  if (!unitOnly && !e2eOnly) ensureDebianKernels();
  await build({ withPage: !unitOnly });
  const reports = mkdtempSync(join(tmpdir(), "tabtpm-test-"));
  const results = [];
  try {
    if (!unitOnly && !e2eOnly) {
      const checkers = [
        checker("biome", "node_modules/@biomejs/biome/bin/biome", "check", "."),
        checker("tsc", "node_modules/typescript/bin/tsc", "--noEmit"),
      ];
      results.push(...(await Promise.all(checkers)));
    }
    if (!e2eOnly) results.push(await vitest("unit", reports));
    if (!unitOnly && !e2eOnly) {
      results.push(await vitest("machines", reports));
      results.push(await vitest("crypto", reports));
      results.push(await vitest("crypto-relaxed", reports));
      // Each uses one processor most of the time.
      results.push(...(await Promise.all([vitest("integration", reports), vitest("walks", reports)])));
    }
    if (!unitOnly) {
      results.push(await playwright(reports, "playwright", "--workers=2", "--grep-invert", ALONE));
      results.push(await playwright(reports, "playwright-alone", "--grep", ALONE));
    }
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
  console.log("");
  const counted = ({ passed, failed, skipped }) =>
    `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`;
  for (const result of results)
    console.log(`${result.code === 0 ? "ok  " : "FAIL"} ${result.name}: ${counted(result)}`);
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const skipped = results.flatMap((result) => result.skipped);
  console.log(counted({ passed: sum("passed"), failed: sum("failed"), skipped }));
  const files = results.flatMap(({ name, files = [] }) => files.map((file) => ({ ...file, name })));
  for (const { file, seconds, name } of files.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST)) {
    console.log(`slowest: ${seconds.toFixed(0).padStart(4)} s ${name}: ${file}`);
  }
  for (const test of skipped) console.log(`skipped: ${test}`);
  for (const test of results.flatMap(({ flaky = [] }) => flaky)) console.log(`passed at the second try: ${test}`);
  // Last, where whoever sees only the end of a log sees it.
  for (const { name, broken } of results) for (const test of broken) console.log(`failed: ${name}: ${test}`);
  if (results.some(({ code }) => code !== 0)) process.exitCode = 1;
  if (isDebianRoot && skipped.length > 0) {
    throw new UserError("the tests above did not run, although all that they need can be installed here.");
  }
});
