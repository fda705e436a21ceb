/** What the option tables of swtpm's commands (`socket`, `provision`) have in common: each option is there once. */
export interface OptionBase {
  /** The letter that stands for it behind a single dash. */
  readonly short?: string;
  readonly help?: string;
  /** It is taken and does nothing: why. */
  readonly idle?: string;
  /** Why there is no such thing here, and what to do instead. */
  readonly refused?: string;
}
