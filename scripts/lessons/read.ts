/** All lessons of a folder, in the order of their courses. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { courses, type Lesson, type LessonSummary } from "../../src/lessons/index.ts";
import type { ParsedLesson } from "../../src/lessons/testkit/turns.ts";
import { refuse } from "./lessonError.ts";
import { parseLesson } from "./parse.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const LESSONS_FOLDER = join(root, "web/lessons");

/** @throws LessonError for the first file that is no lesson, or that takes another's place in a course */
export function readLessons(folder = LESSONS_FOLDER): ParsedLesson[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".md"));
  const parsed = files.map((name) => {
    const path = join(folder, name);
    return parseLesson(readFileSync(path, "utf8"), relative(root, path).split(sep).join("/"));
  });
  parsed.sort((a, b) => placeOf(a.lesson) - placeOf(b.lesson));
  for (const [at, { lesson, file }] of parsed.entries()) {
    const other = parsed[at + 1];
    if (other !== undefined && placeOf(other.lesson) === placeOf(lesson))
      refuse(
        { file: other.file, line: 1 },
        `${file} is number ${lesson.number} of the course ${lesson.course} too: give one of them another number`,
      );
  }
  return parsed;
}

const placeOf = ({ course, number }: Lesson) => courses.indexOf(course) * 1000 + number;

export const summaryOf = ({ id, course, number, title, minutes, steps }: Lesson): LessonSummary => ({
  id,
  course,
  number,
  title,
  minutes,
  steps: steps.length,
});
