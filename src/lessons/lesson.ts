/**
 * What a lesson is: plain data, made of `web/lessons/*.md` by scripts/lessons at build time. Nothing in it is markup: prose is
 * a tree of a few kinds of elements, which whoever shows it turns into its own.
 */

export const courses = ["first-contact", "keys", "secrets", "measured-boot"] as const;
export type Course = (typeof courses)[number];

/** Elements that prose consists of. `a` has an `href`, of this site or https; `pre` has one text. */
export const proseTags = ["p", "ul", "ol", "li", "strong", "em", "code", "a", "pre", "blockquote"] as const;
export type ProseTag = (typeof proseTags)[number];

export interface ProseElement {
  readonly tag: ProseTag;
  readonly href?: string;
  readonly children: Prose;
}
export type Prose = readonly (string | ProseElement)[];

/**
 * What is done to the PC rather than typed:
 * - `reset`: the reset button.
 * - `power-cut`: the plug is pulled, without TPM2_Shutdown, and the PC boots again.
 * - `power-cycle`: switched off in order, and on again.
 * - `boot`: switched off in order, and booted with `append` behind the kernel's own arguments (empty: without more).
 * - `failure-mode`: the TPM enters its failure mode, which no command can bring about.
 */
export type Act =
  | { readonly kind: "reset" | "power-cut" | "power-cycle" | "failure-mode" }
  | { readonly kind: "boot"; readonly append: string };

/** What lights up in the page while a step is the current one. */
export type Watch =
  | { readonly kind: "commands"; readonly name: string }
  | { readonly kind: "pcr"; readonly index: number }
  | { readonly kind: "explorer" | "log" | "console" | "files" };

export type StepBlock =
  | { readonly kind: "prose"; readonly prose: Prose }
  /** One line for the guest's shell each. `fails`: that the last one fails is what the step shows. */
  | { readonly kind: "run"; readonly lines: readonly string[]; readonly fails: boolean }
  | { readonly kind: "act"; readonly act: Act }
  /** The learner types an answer. */
  | { readonly kind: "ask"; readonly question: string };

/** A check by its name in the registry, with what its schema asks for. */
export interface CheckCall {
  readonly check: string;
  readonly parameters: unknown;
}

export interface Step {
  readonly title: string;
  readonly blocks: readonly StepBlock[];
  readonly watch: readonly Watch[];
  /** All must hold. Empty: the step is only to be read. */
  readonly checks: readonly CheckCall[];
}

/** What a list of lessons shows. */
export interface LessonSummary {
  /** Name of its file, of its folder in the guest, and of its address. */
  readonly id: string;
  readonly course: Course;
  /** Place within the course, from 1. */
  readonly number: number;
  readonly title: string;
  readonly minutes: number;
  readonly steps: number;
}

export interface Lesson extends Omit<LessonSummary, "steps"> {
  /** Where to read on: "Part 3, 22.2 TPM2_PCR_Extend". */
  readonly clauses: readonly string[];
  /** The TPM has EK certificates, as one of the page's own: it takes a moment to make. */
  readonly certificates: boolean;
  /** Lines that the guest runs before the first step, in the lesson's folder. */
  readonly start: readonly string[];
  /** Lines that the guest runs in the lesson's folder after a boot that no step asks for: what the TPM has lost is loaded again. */
  readonly afterBoot: readonly string[];
  readonly introduction: Prose;
  readonly steps: readonly Step[];
  /** How a real machine differs. */
  readonly realMachine: Prose;
}

/** Of one lesson in the guest; empty when it begins. */
export const lessonFolder = ({ id }: Pick<Lesson, "id">): string => `/mnt/${id}`;

/** In a lesson's folder: it was made by a lesson, which may delete it. */
const MARK = ".lesson";

/**
 * The lines to type when a lesson begins, at the prompt of a fresh boot. A folder of this name that no lesson has made is the
 * user's: it gets another name.
 */
export const startLines = (lesson: Pick<Lesson, "id" | "start">): readonly string[] => [
  freshFolderLine(lessonFolder(lesson)),
  ...lesson.start,
];

/** One line for the guest's shell. @param folder its path, of letters, digits, hyphens and slashes */
export const freshFolderLine = (folder: string): string =>
  `cd /; d=${folder}; if [ -e $d/${MARK} ]; then rm -rf $d; elif [ -e $d ]; then mv -v $d $d.$(date +%s); fi; mkdir -p $d; touch $d/${MARK}; cd $d`;

/** The line to type after each later boot: a shell begins elsewhere. */
export const resumeLine = (lesson: Pick<Lesson, "id">): string => `cd ${lessonFolder(lesson)}`;

/** A boot that the learner is asked for, by a button of this step. */
export const boots = ({ blocks }: Step): boolean =>
  blocks.some((block) => block.kind === "act" && block.act.kind !== "failure-mode");

/** The lines of a step that can be typed, in their order. */
export const runLines = ({ blocks }: Step): readonly string[] =>
  blocks.flatMap((block) => (block.kind === "run" ? block.lines : []));
