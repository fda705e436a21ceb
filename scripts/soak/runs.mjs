/**
 * The long runs. Each is a row of pieces, one process each, that follow from a seed or from a list: the next piece is the same
 * whoever asks, so that a run goes on where it ended. What `npm test` has of each is said in docs/soak.md.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { root, UserError } from "../setup.mjs";

/** Streams of one piece of the differential run, and minutes of one of the fuzzer. */
const STREAMS = 14;
const MINUTES = 10;
/** Of one piece of the fleet's run, on each store. */
const KILLS = 100;
/** Of one piece of the tabs' run. */
const ROUNDS = 100;
/** More streams than the fuzzer gets through in a piece: no seed is tried twice. */
const FUZZ_SEEDS = 100_000;

const PLAYWRIGHT = ["node_modules/@playwright/test/cli.js", "test"];

/**
 * @typedef {object} Piece
 * @property {string} name what it is recorded under
 * @property {readonly string[]} args of Node, in the clone's folder
 * @property {Record<string, string>} [env]
 *
 * @typedef {object} Options
 * @property {number} seed
 * @property {number} [rounds] of all pieces together, where a run has rounds; without it there is no end
 * @property {string} [checkout] of other people's tests
 *
 * @typedef {object} Run
 * @property {string} what one line for the user
 * @property {readonly string[]} needs programs: without them nothing would be tried
 * @property {boolean} [endsAtFailure] a piece that failed is the last one
 * @property {(options: Options) => Iterable<Piece>} pieces
 */

function* seeds(first, step) {
  for (let seed = first; ; seed += step) yield seed;
}

/** The mutation has its own memory of what was tried; a run of it is one piece. */
function mutation(area) {
  return {
    what: `mutants of ${area}: does a test fail? (docs/mutation.md)`,
    needs: [],
    pieces: ({ seed }) => [
      { name: `seed ${seed}`, args: ["scripts/mutate.mjs", "--area", area, "--seed", `${seed}`, "--resume"] },
    ],
  };
}

/** The same test of the page again and again: a page's chances have no seed. */
function inBrowser(what, file, variable, times) {
  return {
    what,
    needs: [],
    *pieces({ seed }) {
      for (let piece = seed; ; piece++) {
        yield { name: `${piece}, ${times} of each`, args: [...PLAYWRIGHT, file], env: { [variable]: `${times}` } };
      }
    },
  };
}

/** @type {Record<string, Run>} */
export const runs = {
  fuzz: {
    what: "streams of commands by a grammar, and arbitrary octets: no trap, no hang, no trace of a failed command",
    needs: [],
    *pieces({ seed }) {
      for (const first of seeds(seed, FUZZ_SEEDS)) {
        const args = ["scripts/fuzz.mjs", "--minutes", `${MINUTES}`, "--seed", `${first}`];
        yield { name: `seed ${first}`, args };
      }
    },
  },
  differential: {
    what: "the same streams of commands on swtpm: the same answers",
    needs: ["swtpm"],
    *pieces({ seed }) {
      const file = "differential.integration.test.ts";
      for (const first of seeds(seed, STREAMS)) {
        const env = { DIFFERENTIAL_SEED: `${first}`, DIFFERENTIAL_STREAMS: `${STREAMS}` };
        const args = ["node_modules/vitest/vitest.mjs", "run", "--project", "integration", file];
        yield { name: `seeds ${first} to ${first + STREAMS - 1}`, args, env };
      }
    },
  },
  "mutate-crypto": mutation("crypto"),
  "mutate-tpm": mutation("tpm"),
  "mutate-src": mutation("src"),
  "mutate-machine": mutation("machine"),
  busy: inBrowser("boots with 6 times CPU throttling beside two busy processes", "busy.spec.ts", "BUSY_BOOTS", 4),
  orderly: inBrowser(
    "reloads, closes and resets at the prompt: how many were orderly",
    "orderly.spec.ts",
    "ORDERLY_TIMES",
    50,
  ),
  lessons: {
    what: "every lesson by clicks in Chromium, wrong turns and all, and after them the demos",
    needs: [],
    *pieces() {
      for (const file of readdirSync(join(root, "web/lessons")).sort()) {
        const name = file.replace(/\.md$/, "");
        if (name === file) continue;
        yield { name, args: [...PLAYWRIGHT, "learn.spec.ts", "--grep", "@walk"], env: { LESSONS: name } };
      }
      yield { name: "the demos", args: [...PLAYWRIGHT, "demos.spec.ts", "remote.spec.ts"] };
    },
  },
  fleet: {
    what: "kill -9 of fleets and their database while TPMs count: nothing that was acknowledged is lost (docs/fleet.md)",
    needs: ["/usr/lib/postgresql"],
    *pieces({ seed }) {
      for (const piece of seeds(seed, 1)) {
        const env = { FLEET_SEED: `${piece}`, FLEET_KILLS: `${KILLS}` };
        const args = ["node_modules/vitest/vitest.mjs", "run", "--project", "integration", "kills.integration.test.ts"];
        yield { name: `seed ${piece}, ${KILLS} kills of each store`, args, env };
      }
    },
  },
  tabs: {
    what: "tabs and Chromium are killed while a TPM moves between tabs: it is in one place, with all that was acknowledged",
    needs: [],
    endsAtFailure: true,
    *pieces({ seed, rounds = Number.POSITIVE_INFINITY }) {
      for (let piece = seed, left = rounds; left > 0; piece++, left -= ROUNDS) {
        const kills = Math.min(left, ROUNDS);
        const args = ["scripts/soak/tabs.mjs", "--seed", `${piece}`, "--rounds", `${kills}`];
        yield { name: `seed ${piece}, ${kills} kills`, args };
      }
    },
  },
  "tpm2-tools": {
    what: "the integration scripts of a checkout of tpm2-tools (--checkout DIR; docs/tpm2-tools.md)",
    needs: ["tpm2", "tpm2-abrmd", "dbus-run-session"],
    *pieces({ checkout }) {
      const tests = checkout && join(resolve(checkout), "test/integration/tests");
      if (!tests || !existsSync(tests)) {
        throw new UserError(
          "this run needs --checkout DIR, a checkout of tpm2-tools; docs/tpm2-tools.md has the command.",
        );
      }
      for (const file of readdirSync(tests).sort()) {
        const name = file.replace(/\.sh$/, "");
        if (name === file) continue;
        yield { name, args: ["scripts/tpm2-tools-suite.mjs", resolve(checkout), name] };
      }
    },
  },
};
