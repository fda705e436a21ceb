/** Where a TPM's state lies, in swtpm's words: a folder, or one file. */
import { statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { UsageError } from "./errors.ts";

export interface StateLocation {
  dir: string;
  /** Name of the state's file in there; undefined: the folder's own. */
  file?: string | undefined;
}

const FOLDER = "dir://";
const FILE = "file://";

/** @param uri dir://DIR or file://FILE. @throws UsageError */
export function locationOfUri(option: string, uri: string): StateLocation {
  const isFile = uri.startsWith(FILE);
  if (!isFile && !uri.startsWith(FOLDER)) throw new UsageError(`${option}${uri}: it begins with dir:// or file://.`);
  const path = uri.slice(isFile ? FILE.length : FOLDER.length);
  if (path === "" || (isFile && path.endsWith("/"))) throw new UsageError(`${option}${uri}: the path is missing.`);
  return isFile ? { dir: dirname(resolve(path)), file: basename(path) } : { dir: path };
}

/** @throws UsageError when there is something in the place of the file that can't be one. */
export function checkLocation(option: string, { dir, file }: StateLocation): void {
  if (file === undefined) return;
  const path = resolve(dir, file);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile()) return;
  if (stats.isDirectory()) throw new UsageError(`${option}: ${path} is a folder; give it as ${FOLDER}${path}.`);
  throw new UsageError(
    `${option}: ${path} is a device. A state is replaced by renaming a new file over the old one, which a device can't; give a folder with ${FOLDER}.`,
  );
}
