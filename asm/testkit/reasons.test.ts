/**
 * Why commands are refused. Each check that the core can note is met: by the transcript, by a scenario, or by a case of
 * refusals.ts. What is said of the first that meets it is on record in reasons.txt, to be read.
 * Record anew: RECORD=1 npx vitest run --project machines asm/testkit/reasons.test.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { type Refusal, type RefusalName, refusalNames } from "../../src/spec/refusals.ts";
import { explainRefusal } from "../../src/trace/index.ts";
import { approvalScenarios } from "./approvalScenarios.ts";
import { command, password, sized, TestTpm } from "./harness.ts";
import { lockoutScenarios } from "./lockoutScenarios.ts";
import { CC, RH } from "./names.ts";
import { defineSpace, nvRead, OPEN } from "./nv.ts";
import { nvScenarios } from "./nvScenarios.ts";
import { objectSessionScenarios } from "./objectSessionScenarios.ts";
import {
  createPrimary,
  evictControl,
  keyedHash,
  OBJECT,
  runCreatePrimary,
  SEALED,
  sensitive,
  unseal,
} from "./objects.ts";
import { policyScenarios } from "./policyScenarios.ts";
import { type RefusalCase, refusalCases } from "./refusals/index.ts";
import { sessionScenarios } from "./sessionScenarios.ts";
import { transcriptSteps } from "./transcriptSteps.ts";

const path = fileURLToPath(new URL("reasons.txt", import.meta.url));
const HEAD = "# What is said of a refused command: the check, the first command here that meets it, the sentence.";
const scenarios = [
  ...sessionScenarios,
  ...objectSessionScenarios,
  ...policyScenarios,
  ...approvalScenarios,
  ...lockoutScenarios,
  ...nvScenarios,
];
/** By the engine itself: src/engine/reasons.test.ts. */
const NOT_THE_CORES: readonly RefusalName[] = ["COMMAND_TOO_LONG"];

interface Met {
  readonly by: string;
  readonly text: string;
}
const met = new Map<RefusalName, Met>();
/** Refused commands, and how many of them were noted. */
const transcript = { refused: 0, noted: 0 };

/** The command's refusal, if it was refused; one that succeeded has none. */
function look(by: string, tpm: TestTpm, command: Uint8Array, response: Uint8Array, rc: number): Refusal | null {
  const { refusal } = tpm;
  if (rc === 0) {
    if (refusal !== null) throw new Error(`${by} succeeded, and notes ${refusal.check}`);
    return null;
  }
  const text = explainRefusal({ command, response, reason: refusal })?.text ?? "";
  if (refusal !== null && !met.has(refusal.check)) met.set(refusal.check, { by, text });
  return refusal;
}

beforeAll(async () => {
  const tpm = new TestTpm({ profile: 1 });
  for (const { name, command, locality } of transcriptSteps()) {
    const { bytes, rc } = tpm.run(command, locality);
    const refusal = look(name, tpm, command, bytes, rc);
    if (rc === 0) continue;
    transcript.refused++;
    if (refusal !== null) transcript.noted++;
  }
  for (const profile of [0, 1]) {
    for (const [name, scenario] of scenarios) {
      const started = TestTpm.started({ profile });
      await scenario((command, locality) => {
        const { bytes, rc } = started.run(command, locality);
        look(name, started, command, bytes, rc);
        return bytes;
      });
    }
  }
});

it.each(Object.entries(refusalCases) as [RefusalName, RefusalCase][])("%s", async (check, play) => {
  const { tpm, command, locality = 0 } = await play();
  const { bytes, rc } = tpm.run(command, locality);
  expect(rc).not.toBe(0);
  expect(look(`its own case`, tpm, command, bytes, rc)?.check).toBe(check);
});

it("a note is the same whatever the secret is", () => {
  const index = { handle: 0x01000001, attributes: OPEN, size: 1 };
  for (const [first, second] of [
    [Uint8Array.of(1), new Uint8Array(20).fill(7)],
    [new Uint8Array(3), new Uint8Array(32).fill(255)],
  ] as const) {
    const notes = [first, second].map((secret) => {
      const tpm = TestTpm.started();
      const sealed = keyedHash(SEALED & ~OBJECT.noDA);
      const { handle } = runCreatePrimary(tpm, sealed, RH.OWNER, sensitive([9, ...secret.subarray(1)], [1, ...secret]));
      const { handle: filler } = runCreatePrimary(tpm, sealed, RH.OWNER, sensitive([], [1]));
      for (let i = 2; tpm.run(defineSpace({ ...index, handle: index.handle + i, size: 2048 })).rc === 0; i++);
      for (let i = 0; tpm.run(evictControl(filler, 0x81000000 + i)).rc === 0; i++);
      return [
        evictControl(handle, 0x81400000),
        unseal(handle, password([...secret, 1])),
        unseal(handle, { handle: 0x02000000, nonce: new Uint8Array(16), auth: secret }),
        nvRead(RH.OWNER, index.handle, 1, 0, [...secret, 1]),
        defineSpace(index, new Uint8Array(33 + (secret.length % 30)).fill(3)),
        createPrimary(
          keyedHash(SEALED),
          RH.OWNER,
          sensitive(new Uint8Array(33 + ((secret[0] ?? 0) % 30)).fill(3), [1]),
        ),
        command(CC.HierarchyChangeAuth, [RH.OWNER], [sized(secret)], [password([...secret, 1])]),
      ].map((bytes) => {
        expect(tpm.run(bytes).rc).not.toBe(0);
        return tpm.refusal;
      });
    });
    expect(notes[0]).toEqual(notes[1]);
  }
});

it("every check is met", () => {
  expect(refusalNames.filter((name) => !met.has(name) && !NOT_THE_CORES.includes(name))).toEqual([]);
});

it("of the refused commands of the transcript 99 of 100 have a reason", () => {
  expect(transcript.refused).toBeGreaterThan(4000);
  expect(transcript.noted / transcript.refused).toBeGreaterThan(0.99);
});

it("what is said is what is on record", () => {
  const lines = refusalNames.flatMap((name) => {
    const first = met.get(name);
    return first === undefined ? [] : [[name, first.by, first.text].join("\t")];
  });
  const text = `${HEAD}\n${lines.join("\n")}\n`;
  const { RECORD } = process.env;
  if (RECORD !== undefined) writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
});
