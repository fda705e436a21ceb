/** SeaBIOS's menu: boot devices, and "t. TPM Configuration". */
import { bootMenuWaitFile, type FwCfgFile } from "../firmware/fwCfg.ts";

/** `true`: ESC is waited for as long as SeaBIOS thinks right, 2.5 s. */
export type BootMenu = boolean | { timeoutSeconds?: number };

const MOST_SECONDS = 3600;

/**
 * @returns the files that SeaBIOS reads of it; undefined for a firmware without the menu, which waits for nothing.
 * @throws TypeError for what is no menu, RangeError for seconds that are none.
 */
export function bootMenuFiles(menu: unknown): FwCfgFile[] | undefined {
  if (menu === undefined || menu === false) return undefined;
  if (menu === true) return [];
  if (typeof menu !== "object" || menu === null || Array.isArray(menu)) {
    throw new TypeError("The boot menu is given as true, false or { timeoutSeconds }");
  }
  const { timeoutSeconds } = menu as { timeoutSeconds?: unknown };
  if (timeoutSeconds === undefined) return [];
  if (typeof timeoutSeconds !== "number") {
    throw new TypeError(`The boot menu's timeoutSeconds is a number, no ${typeof timeoutSeconds}`);
  }
  const milliseconds = Math.round(timeoutSeconds * 1000);
  if (!(milliseconds > 0 && timeoutSeconds <= MOST_SECONDS)) {
    throw new RangeError(
      `The boot menu's timeoutSeconds must be more than 0 and at most ${MOST_SECONDS}, not ${timeoutSeconds}`,
    );
  }
  return [bootMenuWaitFile(milliseconds)];
}
