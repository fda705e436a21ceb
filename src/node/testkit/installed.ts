import { existsSync } from "node:fs";
import { delimiter, resolve } from "node:path";

/**
 * Whether all of these programs (or absolute paths) are there. Tests that compare with other people's programs run where they are
 * installed; `npm test` installs them on Debian, and there a test that did not run is a failure.
 */
export function isInstalled(...programs: string[]): boolean {
  const { PATH = "" } = process.env;
  const folders = PATH.split(delimiter);
  return programs.every((program) => folders.some((folder) => existsSync(resolve(folder, program))));
}
