import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { root } from "../root.mjs";
import { CORE_FILES } from "./cores.mjs";

/** Octets of a build, with gzip. */
const MOST = 115_000;

it.each(CORE_FILES)("%s has at most 115 kB with gzip", (file) => {
  const { length } = gzipSync(readFileSync(join(root, file)), { level: 9 });
  expect(length).toBeLessThanOrEqual(MOST);
  expect(length).toBeGreaterThan(MOST / 2);
});
