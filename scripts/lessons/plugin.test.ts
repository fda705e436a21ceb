import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";
import { lessons } from "./plugin.ts";
import { readLessons, summaryOf } from "./read.ts";

/** A page that shows lessons, built as the page is. */
async function built(): Promise<Rolldown.OutputChunk[]> {
  const entry = {
    name: "entry",
    resolveId: (id: string) => (id === "entry" ? id : null),
    load: (id: string) => (id === "entry" ? `export * from "virtual:lessons";` : null),
  };
  const output = await build({
    configFile: false,
    logLevel: "error",
    plugins: [lessons(), entry],
    build: {
      write: false,
      minify: false,
      lib: { entry: "entry", formats: ["es"], fileName: "entry" },
      rolldownOptions: { input: "entry" },
    },
  });
  const [only] = Array.isArray(output) ? output : [output];
  return (only as Rolldown.RolldownOutput).output.filter((each) => each.type === "chunk");
}

test("the list comes at once, and each lesson is a chunk of its own", async () => {
  const parsed = readLessons();
  const chunks = await built();
  const [first, ...others] = chunks;
  expect(others).toHaveLength(parsed.length);
  const url = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  // The chunks' own addresses mean nothing where they are imported as data.
  const code = others.reduce((text, chunk) => text.replaceAll(`./${chunk.fileName}`, url(chunk.code)), first!.code);
  const page = await import(url(code));
  expect(page.lessons).toEqual(parsed.map(({ lesson }) => summaryOf(lesson)));
  for (const { lesson } of parsed) expect(await page.loadLesson(lesson.id)).toEqual(lesson);
  expect(await page.loadLesson("toString")).toBeNull();
});
