/** Names that a guest may use in a folder of the host. */
import { FileError } from "../../share/errors.ts";
import { checkName } from "../../share/names.ts";

/** What Windows' own names can't have; a backslash or a drive's colon would even lead out of the folder. */
const NOT_ON_WINDOWS = /[\\/:*?"<>|\p{Cc}]|[. ]$/u;
const WINDOWS_DEVICES = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/**
 * @param name of one file or folder, as the guest sends it
 * @throws FileError EINVAL, EILSEQ or ENAMETOOLONG for what is no single name on this host
 */
export function checkHostName(name: string, platform: NodeJS.Platform = process.platform): void {
  checkName(name);
  if (platform !== "win32") return;
  if (NOT_ON_WINDOWS.test(name) || WINDOWS_DEVICES.test(name)) {
    throw new FileError("EINVAL", `${JSON.stringify(name)} can't be the name of a file on Windows`);
  }
}
