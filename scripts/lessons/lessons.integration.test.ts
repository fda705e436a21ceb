/**
 * Every lesson on the real guest, each with a TPM and a boot of its own: its wrong turns first, then its right way.
 * One of them, and all that it writes: LESSON=pcrs npx vitest run --project integration scripts/lessons
 */
import { writeSync } from "node:fs";
import { expect, test } from "vitest";
import { certifiedState } from "../../src/lessons/testkit/certified.ts";
import { walkLesson } from "../../src/lessons/testkit/walk.ts";
import { readLessons } from "./read.ts";

const wanted = process.env["LESSON"]?.split(",");
const lessons = readLessons().filter(({ lesson }) => wanted === undefined || wanted.includes(lesson.id));
/** At once, and not through the test runner, so that the last line is there when nothing comes any more. */
const onLine = (line: string) => wanted !== undefined && writeSync(2, `${line}\n`);

test("there are lessons to walk through", () => {
  expect(lessons).not.toEqual([]);
});

/** That a lesson can be restarted is shown with one. */
const RESTARTED = "pcrs";
/** That a lesson goes on when the page was loaded anew, before each of its steps: with one that has keys, a secret and a session. */
const RELOADED = "encrypted-session";

/** A TPM with EK certificates, for those that ask for one: made once. */
let withCertificates: Promise<Uint8Array> | null = null;

for (const parsed of lessons) {
  const { id, course, certificates } = parsed.lesson;
  test(`${course}: ${id}`, async () => {
    if (certificates) withCertificates ??= certifiedState();
    const permanent = certificates ? await withCertificates! : undefined;
    await walkLesson(parsed, { onLine, permanent, restarts: id === RESTARTED });
  });
  if (id !== RELOADED && process.env["RELOADS"] === undefined) continue;
  test(`${course}: ${id}, reloaded before each step`, async () => {
    if (certificates) withCertificates ??= certifiedState();
    const permanent = certificates ? await withCertificates! : undefined;
    await walkLesson(parsed, { onLine, permanent, reloads: true });
  });
}
