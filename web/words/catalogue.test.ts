import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeBoot } from "../../src/index.ts";
import { bridge as germanBridge } from "./de/bridge.ts";
import { demos as germanDemos } from "./de/demos.ts";
import { element as germanElement } from "./de/element.ts";
import { events as germanEvents } from "./de/events.ts";
import { explorerTree as germanExplorerTree } from "./de/explorerTree.ts";
import { historyDialog as germanHistoryDialog } from "./de/historyDialog.ts";
import { de } from "./de/index.ts";
import { learnDrawer as germanLearnDrawer } from "./de/learnDrawer.ts";
import { passphrase as germanPassphrase } from "./de/passphrase.ts";
import { snapshots as germanSnapshots } from "./de/snapshots.ts";
import { tpmsDialog as germanTpmsDialog } from "./de/tpmsDialog.ts";
import { verifier as germanVerifier } from "./de/verifier.ts";
import { bridge as englishBridge } from "./en/bridge.ts";
import { demos as englishDemos } from "./en/demos.ts";
import { element as englishElement } from "./en/element.ts";
import { events as englishEvents } from "./en/events.ts";
import { explorerTree as englishExplorerTree } from "./en/explorerTree.ts";
import { historyDialog as englishHistoryDialog } from "./en/historyDialog.ts";
import { en } from "./en/index.ts";
import { learnDrawer as englishLearnDrawer } from "./en/learnDrawer.ts";
import { passphrase as englishPassphrase } from "./en/passphrase.ts";
import { snapshots as englishSnapshots } from "./en/snapshots.ts";
import { tpmsDialog as englishTpmsDialog } from "./en/tpmsDialog.ts";
import { verifier as englishVerifier } from "./en/verifier.ts";

type Said = string | ((...values: never[]) => unknown);

/** `area.name.name`: what is said there. */
function* said(part: object, path = ""): Generator<[path: string, said: Said]> {
  for (const [name, value] of Object.entries(part)) {
    const here = path === "" ? name : `${path}.${name}`;
    if (typeof value === "object" && value !== null) yield* said(value, here);
    else if (value !== null) yield [here, value];
  }
}

/** The sentences on why the TPM refused take what the core has noted, of many shapes: only that both languages have them is looked at here. */
const isOfReasons = (path: string) => path.startsWith("reasons.");

// The library's own sentences are the English ones; words/reasons.test.ts holds the German ones to them.
const own = {
  ...de,
  bridge: germanBridge,
  demos: germanDemos,
  passphrase: germanPassphrase,
  events: germanEvents,
  learnDrawer: germanLearnDrawer,
  element: germanElement,
  explorerTree: germanExplorerTree,
  historyDialog: germanHistoryDialog,
  tpmsDialog: germanTpmsDialog,
  snapshots: germanSnapshots,
  verifier: germanVerifier,
  reasons: { ...de.reasons, sentences: null },
};
// What the demos say is fetched with them, and in no catalogue.
const english = new Map(
  said({
    ...en,
    bridge: englishBridge,
    demos: englishDemos,
    passphrase: englishPassphrase,
    events: englishEvents,
    learnDrawer: englishLearnDrawer,
    element: englishElement,
    explorerTree: englishExplorerTree,
    historyDialog: englishHistoryDialog,
    tpmsDialog: englishTpmsDialog,
    snapshots: englishSnapshots,
    verifier: englishVerifier,
  }),
);
const german = new Map(said(own));
const plain = [...english].filter(([path]) => !isOfReasons(path));

/** The same in both languages, because it is the field's own or a name. */
const SAME = new Set([
  "snapshots.passphrase",
  // Names of fields and units.
  "demos.rollback.table.what",
  "demos.rollback.report.clock",
  "demos.rollback.report.resetCount",
  "demos.rollback.report.milliseconds",
  "demos.chain.names.firmware",
  "demos.chain.names.initrd",
  "demos.chain.names.kernel",
  "demos.chain.pcr",
  "events.initrd.name",
  "explorerTree.hierarchies.endorsement",
  "explorerTree.hierarchies.null",
  "files.decimals",
  "files.problem",
  "header.names.tpm",
  "header.stages.bios",
  "historyDialog.bank",
  "historyDialog.ima",
  "historyDialog.seconds",
  "historyDialog.stepNames.EventSequenceComplete",
  "historyDialog.stepNames.PCR_Event",
  "historyDialog.stepNames.PCR_Extend",
  "historyDialog.stepNames.PCR_Reset",
  "historyDialog.stepNames.Startup",
  "machine.timeline.seconds",
  "media.names.cdrom",
  "media.names.initrd",
  "media.names.kernel",
  "pcrs.title",
  "pcrs.usages.10",
  "progress.stages.bios",
  "progress.stages.kernel",
  "progress.stages.shell",
  "progress.stages.tpm",
  "terminal.escape",
  "terminal.tab",
  "tpms.button",
  "tpmsDialog.list",
  "tpmsDialog.name",
  "trace.nvKinds.PIN fail",
  "trace.nvKinds.PIN pass",
  "trace.pcr",
  "trace.problem",
  "trace.wireshark",
  "verifier.challenge.nonce",
  "verifier.known.ek",
  "verifier.known.policy",
]);

/** A value that can be found again: as text, a number or a list of it; its members are such, too. */
function marked(name: string): unknown {
  const mark = `⟦${name}⟧`;
  const value = Object.assign([mark], { toFixed: () => mark, replace: () => mark });
  return new Proxy(value, {
    get: (target, member) =>
      typeof member === "symbol" || member in target ? Reflect.get(target, member) : marked(member),
  });
}

/** What a function of the catalogue makes of values that can be found again. */
function spoken(sentence: Said): string {
  if (typeof sentence === "string") return sentence;
  const values = Array.from({ length: 8 }, (_, place) => marked(`${place}`));
  return [(sentence as (...values: unknown[]) => unknown)(...values)].flat(3).join("|");
}
const marks = (text: string) => [...new Set(text.match(/⟦[^⟧]+⟧/g))].sort();

describe("German beside English", () => {
  test("has a word for each word", () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [path, sentence] of english) expect(typeof german.get(path), path).toBe(typeof sentence);
  });

  test("is another language, but for the field's own terms", () => {
    const same = plain.filter(([path, sentence]) => spoken(sentence) === spoken(german.get(path)!));
    expect(same.map(([path]) => path).filter((path) => !SAME.has(path))).toEqual([]);
    expect([...SAME].filter((path) => !same.some(([found]) => found === path))).toEqual([]);
  });

  test("says all that it is given, and nothing is empty", () => {
    for (const [path, sentence] of plain) {
      const own = spoken(german.get(path)!);
      expect(own.trim(), path).not.toBe("");
      expect(marks(own), path).toEqual(marks(spoken(sentence)));
    }
  });
});

test("what the page says of a boot in English is what the library says of it", () => {
  const handover = fc.record({
    measurements: fc.option(fc.nat(3)),
    firmwareMeasurements: fc.nat(1),
    logProblem: fc.option(fc.string({ minLength: 1 })),
    hierarchiesOff: fc.option(fc.boolean()),
    unexplained: fc.option(fc.array(fc.nat(9))),
    unlogged: fc.array(fc.string({ minLength: 1 })),
    banks: fc.record({ onlyLog: fc.subarray(["SHA-1", "SHA-256"]), onlyTpm: fc.subarray(["SHA-384"]) }),
    unchecked: fc.option(fc.string({ minLength: 1 })),
  });
  const evidence = fc.record({
    stage: fc.constantFrom("kernel" as const, "shell" as const),
    firmware: fc.record({
      started: fc.boolean(),
      gaveUp: fc.boolean(),
      failure: fc.option(fc.string({ minLength: 1 })),
    }),
    handover,
    linuxCommands: fc.nat(1),
  });
  const seen = new Set<string>();
  fc.assert(
    fc.property(evidence, (boot) => {
      for (const { kind, sentence, about } of judgeBoot(boot)) {
        seen.add(kind);
        expect(en.findings[kind](about)).toBe(sentence);
      }
    }),
    { numRuns: 300 },
  );
  expect([...seen].sort()).toEqual(Object.keys(en.findings).sort());
});
