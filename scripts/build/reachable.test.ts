import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reachable, writeIgnoreFile } from "./reachable.mjs";

const FILES = {
  "index.js": 'import { a } from "./room/a.js";\nexport * from "./room/b.js";\nimport "idb-keyval";',
  "index.d.ts": 'import { type Kind } from "./room/kinds.ts";\nexport type Late = typeof import("./room/late.ts");',
  "room/a.js": 'const late = () => import("./late.js");\nnew Worker(new URL("./worker.js", import.meta.url));',
  "room/b.js":
    'export { c } from "../c.js";\n// from "./comment.js" is no import of ours, but does no harm: there is no such file',
  "room/kinds.js": "export {};",
  "room/kinds.d.ts": "export type Kind = 1;",
  "room/late.js": 'import "../index.js";',
  "room/late.d.ts": "export {};",
  "room/worker.js": "",
  "c.js": 'export const core = new URL("./core.wasm", import.meta.url);',
  "core.wasm": 'from "./unused.js"',
  "unused.js": "",
  "unused.d.ts": "",
  "node/index.js": 'import "./cli.ts.js";',
  "node/cli.js": "",
  "engine/workerNode.js": 'new URL("../../guest/", import.meta.url); new URL("../node/", import.meta.url);',
};

describe("what entry points load", () => {
  it("is followed through imports, exports, types and what is told to bundlers", () => {
    const read = (path: string) => FILES[path as keyof typeof FILES] as string | undefined;
    expect([...reachable(read, ["index.js"])].sort()).toEqual([
      ...["c.js", "core.wasm", "index.d.ts", "index.js", "room/a.js", "room/b.js", "room/kinds.d.ts", "room/kinds.js"],
      ...["room/late.d.ts", "room/late.js", "room/worker.js"],
    ]);
  });
});

describe("the list for npm", () => {
  let dist: string;
  beforeEach(() => {
    dist = mkdtempSync(join(tmpdir(), "tabtpm-reachable-"));
  });
  afterEach(() => rmSync(dist, { recursive: true }));

  it("has what nothing loads, the page and what the build remembers; not the commands", () => {
    for (const [path, content] of Object.entries({ ...FILES, "commands/boot.js": "", "web/index.js": "" })) {
      mkdirSync(dirname(join(dist, path)), { recursive: true });
      writeFileSync(join(dist, path), content);
    }
    writeIgnoreFile(dist);
    expect(readFileSync(join(dist, ".npmignore"), "utf8").trim().split("\n")).toEqual([
      ...["/.*", "/docs/", "/web/", "/node/cli.js", "/unused.d.ts", "/unused.js"],
    ]);
  });
});
