import type { en } from "./en.ts";

/** The shape of a catalogue: texts, and functions of what they name. */
type Catalogue<Texts> = {
  readonly [Key in keyof Texts]: Texts[Key] extends string
    ? string
    : Texts[Key] extends (...names: infer Names) => string
      ? (...names: Names) => string
      : Catalogue<Texts[Key]>;
};

export type Words = Catalogue<typeof en>;
