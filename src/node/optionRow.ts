/** Tables of options. */

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

/** An option of `attest` or `verify`, in their tables. */
export interface TableOption {
  /** How its value looks; without one the option stands alone. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
}

/** Where the explanations begin. */
const COLUMN = 26;

/** The lines of a table in a help. */
export const optionLines = (rows: readonly (readonly [name: string, option: TableOption])[]): string =>
  rows
    .map(([name, { short, value, help }]) => {
      const head = `  ${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`;
      return `${head.padEnd(COLUMN)}${help}`;
    })
    .join("\n");
