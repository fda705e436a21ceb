/**
 * What a build step reads, as one hash. To read 3 MB at each start of the command would be slow, so it is remembered which
 * sizes and times the files had when they were hashed (dist/.inputs.json): while these are the same, the hash is. What was
 * only touched, or checked out and back, gets the same hash and is not built again.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file changed twice within this time may have the same size and times both times (FAT counts in two seconds). */
const CLOCK_GRAIN_MS = 2000;

/** Tests and their helpers, what is generated and what is built: no step's input unless it is named. */
const NOT_SOURCE = /\.test\.tsx?$|\.wasm$|\/(testdata|testkit|generated)(\/|$)/;

/** @param {string} path relative to the root, with slashes */
export const isSource = (path) => !NOT_SOURCE.test(path);

/**
 * The files that an input stands for, in an order that is always the same. Written for speed: each start waits for it.
 * @param {string} root
 * @param {string} path a file, taken whatever its name is, or a folder, whose sources are taken
 * @returns {{ path: string, status: import("node:fs").Stats }[]} none when there is no such file
 */
export function filesOf(root, path) {
  const files = [];
  const status = statSync(join(root, path), { throwIfNoEntry: false });
  if (status?.isDirectory()) addSources(`${root}/`, path, files);
  else if (status !== undefined) files.push({ path, status });
  return files;
}

function addSources(prefix, folder, files) {
  const entries = readdirSync(prefix + folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (!isSource(path)) continue;
    if (entry.isDirectory()) {
      addSources(prefix, path, files);
      continue;
    }
    // An editor's temporary file may be gone already.
    const status = statSync(prefix + path, { throwIfNoEntry: false });
    if (status !== undefined) files.push({ path, status });
  }
}

export class Inputs {
  #root;
  #file;
  #now;
  /** Input -> its files and when they were looked at. */
  #seen = new Map();
  /** Name of a step -> what its files looked like, and their hash. */
  #known;
  #isChanged = false;

  /**
   * @param {string} root
   * @param {() => number} now milliseconds, as files' times
   */
  constructor(root, now = Date.now) {
    this.#root = root;
    this.#file = join(root, "dist", ".inputs.json");
    this.#now = now;
    this.#known = readJson(this.#file);
  }

  /**
   * @param {string} name of the step
   * @param {readonly string[]} paths files and folders
   * @returns {string} the hash of their names and contents
   */
  hashOf(name, paths) {
    const looks = paths.map((path) => this.#look(path));
    const marks = looks.map(({ mark }) => mark).join("\n");
    const known = this.#known[name];
    if (known?.marks === marks) return known.hash;
    // Loaded only here: most starts get by without.
    const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
    for (const { path } of looks.flatMap(({ files }) => files)) {
      hash
        .update(path)
        .update("\0")
        .update(readFileSync(join(this.#root, path)))
        .update("\0");
    }
    const digest = hash.digest("hex");
    if (looks.every(({ isSettled }) => isSettled)) {
      this.#known[name] = { marks, hash: digest };
      this.#isChanged = true;
    }
    return digest;
  }

  /** After something was built: what was looked at may have changed. */
  lookAgain() {
    this.#seen.clear();
  }

  /** Keeps what was found out. Where it can't be written, the next start finds it out again. */
  save() {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    try {
      replaceFile(this.#file, JSON.stringify(this.#known));
    } catch {
      // As said above.
    }
  }

  #look(input) {
    let look = this.#seen.get(input);
    if (look) return look;
    const now = this.#now();
    const files = filesOf(this.#root, input);
    const mark = files
      .map(({ path, status: { size, mtimeMs, ctimeMs } }) => `${path} ${size} ${mtimeMs} ${ctimeMs}`)
      .join("\n");
    const newest = files.reduce((time, { status: { mtimeMs, ctimeMs } }) => Math.max(time, mtimeMs, ctimeMs), 0);
    look = { files, mark, isSettled: newest < now - CLOCK_GRAIN_MS };
    this.#seen.set(input, look);
    return look;
  }
}

/** @returns {Record<string, any>} what a file holds; nothing when it is not there or damaged */
export function readJson(file) {
  try {
    return Object(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {};
  }
}

/** Whoever reads the file meanwhile sees the old content or the new one. */
export function replaceFile(file, content) {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
