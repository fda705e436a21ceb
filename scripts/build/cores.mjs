/**
 * The builds of the core from the one source: with the instructions of WebAssembly that every engine has, and with those of
 * relaxed SIMD (`ASC_FEATURE_RELAXED_SIMD` in the source) for engines and processors that have a fused multiply-add.
 */

/**
 * @typedef {object} Core
 * @property {string} file its name in dist/engine and src/engine
 * @property {readonly string[]} options of the compiler, besides those of asconfig.json
 */

/** @type {readonly Core[]} */
export const CORES = [
  { file: "tabtpm.wasm", options: [] },
  { file: "tabtpm-relaxed.wasm", options: ["--enable", "relaxed-simd"] },
];

/** Where the library and where what runs from the sources looks for them. */
export const CORE_FOLDERS = ["dist/engine", "src/engine"];
/** Paths from the project's folder. */
export const CORE_FILES = CORES.flatMap(({ file }) => CORE_FOLDERS.map((folder) => `${folder}/${file}`));
/** Those that are beside the sources. */
export const SOURCE_CORES = CORES.map(({ file }) => `src/engine/${file}`);
