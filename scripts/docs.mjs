// `npm run docs`: the guide, the docs and the API's pages as a static site in dist/docs. The next build of the page takes it along.
import { resolve } from "node:path";
import { ensureDependencies, readCommandLine, root, runCommand } from "./setup.mjs";

const USAGE = `usage: npm run docs [-- --out DIR]\n  --out DIR   where the site goes (default dist/docs)`;

await runCommand(async () => {
  const { out = "dist/docs" } = readCommandLine(USAGE, { out: { type: "string" } }).values;
  await ensureDependencies();
  const { buildDocs } = await import("./docs/build.mjs");
  await buildDocs(resolve(root, out));
  console.log(
    `tabtpm: the guide is in ${out}; \`npm start\` and \`npm run build\` take dist/docs along with the page.`,
  );
});
