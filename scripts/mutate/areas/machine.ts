/** What keeps a guest's clock, processor and boot in step with its TPM, and the words for what the firmware measured. */
import { actionsAndValuesOf } from "../places.ts";
import { type Area, distinct, folderOf, isIntegrationTest, isSource, isTest } from "./area.ts";

const FOLDERS = ["src/v86", "src/boot", "src/firmware", "src/engine"];
/** The rest of these folders is the area src's, or only a whole boot can tell. */
const CHANGED =
  /^src\/(v86\/(guestClock|rtcClock|commandHold|jitPolicy|snapshots)|boot\/\w+|engine\/orderlyShutdown|firmware\/description\/\w+)\.ts$/;

export const machine: Area = {
  name: "machine",
  title: "The guest's clock, its boot, and what its event log says",
  about: [
    "Operators, constants, statements, conditions and `await`s of the guest's clock, the hold, the policy of the JIT and the",
    "snapshots in `src/v86`, of `src/boot`, `src/engine/orderlyShutdown.ts` and `src/firmware/description`, as above.",
  ],
  copies: ["asm", "src", "dist/engine", "dist/store", "guest", "package.json", "tsconfig.json"],
  testTimeout: 120_000,
  folders: FOLDERS,
  isChanged: (file) => isSource(file) && CHANGED.test(file),
  placesOf: actionsAndValuesOf,
  weightOf: (places) => places,
  groupOf: folderOf,
  stagesFor(file, sandbox) {
    const folder = folderOf(file);
    const tests = sandbox.files(
      FOLDERS,
      (name) => isTest(name) && !isIntegrationTest(name) && folderOf(name) === folder,
    );
    return distinct([tests.filter((test) => test === file.replace(/\.ts$/, ".test.ts")), tests]);
  },
};
