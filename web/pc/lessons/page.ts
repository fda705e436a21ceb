/** Lessons and demos in the page; fetched when their drawer is first opened. */
import { lessons, loadLesson } from "virtual:lessons";
import type { OpenLearning } from "../../state/learn.ts";
import { makeNew } from "../tpms/making.ts";
import type { LearnDeskOptions } from "./deskOptions.ts";
import { Learning } from "./learning.ts";
import { MachineStage } from "./machineStage.ts";
import { OwnTpms } from "./ownTpm.ts";
import { browserProgress } from "./progress.ts";

/** Resolves when it is known what the TPM in use was made for, so that nothing of its boot is missed. */
export async function openLearning(options: LearnDeskOptions): Promise<OpenLearning> {
  const { tpm, store, tpms, files, machine, onMachine, restart, reset, choice } = options;
  const restore = async (permanent: Uint8Array) => {
    if ((await own.placeOfCurrent()) === null) throw new Error("This TPM is your own: nothing is put in its place.");
    await options.restore(permanent);
  };
  const stage = new MachineStage({ tpm, store, files, machine, onMachine, restart, reset, restore });
  const progress = browserProgress();
  const own = new OwnTpms({
    named: tpms.named,
    progress,
    current: choice.id,
    make: (certificates) =>
      makeNew(
        { name: "", profile: "full", banks: ["sha1", "sha256", "sha384", "sha512"], certificates },
        () => {},
        new AbortController().signal,
      ),
    goTo: (address) => tpms.goTo(address),
    address: () => location.href,
  });
  const actions = new Learning({ lessons: { list: lessons, load: loadLesson }, stage, progress, own });
  await actions.begin();
  return { store: actions.store, actions, stage };
}
