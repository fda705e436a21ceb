import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bridge } from "./en/bridge.ts";
import { demos } from "./en/demos.ts";
import { element } from "./en/element.ts";
import { explorerTree } from "./en/explorerTree.ts";
import { historyDialog } from "./en/historyDialog.ts";
import { en } from "./en/index.ts";
import { learnDrawer } from "./en/learnDrawer.ts";
import { passphrase } from "./en/passphrase.ts";
import { snapshots } from "./en/snapshots.ts";
import { tpmsDialog } from "./en/tpmsDialog.ts";
import { verifier } from "./en/verifier.ts";

const web = fileURLToPath(new URL("..", import.meta.url));
/** What the page is made of, without its words and its tests. */
const sources = readdirSync(web, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !/^words\/(en|de)\//.test(path))
  .map((path) => readFileSync(join(web, path), "utf8"));

/**
 * Words that nothing asks for: `area.name`. Whether something does is told by the name, in a file that has the area's name as well; what lies below a
 * name is chosen by what it is about and not looked at.
 * @param texts of modules
 */
function unusedWords(catalogue: object, texts: readonly string[]): string[] {
  return Object.entries(catalogue).flatMap(([area, part]) => {
    // One for each of what the library has, by its name: the types hold them complete.
    if (texts.some((text) => new RegExp(`\\b${area}\\[[^\`]`).test(text))) return [];
    const near = texts.filter((text) => new RegExp(`\\b${area}\\b`).test(text));
    const isUsed = (name: string) =>
      near.some((text) => new RegExp(`\\b${name}\\b`).test(text) || madeOf(text).some((pattern) => pattern.test(name)));
    return Object.keys(part as object)
      .filter((name) => !isUsed(name))
      .map((name) => `${area}.${name}`);
  });
}

/** Names that are put together: `${kind}Label`. */
const madeOf = (text: string) =>
  [...text.matchAll(/\[`([a-zA-Z]*)\$\{[^}]+\}([a-zA-Z]*)`\]/g)].map(
    ([, head, tail]) => new RegExp(`^${head}.+${tail}$`),
  );

test("nothing is said in vain: every sentence of the catalogue is asked for somewhere", () => {
  expect(unusedWords(en, sources)).toEqual([]);
});

// They are fetched with what says them, and in no catalogue.
test.each([
  ["bridgeWords", bridge],
  ["demoWords", demos],
  ["snapshotWords", snapshots],
  ["verifierWords", verifier],
  ["passphraseWords", passphrase],
  ["elementWords", element],
  ["learnWords", learnDrawer],
  ["explorerWords", explorerTree],
  ["historyDialogWords", historyDialog],
  ["tpmsDialogWords", tpmsDialog],
])("nor is what %s has, nor what its parts have", (words, catalogue) => {
  expect(unusedWords({ [words]: catalogue }, sources)).toEqual([]);
  const parts = Object.entries(catalogue).filter(([, part]) => typeof part === "object" && !Array.isArray(part));
  const near = sources.filter((text) => text.includes(words));
  expect(unusedWords(Object.fromEntries(parts), near)).toEqual([]);
});

test("a sentence that nothing asks for is found", () => {
  const catalogue = { a: { asked: "", copyTitle: "", forgotten: "" }, b: { asked: "" }, c: { any: "" } };
  const text = "const { asked } = words().a; words().a[`$" + "{kind}Title`]; words().c[kind]";
  expect(unusedWords(catalogue, [text, "forgotten"])).toEqual(["a.forgotten", "b.asked"]);
});
