/** The TPM but for its kernels: the whole core is compiled, and tried by commands. */
import { actionsAndValuesOf } from "../places.ts";
import { type Area, distinct, folderOf, isIntegrationTest, isSource, isTest } from "./area.ts";

/** Chapters whose tests concern a room, where the room's own are few. */
const CHAPTERS: Record<string, readonly string[]> = {
  "asm/base": ["startup", "capabilityCommands"],
  "asm/tpm/algorithms": ["testing", "hashHmacEventSequences", "symmetricPrimitives"],
  "asm/tpm/authorization": ["enhancedAuthorizationCommands", "commandAudit", "nonvolatileStorage"],
  "asm/tpm/nv": ["nonvolatileStorage"],
  "asm/tpm/objects": ["objectCommands", "contextManagement"],
  "asm/tpm/platform": ["hierarchyCommands", "integrityCollection", "authenticatedCountdownTimer"],
  "asm/tpm/policy": ["enhancedAuthorizationCommands"],
  "asm/tpm/power": ["startup"],
  "asm/tpm/protection": ["duplicationCommands", "objectCommands", "contextManagement"],
  "asm/tpm/signing": ["signingAndSignatureVerification", "attestationCommands", "ephemeralEcKeys"],
  "asm/tpm/state": ["startup", "nonvolatileStorage"],
};

/** A command of every kind and its answer on record, in a second. */
const TRANSCRIPT = "asm/testkit/transcript.test.ts";

const isKernel = (file: string) => file.startsWith("asm/crypto/") || file.startsWith("asm/generated/");

/** asm/tpm/dispatch.ts lies beside the rooms. */
const roomOf = (file: string) =>
  file
    .split("/")
    .slice(0, file.startsWith("asm/tpm/") ? 3 : 2)
    .join("/");

export const tpm: Area = {
  name: "tpm",
  title: "The TPM",
  about: [
    "Operators, constants, statements and conditions of `asm/base`, `asm/tpm` and `asm/commands`. The whole core is compiled",
    "(without the optimiser, in two seconds) and tried by the unit tests of `asm` and `src/engine`.",
  ],
  copies: ["asm", "src", "scripts/rooms", "package.json"],
  testTimeout: 120_000,
  folders: ["asm"],
  isChanged: (file) => isSource(file) && !isKernel(file) && file !== "asm/index.ts",
  placesOf: actionsAndValuesOf,
  weightOf: (places) => places,
  groupOf: roomOf,
  stagesFor(file, sandbox) {
    const tests = sandbox.files(
      ["asm", "src/engine"],
      (name) => isTest(name) && !isIntegrationTest(name) && !isKernel(name),
    );
    const folders = [folderOf(file), ...(CHAPTERS[roomOf(file)] ?? []).map((chapter) => `asm/commands/${chapter}`)];
    const beside = file.replace(/\.ts$/, ".test.ts");
    return distinct([
      tests.filter((test) => test === beside || folderOf(test) === folders[0]),
      [TRANSCRIPT],
      tests.filter((test) => folders.includes(folderOf(test))),
      tests,
    ]);
  },
};
