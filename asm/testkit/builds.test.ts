/** The two builds of the core beside each other: they answer alike, and each goes on from what the other has saved. */
import { describe, expect, it } from "vitest";
import { createTpmOn } from "../../src/engine/create.ts";
import { nodePlatform } from "../../src/engine/node.ts";
import { BUILDS, type Build } from "./build.ts";
import { command, compiledCore, hex, Response, TestTpm, u16 } from "./harness.ts";
import { CC } from "./names.ts";
import { createPrimary, readPublic, rsa, STORAGE } from "./objects.ts";
import { type Step, transcriptSteps } from "./transcriptSteps.ts";

const steps = transcriptSteps();
const startup = command(CC.Startup, [], [u16(0)]);
const otherThan = (build: Build): Build => (build === "plain" ? "relaxed" : "plain");
const answersOf = (tpm: TestTpm, some: readonly Step[]) =>
  some.map((step) => `${step.name}: ${hex(tpm.run(step.command, step.locality).bytes)}`);

describe("the builds of the core", () => {
  it("are two", () => {
    const [plain, relaxed] = BUILDS.map((build) => compiledCore(build));
    expect(WebAssembly.Module.exports(relaxed!)).toEqual(WebAssembly.Module.exports(plain!));
    expect(WebAssembly.Module.imports(relaxed!)).toEqual(WebAssembly.Module.imports(plain!));
  });

  it.each([0, 1])(
    "answer every step of the transcript alike from the same entropy, and have the same state, profile %i",
    (profile) => {
      const [plain, relaxed] = BUILDS.map((build) => new TestTpm({ build, profile })) as [TestTpm, TestTpm];
      for (const step of steps) {
        const [ours, theirs] = [plain, relaxed].map((tpm) => answersOf(tpm, [step]));
        expect(theirs).toEqual(ours);
        expect(relaxed.stateHash(), step.name).toBe(plain.stateHash());
      }
      expect(hex(relaxed.save())).toBe(hex(plain.save()));
    },
  );

  const cuts = [0.1, 0.35, 0.6, 0.85].map((part) => Math.floor(part * steps.length));
  describe.each(BUILDS)("%s", (build) => {
    it.each(cuts)("saved after step %i, goes on in the other one as in its own", (cut) => {
      const tpm = new TestTpm({ build });
      answersOf(tpm, steps.slice(0, cut));
      const [permanent, volatile] = [tpm.save(), tpm.saveVolatile()];
      const [own, other] = [build, otherThan(build)].map((each) =>
        answersOf(TestTpm.resumed(permanent, volatile, { build: each }), steps.slice(cut)),
      );
      expect(other).toEqual(own);
    });

    it("finishes a command in flight before its state is taken to the other one", async () => {
      const open = (of: Build) =>
        createTpmOn(nodePlatform, { store: { kind: "memory" }, thread: "inline", wasm: compiledCore(of) });
      const [first, second] = [open(build), open(otherThan(build))];
      await first.powerOn();
      expect(new Response(await first.execute(startup)).rc).toBe(0);
      let isAnswered = false;
      const making = first.execute(createPrimary(rsa(STORAGE, { bits: 2048 }))).then((response) => {
        isAnswered = true;
        return new Response(response);
      });
      const saving = first.snapshot();
      expect(isAnswered).toBe(false);
      const { permanent, volatile } = await saving;
      expect(isAnswered).toBe(true);
      const made = await making;
      expect(made.rc).toBe(0);
      await second.importState(permanent);
      await second.powerOn({ volatile });
      const key = readPublic(made.view.getUint32(10));
      expect(new Response(await second.execute(key)).rc).toBe(0);
      expect(hex(await second.execute(key))).toBe(hex(await first.execute(key)));
      await Promise.all([first.close(), second.close()]);
    });
  });
});
