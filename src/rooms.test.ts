import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readSources } from "../scripts/rooms/imports.ts";
import { checkRooms, describeFindings, type House } from "../scripts/rooms/rooms.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The library, the servers and the command-line tool from the ground up. */
const house: House = {
  floors: [
    ["src/passphrase/"],
    ["src/spec/", "src/store/"],
    ["src/engine/"],
    ["src/trace/", "src/share/", "src/remote/", "src/passthrough/"],
    ["src/client/", "src/ppi/"],
    ["src/tis/", "src/crb/", "src/firmware/", "src/guest/", "src/provision/"],
    ["src/attest/", "src/libtpms/"],
    // Entry points that need no v86.
    ["src/entries/"],
    ["src/v86/"],
    ["src/boot/", "src/history/"],
    ["src/lessons/"],
    ["src/machine/"],
    ["src/migration/"],
    ["src/public.ts"],
    ["src/node/entries/"],
    ["src/index.ts", "src/node/errors.ts", "src/node/lineWriter.ts"],
    [
      "src/node/diskFile.ts",
      "src/node/durability.ts",
      "src/node/keySource.ts",
      "src/node/limitedFile.ts",
      "src/node/optionRow.ts",
      "src/node/printable.ts",
      "src/node/signals.ts",
      "src/node/subOptions.ts",
      "src/node/terminal.ts",
      "src/node/v86Wasm.ts",
      "src/node/hostFolder/",
    ],
    [
      "src/node/index.ts",
      "src/node/logFile.ts",
      "src/node/parse.ts",
      "src/node/profiles.ts",
      "src/node/stateKey.ts",
      "src/node/stateLocation.ts",
      "src/node/users.ts",
      "src/node/version.ts",
      "src/node/net/",
    ],
    ["src/node/captureFile.ts", "src/node/postgres/"],
    ["src/node/simulator/"],
    ["src/node/socket/", "src/node/provision/", "src/node/attest/", "src/node/verify/"],
    ["src/node/backends/", "src/node/fleet/", "src/node/importSwtpm/"],
    ["src/node/bridge/"],
    ["src/node/*"],
  ],
  outside: ["package.json"],
  packages: {
    v86: ["src/v86/", "src/node/v86Wasm.ts"],
    "idb-keyval": ["src/store/", "src/provision/browserAuthority.ts"],
    "@noble/curves": ["src/attest/"],
    "@noble/hashes": ["src/attest/", "src/machine/", "src/migration/", "src/passphrase/"],
    ws: ["src/node/"],
    pg: ["src/node/"],
  },
};
const sources = readSources(
  root,
  ["src"],
  (file) => /\.ts$/.test(file) && !file.endsWith(".test.ts") && !/\/testkit\//.test(file),
);

test("a file of the library imports only rooms below its own", () => {
  expect(describeFindings(checkRooms(sources, house))).toEqual([]);
});

test("what only Node's servers need is imported by Node's platform alone, so that no page carries it", () => {
  const importers = sources.filter(([, names]) => names.some((name) => name.endsWith("/atOnceTpm.ts")));
  expect(importers.map(([file]) => file)).toEqual(["src/engine/node.ts"]);
});
