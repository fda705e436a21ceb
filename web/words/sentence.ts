/**
 * What is said now and drawn later. One of the page's own is asked for again at each drawing, so that it follows the
 * language; what the library has said is a string, and stays as it is.
 */
export type Sentence = string | (() => string);

/** The sentence in the language that is in use. */
export const said = (sentence: Sentence): string => (typeof sentence === "string" ? sentence : sentence());
