/** What the drawer asks: lists lessons, opens one, leads through the one whose TPM is in use. */
import type { Act, Lesson, LessonSummary } from "../../../src/index.ts";
import { initialLearn, type LearnActions, type LearnState, type LessonState, type Stage } from "../../state/learn.ts";
import type { Place } from "../../state/place.ts";
import { Store } from "../../state/store.ts";
import { words } from "../../words/index.ts";
import { learnWords } from "../../words/learnDrawer.ts";
import { Guide, keyOf } from "./guide.ts";
import type { OwnPlace, OwnTpms } from "./ownTpm.ts";
import { noProgress, type ProgressStore } from "./progress.ts";

/** It is drawn at most this often, in milliseconds. */
const REDRAW_MS = 60;

/** Where lessons come from. */
export interface LessonSource {
  readonly list: readonly LessonSummary[];
  /** Null where there is none of that name. Rejects when it does not arrive. */
  load(id: string): Promise<Lesson | null>;
}

export interface LearningOptions {
  readonly lessons: LessonSource;
  readonly stage: Stage;
  readonly progress: ProgressStore;
  readonly own: OwnTpms;
}

export class Learning implements LearnActions {
  readonly store = new Store<LearnState>(initialLearn, REDRAW_MS);
  readonly #options: LearningOptions;
  #place: Place = { kind: "list" };
  /** Of the lesson whose TPM is in use. */
  #guide: Guide | null = null;
  /** What the guide's lesson shows, also while the drawer is elsewhere. */
  #guided: LessonState | null = null;

  constructor(options: LearningOptions) {
    this.#options = options;
  }

  /** Reads how far things are; a lesson whose TPM is in use goes on. Never rejects. */
  async begin(): Promise<void> {
    await this.#list();
    try {
      const own = await this.#options.own.placeOfCurrent();
      this.store.set({ own });
      if (own?.kind === "lesson") await this.#guideThrough(own.id);
    } catch {
      // Where nothing can be kept no lesson was begun.
    }
  }

  show(place: Place): void {
    this.#place = place;
    if (place.kind === "list") void this.#list();
    else if (place.kind === "lesson") void this.#open(place.id);
  }

  start(): void {
    const place = this.#place;
    const { open } = this.store.value;
    if (place.kind === "list") return;
    const learn = learnWords();
    const lesson = place.kind === "lesson" && open?.lesson.id === place.id ? open.lesson : null;
    if (place.kind === "lesson" && lesson === null) return;
    const name = lesson === null ? learn.demoTpmName(place.id) : learn.tpmName(lesson.title);
    void this.#leave(place, () =>
      this.#options.own.begin(place, name, lesson?.certificates ?? true, this.#isOwnDone()),
    );
  }

  goOn(): void {
    const place = this.#place;
    if (place.kind !== "list") void this.#leave(place, () => this.#options.own.goOn(place));
  }

  leave(): void {
    const { own } = this.store.value;
    if (own === null || own.kind === "list") return;
    const isDone = this.#isOwnDone();
    void this.#leave(own, () => this.#options.own.leave(own, isDone));
  }

  /** What the TPM in use was made for is over. */
  #isOwnDone(): boolean {
    return this.store.value.own?.kind === "demo" || this.#guided?.phase === "passed";
  }

  run(lines: readonly string[]): void {
    void this.#guide?.run(lines);
  }

  act(act: Act): void {
    void this.#guide?.act(act);
  }

  answer(text: string): void {
    void this.#guide?.answer(text);
  }

  read(): void {
    void this.#guide?.read();
  }

  async #list(): Promise<void> {
    const { lessons, progress, own } = this.#options;
    const places = lessons.list.map(({ id }) => ({ kind: "lesson", id }) as const);
    // Where the browser keeps nothing, nothing was begun.
    const kept = await progress.all().catch(() => new Map<string, typeof noProgress>());
    const tpms = await own.tpmsOf(places).catch(() => []);
    const list = lessons.list.map(({ number: _, ...lesson }, at) => {
      const { passed, passedAt } = { ...noProgress, ...kept.get(keyOf(lesson)) };
      return { ...lesson, passed, isPassed: passedAt !== null, isBegun: (tpms[at] ?? null) !== null };
    });
    this.store.set({ list, problem: null });
  }

  async #open(id: string): Promise<void> {
    if (this.#guided?.lesson.id === id) {
      this.store.set({ open: this.#guided, problem: null });
      return;
    }
    if (this.store.value.open?.lesson.id === id) return;
    this.store.set({ open: null });
    try {
      const lesson = await this.#options.lessons.load(id);
      if (lesson === null) return;
      const { progress, own } = this.#options;
      const { passed } = await progress.read(keyOf(lesson)).catch(() => noProgress);
      const [tpm = null] = await own.tpmsOf([{ kind: "lesson", id }]).catch(() => []);
      // Another one was chosen meanwhile.
      if (this.#place.kind !== "lesson" || this.#place.id !== id) return;
      const phase = tpm === null ? "asking" : "elsewhere";
      this.store.set({ open: { ...beginning, lesson, phase, step: passed }, problem: null });
    } catch {
      this.store.set({ problem: words().learn.notLoaded });
    }
  }

  async #guideThrough(id: string): Promise<void> {
    const lesson = await this.#options.lessons.load(id);
    if (lesson === null) return;
    const { stage, progress } = this.#options;
    this.#guided = { ...beginning, lesson, phase: "booting" };
    this.#guide = new Guide({
      lesson,
      stage,
      progress,
      onChange: (news) => this.#change(news),
    });
    void this.#guide.begin();
  }

  #change(news: Partial<LessonState>): void {
    if (this.#guided === null) return;
    this.#guided = { ...this.#guided, ...news };
    if (this.store.value.open?.lesson.id === this.#guided.lesson.id) this.store.set({ open: this.#guided });
  }

  /** The page goes; what keeps it from that is said, and the lesson is as it was. */
  async #leave(place: OwnPlace, work: () => Promise<never>): Promise<void> {
    const { open } = this.store.value;
    const show = (news: Partial<LessonState>) => {
      const now = this.store.value.open;
      if (place.kind === "lesson" && now?.lesson.id === place.id) this.store.set({ open: { ...now, ...news } });
      else if ("problem" in news) this.store.set({ problem: news.problem ?? null });
    };
    this.store.set({ leaving: true });
    show({ phase: "making", problem: null });
    try {
      await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.store.set({ leaving: false });
      show({ phase: open?.phase ?? "asking", problem: message });
    }
  }
}

const beginning = {
  phase: "asking",
  step: 0,
  missing: null,
  answer: "",
  busy: false,
  problem: null,
} as const;
