import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSources } from "../scripts/rooms/imports.ts";
import { checkRooms, describeFindings, type House } from "../scripts/rooms/rooms.ts";

/** The page's rooms from the ground up. Each says in its main file what lives there. */
const house: House = {
  floors: [
    ["web/style/", "web/words/"],
    ["web/state/"],
    ["web/ui/", "web/offline/"],
    ["web/terminal/", "web/panels/", "web/learn/", "web/pc/"],
    // The verifier of remote attestation, and what it and an attester say to each other.
    ["web/remote/"],
    // A TPM that runs elsewhere, under the guest: the page that is opened for it.
    ["web/bridge/"],
    // Demos draw with what the panels have, and are handed the PC.
    ["web/demos/"],
    // <tab-tpm>, a bundle of its own.
    ["web/element/"],
    // The files of web/ itself put the page together.
    ["web/*"],
  ],
  // All TPMs of the page are in workers. The service worker, a script of its own, asks which build of the core is the browser's.
  outside: ["src/index.ts", "src/entries/workerTpm.ts", "src/entries/bridgedTpm.ts", "src/engine/relaxedSimd.ts"],
  packages: {
    preact: [
      "web/ui/",
      "web/terminal/",
      "web/panels/",
      "web/learn/",
      "web/remote/",
      "web/bridge/",
      "web/demos/",
      "web/element/",
      "web/*",
    ],
    "@xterm/xterm": ["web/terminal/", "web/style/"],
    "@xterm/addon-fit": ["web/terminal/"],
    "@xterm/addon-search": ["web/terminal/"],
    "idb-keyval": ["web/pc/", "web/remote/"],
    v86: ["web/pc/", "web/global.d.ts"],
  },
};

const root = fileURLToPath(new URL("..", import.meta.url));
const all = readSources(root, ["web"], (file) => /\.(tsx?|css)$/.test(file));
const isForTests = (file: string) => file.includes(".test.") || file.includes("/testkit/");

describe("every file of the page imports only what lies below it", () => {
  test("in the product, which knows the library by its entry point for browsers", () => {
    const product = all.filter(([file]) => !isForTests(file));
    expect(describeFindings(checkRooms(product, house))).toEqual([]);
  });

  test("in the tests, which may run a TPM in Node besides", () => {
    const outside = [...house.outside!, "src/node/index.ts", "src/client/index.ts", "scripts/rooms/"];
    expect(describeFindings(checkRooms(all, { ...house, outside }))).toEqual([]);
  });
});
