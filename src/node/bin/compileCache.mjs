import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import module from "node:module";
import { dirname, isAbsolute, join } from "node:path";

/** Write permission of a group and of everybody, and the bit by which only owners remove what is theirs. */
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Lets Node keep what it compiles of the commands (22.1 and newer), in the user's own folder for such things. Whoever can write there
 * says what the next command does: where anybody else could, nothing is kept. Where it can't be written, neither. What
 * NODE_COMPILE_CACHE says has come first.
 */
export function keepCompiled() {
  if (module.enableCompileCache === undefined || process.env.NODE_COMPILE_CACHE) return;
  const folder = cacheFolder(process.env);
  if (folder === undefined) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isOwn(folder, process.getuid?.())) module.enableCompileCache(folder);
  } catch {
    // It is for speed only.
  }
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} undefined for a user without a home
 */
export function cacheFolder({ XDG_CACHE_HOME, HOME }) {
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, "tabtpm");
  return HOME && isAbsolute(HOME) ? join(HOME, ".cache", "tabtpm") : undefined;
}

/**
 * @param {string} folder
 * @param {number | undefined} uid undefined on Windows, whose permissions these are not
 * @returns {boolean} whether nobody but this user and root can put anything there, or another folder in its place
 */
export function isOwn(folder, uid) {
  if (uid === undefined || lstatSync(folder).isSymbolicLink()) return false;
  const path = realpathSync(folder);
  const own = lstatSync(path);
  if (!own.isDirectory() || own.uid !== uid || own.mode & OTHERS_WRITE) return false;
  for (let above = dirname(path); ; above = dirname(above)) {
    const { uid: owner, mode } = lstatSync(above);
    if ((owner !== uid && owner !== 0) || (mode & OTHERS_WRITE && !(mode & STICKY))) return false;
    if (above === dirname(above)) return true;
  }
}
