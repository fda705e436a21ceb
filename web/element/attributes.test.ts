import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ATTRIBUTES, PANELS, readAttributes } from "./attributes.ts";

const BASE = "https://example.org/lesson/3.html";
const read = (attributes: Record<string, string>) => readAttributes((name) => attributes[name] ?? null, BASE);

describe("the attributes of <tab-tpm>", () => {
  test("have defaults: all panels, a TPM that is forgotten, one machine for the page", () => {
    expect(read({})).toEqual({
      panels: PANELS,
      machine: "",
      settings: { state: null, interface: "tis", memoryMiB: undefined, lesson: null, demo: null, addresses: {} },
      problems: [],
    });
  });

  test("choose panels, each once and in their order", () => {
    expect(read({ panels: " log  terminal\nlog " }).panels).toEqual(["log", "terminal"]);
  });

  test("name the machine by themselves, or by the state", () => {
    expect(read({ state: "lesson-3" })).toMatchObject({ machine: "lesson-3", settings: { state: "lesson-3" } });
    expect(read({ state: "lesson-3", machine: "left" })).toMatchObject({ machine: "left" });
  });

  test("a lesson has a machine of its own, whose TPM is forgotten with the page", () => {
    expect(read({ lesson: "pcrs" })).toMatchObject({
      machine: "lesson=pcrs",
      settings: { lesson: "pcrs", state: null },
    });
    expect(read({ lesson: "pcrs", state: "mine" }).settings).toMatchObject({ lesson: "pcrs", state: null });
    expect(read({ lesson: "pcrs", machine: "left" }).machine).toBe("left");
  });

  test("a demo has the same; beside a lesson it is not shown", () => {
    expect(read({ demo: "evil-maid", state: "mine" })).toMatchObject({
      machine: "demo=evil-maid",
      settings: { lesson: null, demo: "evil-maid", state: null },
    });
    expect(read({ demo: "bus", lesson: "pcrs" })).toMatchObject({
      machine: "lesson=pcrs",
      settings: { lesson: "pcrs", demo: null },
    });
  });

  test("are addresses relative to the document; a folder needs no slash at its end", () => {
    const { addresses } = read({ images: "../guest", wasm: "/tpm.wasm" }).settings;
    expect(addresses.images?.href).toBe("https://example.org/guest/");
    expect(addresses.wasm?.href).toBe("https://example.org/tpm.wasm");
  });

  test.each([
    [{ panels: "terminal prcs" }, "panels", 'there is no panel "prcs"; there are terminal, pcrs, trace and log'],
    [{ interface: "spi" }, "interface", 'interface is "tis" or "crb", not "spi": it is tis now'],
    [{ memory: "64" }, "memory", 'memory is a number of MiB, 96 to 2047, not "64": it is 128 now'],
    [{ memory: "much" }, "memory", 'not "much"'],
    [{ state: " " }, "state", "state needs a name"],
    [{ machine: "" }, "machine", "machine needs a name"],
    [{ lesson: "../pcrs" }, "lesson", 'not "../pcrs"'],
    [{ demo: "Bus" }, "demo", 'not "Bus"'],
    [{ demo: "bus", state: "mine" }, "state", "a demo has a TPM of its own"],
    [{ demo: "bus", lesson: "pcrs" }, "demo", "it is the lesson now"],
    [{ lesson: "pcrs", state: "mine" }, "state", "a lesson has a TPM of its own"],
    [{ worker: "http://" }, "worker", 'worker is no address: "http://"'],
  ])("%j: what can't be taken is said, with what could be", (attributes, attribute, sentence) => {
    const { problems } = read(attributes as Record<string, string>);
    expect(problems).toEqual([{ attribute, words: expect.stringContaining(sentence) }]);
  });

  test("whatever they are, there is something to show, and a reason for each that is left out", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...ATTRIBUTES), fc.string()), (attributes) => {
        const { panels, settings, problems } = read(attributes);
        const { memory, panels: names = "" } = attributes;
        expect(panels.length).toBeGreaterThan(0);
        expect(new Set(panels).size).toBe(panels.length);
        for (const name of names.split(/\s+/).filter(Boolean)) {
          const isShown = panels.some((panel) => panel === name);
          const isRefused = problems.some(({ words }) => words.includes(`"${name}"`));
          expect(isShown || isRefused).toBe(true);
        }
        if (memory !== undefined) {
          expect(settings.memoryMiB !== undefined).toBe(!problems.some(({ attribute }) => attribute === "memory"));
        }
      }),
    );
  });
});
