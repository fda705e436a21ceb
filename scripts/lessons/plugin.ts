/**
 * Gives the lessons to the page: `virtual:lessons` has the list of them, small enough to come with whoever asks for it, and loads
 * each lesson as a chunk of its own. A mistake in a lesson fails the build.
 */
import { join } from "node:path";
import type { Plugin } from "vite";
import { LESSONS_FOLDER, readLessons, summaryOf } from "./read.ts";

const INDEX = "virtual:lessons";
/** A chunk is named by what is behind the slash. */
const LESSON = "virtual:lessons/lesson-";
/** By convention: no other plugin looks at such a module. */
const RESOLVED = "\0";

export function lessons(folder = LESSONS_FOLDER): Plugin {
  return {
    name: "tabtpm:lessons",
    resolveId: (id) => (id === INDEX || id.startsWith(LESSON) ? RESOLVED + id : null),
    load(id) {
      if (!id.startsWith(RESOLVED + INDEX)) return null;
      const parsed = readLessons(folder);
      for (const { lesson } of parsed) this.addWatchFile(join(folder, `${lesson.id}.md`));
      const wanted = id.slice((RESOLVED + LESSON).length);
      if (id === RESOLVED + INDEX) return indexModule(parsed.map(({ lesson }) => lesson));
      const found = parsed.find(({ lesson }) => lesson.id === wanted);
      if (found === undefined) throw new Error(`There is no lesson ${wanted}: ${folder} has no ${wanted}.md`);
      return dataModule(found.lesson);
    },
    handleHotUpdate({ file, server }) {
      if (!file.startsWith(folder) || !file.endsWith(".md")) return;
      for (const module of server.moduleGraph.idToModuleMap.values())
        if (module.id?.startsWith(RESOLVED + INDEX)) server.moduleGraph.invalidateModule(module);
      server.ws.send({ type: "full-reload" });
    },
  };
}

/** JSON.parse is quicker than a literal, and no text of a lesson can end the script. */
const dataModule = (data: unknown) => `export default JSON.parse(${JSON.stringify(JSON.stringify(data))});\n`;

function indexModule(all: readonly Parameters<typeof summaryOf>[0][]): string {
  const loaders = all.map(({ id }) => `${JSON.stringify(id)}: () => import(${JSON.stringify(LESSON + id)}),`);
  return `export const lessons = JSON.parse(${JSON.stringify(JSON.stringify(all.map(summaryOf)))});
const loaders = {
${loaders.join("\n")}
};
export async function loadLesson(id) {
  if (!Object.hasOwn(loaders, id)) return null;
  return (await loaders[id]()).default;
}
`;
}
