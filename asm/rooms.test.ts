import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readSources } from "../scripts/rooms/imports.ts";
import { checkRooms, describeFindings, type House, type Room, resolveImport, roomOf } from "../scripts/rooms/rooms.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const sources = readSources(
  root,
  ["asm"],
  (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("asm/testkit/"),
);
const chapters = new Set(sources.flatMap(([file]): Room[] => file.match(/^asm\/commands\/\w+\//) ?? []));

/** The TPM from the ground up; what lives in a room is the first paragraph of its index.ts. */
const house: House = {
  floors: [
    ["asm/crypto/", "asm/generated/constants.ts"],
    [
      "asm/generated/layout/",
      ...["algorithms", "commandTable", "limits", "parameters", "refusals"].map((name) => `asm/generated/${name}.ts`),
    ],
    ["asm/base/"],
    ["asm/tpm/state/"],
    ["asm/tpm/algorithms/"],
    ["asm/generated/unmarshal.ts"],
    ["asm/tpm/platform/", "asm/tpm/nv/"],
    ["asm/tpm/objects/"],
    ["asm/tpm/authorization/", "asm/tpm/signing/"],
    ["asm/tpm/policy/", "asm/tpm/protection/"],
    // A chapter knows no other: what two need moves down.
    [...chapters],
    ["asm/generated/commands.ts"],
    ["asm/tpm/dispatch.ts"],
    ["asm/tpm/power/", "asm/tpm/inspection/"],
    ["asm/index.ts"],
  ],
};
test("a file of the TPM imports only rooms below its own", () => {
  expect(describeFindings(checkRooms(sources, house))).toEqual([]);
});

/** The rooms that show what they have in an index.ts. */
const indexed = house.floors.flat().filter((room) => sources.some(([file]) => file === `${room}index.ts`));

test("another room is imported through its index.ts", () => {
  const files = new Set(sources.map(([file]) => file));
  const direct = sources.flatMap(([file, imports]) =>
    imports.flatMap((name) => {
      const target = resolveImport(file, name, files);
      const room = target === null ? null : roomOf(target, indexed);
      const isForeign = room !== null && roomOf(file, indexed) !== room && !file.startsWith("asm/generated/");
      // The kernels have an index for each family.
      return isForeign && room !== "asm/crypto/" && target !== `${room}index.ts` ? [`${file} imports ${target}`] : [];
    }),
  );
  expect(direct).toEqual([]);
});

test("every room of the TPM says on its door what lives there", () => {
  const rooms = house.floors.flat().filter((room) => /^asm\/(base|tpm\/\w+)\/$/.test(room));
  expect(rooms).toHaveLength(12);
  expect(rooms.filter((room) => !indexed.includes(room))).toEqual([]);
});
