/** What a terminal would obey instead of showing it, or what would turn the order of letters round. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** A file's text in one line that can only be read: its makers, and the guest with its files' names, may be anybody. */
export const printable = (text: string): string =>
  text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
