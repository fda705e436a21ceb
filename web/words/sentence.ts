/**
 * What is said now and drawn later. One of the page's own is asked for again at each drawing, so that it follows the
 * language; what the library has said is a string, and stays as it is.
 */
export type Sentence = string | (() => string);

/** The sentence in the language that is in use. */
export const said = (sentence: Sentence): string => (typeof sentence === "string" ? sentence : sentence());

/** An error whose words are the page's own. */
export class SentenceError extends Error {
  readonly sentence: () => string;

  constructor(sentence: () => string, options?: ErrorOptions) {
    super(sentence(), options);
    this.sentence = sentence;
  }
}

/** What an error says, in the language in which it is drawn where the words are the page's own. */
export const sentenceOf = (error: unknown): Sentence =>
  error instanceof SentenceError ? error.sentence : error instanceof Error ? error.message : String(error);
