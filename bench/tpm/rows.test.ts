/** The benchmark is true to its word: every command is there, and what is timed succeeds. */

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTpm } from "../../src/node/index.ts";
import { chapters, commands } from "../../src/spec/commands.ts";
import { findHandlers } from "../../src/spec/generate/handlers.ts";
import { setupOn } from "./measure.ts";
import { chaptersOfRows } from "./rows/index.ts";
import { inProcess, type Subject } from "./subjects.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("rows of the benchmark", () => {
  let subject: Subject;
  const sent = new Set<number>();
  const answers: number[] = [];
  /** Command code or response code. */
  const word = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(6);
  /** What is timed, but not what is sent before it. */
  let isTimed = false;
  beforeAll(async () => {
    subject = await inProcess((options) => {
      const tpm = createTpm({ ...options, thread: "inline" });
      const execute = tpm.executeSync.bind(tpm);
      tpm.executeSync = (bytes) => {
        if (isTimed) sent.add(word(bytes));
        const answer = execute(bytes);
        if (isTimed) answers.push(word(answer));
        return answer;
      };
      return tpm;
    });
  });
  afterAll(() => subject.stop());

  for (const { number, rows } of chaptersOfRows) {
    describe(`${number} ${chapters[number]}`, () => {
      it.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
        const setup = setupOn(subject);
        const call = await row.prepare(setup);
        for (let i = 0; i < 2; i++) {
          await row.before?.(subject);
          const [times, before] = [row.before ? 1 : 2, answers.length];
          isTimed = true;
          await subject.repeat(call, times);
          isTimed = false;
          expect(answers.slice(before)).toEqual(new Array(times * call.length).fill(0));
        }
        await setup.undone();
      });
    });
  }

  it("have every command that is implemented", () => {
    const handlers = findHandlers(root);
    const implemented = commands.filter(({ name }) => handlers.has(name));
    expect(implemented.length).toBe(116);
    expect(implemented.filter(({ code }) => !sent.has(code)).map(({ name }) => name)).toEqual([]);
  });

  it("have names of their own, and come in the order of Part 3", () => {
    const names = chaptersOfRows.flatMap(({ rows }) => rows.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    const numbers = chaptersOfRows.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });
});
