/** What of a run is done: a file that is written after each piece, so that nothing is done twice. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { readJson, replaceFile } from "../build/inputs.mjs";

/** @typedef {{ name: string, ok: boolean, seconds: number, said: string }} Done `said`: its last line */

export class Progress {
  #file;
  /** @type {{ begun: string, pieces: Done[] }} */
  #state;

  /**
   * @param {string} file
   * @param {{ restart?: boolean, now?: () => Date }} options `restart` forgets what was done
   */
  constructor(file, { restart = false, now = () => new Date() } = {}) {
    this.#file = file;
    const { begun, pieces } = restart ? {} : readJson(file);
    this.#state = Array.isArray(pieces) ? { begun, pieces } : { begun: now().toISOString(), pieces: [] };
  }

  /** @param {string} name of a piece */
  has(name) {
    return this.#state.pieces.some((piece) => piece.name === name);
  }

  /** @param {Done} piece */
  add(piece) {
    this.#state.pieces.push(piece);
    mkdirSync(dirname(this.#file), { recursive: true });
    replaceFile(this.#file, `${JSON.stringify(this.#state, null, 2)}\n`);
  }

  /** All runs of it together. */
  summary() {
    const { begun, pieces } = this.#state;
    const seconds = pieces.reduce((sum, piece) => sum + piece.seconds, 0);
    return {
      begun,
      pieces: pieces.length,
      failed: pieces.filter(({ ok }) => !ok).map(({ name }) => name),
      hours: seconds / 3600,
      first: pieces[0]?.name,
      last: pieces.at(-1)?.name,
    };
  }
}
