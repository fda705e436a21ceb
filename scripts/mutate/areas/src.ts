/** The TypeScript around the core, where mistakes lose state or break the protocol: device, stores, engine, servers. */
import { actionsAndValuesOf } from "../places.ts";
import { type Area, distinct, folderOf, isIntegrationTest, isSource, isTest } from "./area.ts";

const FOLDERS = ["src/tis", "src/store", "src/engine", "src/node"];

/** Whose tests use a folder, besides its own. */
const USERS: Record<string, readonly string[]> = {
  "src/tis": ["src/v86"],
  "src/store": ["src/engine", "src/node"],
  "src/engine": ["src/node", "src/store", "src/client", "src/provision"],
  "src/node": [],
};

const folderIn = (file: string) => file.split("/").slice(0, 2).join("/");

export const src: Area = {
  name: "src",
  title: "Device, stores, engine, servers",
  about: [
    "Operators, constants, statements, conditions and `await`s of `src/tis`, `src/store`, `src/engine` and `src/node`. What the",
    "compiler refuses is none; the rest is tried by the unit tests of these folders and of those that use them.",
  ],
  copies: ["asm", "src", "dist/engine", "dist/store", "guest", "package.json", "tsconfig.json"],
  testTimeout: 120_000,
  folders: FOLDERS,
  isChanged: isSource,
  placesOf: actionsAndValuesOf,
  weightOf: (places) => places,
  groupOf: folderIn,
  stagesFor(file, sandbox) {
    const tests = sandbox.files(["src"], (name) => isTest(name) && !isIntegrationTest(name));
    const room = folderIn(file);
    const users = USERS[room] ?? [];
    return distinct([
      tests.filter((test) => test === file.replace(/\.ts$/, ".test.ts")),
      tests.filter((test) => folderOf(test) === folderOf(file)),
      tests.filter((test) => folderIn(test) === room),
      tests.filter((test) => users.includes(folderIn(test))),
    ]);
  },
};
