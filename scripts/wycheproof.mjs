// Runs the test vectors of Wycheproof, which are not part of this project, on the crypto kernels (docs/suites.md). Says how many of
// each file came out as they say, and each that did not.
import { join, resolve } from "node:path";
import { ensureDependencies, readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: node scripts/wycheproof.mjs CHECKOUT
CHECKOUT is a clone of https://github.com/C2SP/wycheproof`;

await runCommand(async () => {
  const [checkout, ...more] = readCommandLine(USAGE, {}, { allowPositionals: true }).positionals;
  if (checkout === undefined || more.length > 0) throw new UserError(USAGE);
  await ensureDependencies();
  const { runnerImport } = await import("vite");
  const main = join(root, "asm/testkit/crypto/wycheproof.ts");
  const { module } = await runnerImport(main, { configFile: false, logLevel: "warn" });
  if (!(await module.wycheproof(join(resolve(checkout), "testvectors_v1")))) process.exitCode = 1;
});
