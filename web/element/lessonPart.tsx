/** A lesson beside the terminal of a `<tab-tpm>`; fetched when an element asks for one. */
import { loadLesson } from "virtual:lessons";
import type { Lesson } from "../../src/index.ts";
import { LessonView } from "../learn/LessonView.tsx";
import { Guide } from "../pc/lessons/guide.ts";
import type { MachineStage } from "../pc/lessons/machineStage.ts";
import { progressInMemory } from "../pc/lessons/progress.ts";
import { makeNew } from "../pc/tpms/making.ts";
import type { LearnActions, LessonState } from "../state/learn.ts";
import { Store } from "../state/store.ts";
import css from "../style/lessonPart.css?inline";
import { useStore } from "../ui/useStore.ts";
import { adoptLooks, type LearnPart, PartPanel } from "./learnPart.tsx";
import type { SharedMachine } from "./sharedMachine.ts";
import { stageOf } from "./stage.ts";

/** It is drawn at most this often, in milliseconds. */
const REDRAW_MS = 60;

export interface LessonPartOptions {
  readonly shared: SharedMachine;
  readonly id: string;
  readonly tree: ShadowRoot;
  /** A step was passed, from 1; `isLast`: with it the lesson. */
  readonly onStep: (step: number, steps: number, isLast: boolean) => void;
}

/** @returns null where there is no lesson of that name. Rejects when it does not arrive. */
export async function openLessonPart(options: LessonPartOptions): Promise<LearnPart | null> {
  const lesson = await loadLesson(options.id);
  if (lesson === null) return null;
  adoptLooks(options.tree, css);
  return new LessonPart(lesson, options);
}

class LessonPart implements LearnPart {
  readonly #lesson: Lesson;
  readonly #options: LessonPartOptions;
  readonly #store: Store<LessonState>;
  readonly #stage: MachineStage;
  #guide: Guide | null = null;
  readonly #actions: LearnActions = {
    show: () => {},
    start: () => void this.#restart(),
    goOn: () => {},
    leave: () => {},
    run: (lines) => void this.#guide?.run(lines),
    act: (act) => void this.#guide?.act(act),
    answer: (text) => void this.#guide?.answer(text),
    read: () => void this.#guide?.read(),
  };

  constructor(lesson: Lesson, options: LessonPartOptions) {
    this.#lesson = lesson;
    this.#options = options;
    this.#store = new Store<LessonState>({ ...beginning, lesson }, REDRAW_MS);
    this.#stage = stageOf(options.shared);
  }

  async begin(): Promise<void> {
    const { shared } = this.#options;
    if (this.#lesson.certificates) await shared.renewTpm(await certified());
    this.#lead();
  }

  close(): void {
    this.#guide?.close();
    this.#guide = null;
  }

  readonly View = () => {
    const state = useStore(this.#store);
    return (
      <PartPanel stage={this.#stage} tree={this.#options.tree}>
        <LessonView
          state={state}
          actions={this.#actions}
          next={null}
          onPlace={() => {}}
          canLeave={false}
          isInPage={false}
        />
      </PartPanel>
    );
  };

  #lead(): void {
    const { onStep } = this.#options;
    const count = this.#lesson.steps.length;
    this.#store.set({ ...beginning });
    this.#guide = new Guide({
      lesson: this.#lesson,
      stage: this.#stage,
      progress: progressInMemory(),
      onChange: (news) => this.#store.set(news),
      onStep: (step, isLast) => onStep(step, count, isLast),
    });
    void this.#guide.begin();
  }

  /** On another TPM, from the first step on. */
  async #restart(): Promise<void> {
    const { shared } = this.#options;
    this.close();
    this.#store.set({ ...beginning });
    try {
      await shared.renewTpm(this.#lesson.certificates ? await certified() : undefined);
      this.#lead();
      await shared.restart("orderly", null);
    } catch (error) {
      this.#store.set({ phase: "interrupted", problem: error instanceof Error ? error.message : String(error) });
    }
  }
}

async function certified(): Promise<Uint8Array> {
  const banks = ["sha1", "sha256", "sha384", "sha512"] as const;
  const wanted = { name: "", profile: "full", banks, certificates: true } as const;
  return (await makeNew(wanted, () => {}, new AbortController().signal)).state;
}

const beginning = { phase: "booting", step: 0, missing: null, answer: "", busy: false, problem: null } as const;
