/** Every lesson that is published can be read: a lesson with a mistake fails here as it fails the build. */
import { expect, test } from "vitest";
import { readLessons } from "./read.ts";

test("all lessons are read", () => {
  expect(readLessons().map(({ lesson }) => lesson.id)).toContain("pcrs");
});
