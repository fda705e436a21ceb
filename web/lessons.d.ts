/** The lessons, as scripts/lessons/plugin.ts makes them of web/lessons/*.md. */
declare module "virtual:lessons" {
  import type { Lesson, LessonSummary } from "../src/index.ts";

  /** All of them, by course and number. */
  export const lessons: readonly LessonSummary[];
  /** Fetches one; null where there is none of this name. */
  export function loadLesson(id: string): Promise<Lesson | null>;
}
