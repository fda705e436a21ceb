/**
 * Demos of measured boot: each is a page of explanation beside the machine, whose buttons boot the real PC and type into its real
 * shell. engine/ does that and knows what came of it, by facts; the components draw it. The drawer "Learn" lists them.
 */

import type { ListedDemo } from "../learn/demos.ts";
import type { DemoId } from "../words/demoNames.ts";
import { demoWords } from "../words/demos.ts";

const listed = (id: DemoId, load: ListedDemo["load"]): ListedDemo => ({
  id,
  title: () => demoWords().list[id].title,
  summary: () => demoWords().list[id].summary,
  load,
});

export const demos: readonly ListedDemo[] = [
  listed("honest-boot", async () => (await import("./HonestBoot.tsx")).HonestBoot),
  listed("evil-maid", async () => (await import("./EvilMaid.tsx")).EvilMaid),
  listed("allowed-update", async () => (await import("./AllowedUpdate.tsx")).AllowedUpdate),
  listed("bus", async () => (await import("./BusDemo.tsx")).BusDemo),
  listed("clone-rollback", async () => (await import("./Rollback.tsx")).Rollback),
  listed("remote-attestation", async () => (await import("./RemoteAttestation.tsx")).RemoteAttestation),
];
