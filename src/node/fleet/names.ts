/** What a TPM of a fleet may be called: a name that is a folder, a socket and a word of a command line alike. */
import { join } from "node:path";
import { UsageError } from "../errors.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** Of a Unix socket's path, without the zero at its end: Linux has 108 octets, others a little less. */
const MAX_SOCKET_PATH = process.platform === "linux" ? 107 : 103;

/** As tpm2-tools look for it: `swtpm:path=DIR/NAME.sock` finds the control channel beside it by this ending. */
export const dataSocket = (dir: string, name: string) => join(dir, `${name}.sock`);
export const controlSocket = (dir: string, name: string) => `${dataSocket(dir, name)}.ctrl`;
/** Where `tabtpm fleet list` and the like ask; no name of a TPM begins with a dot. */
export const operatorSocket = (dir: string) => join(dir, ".fleet.sock");

export const isFleetName = (name: string): boolean => NAME.test(name);

/** @param listen folder of the sockets. @throws UsageError */
export function checkFleetName(name: string, listen: string): void {
  if (!isFleetName(name)) {
    // An address may have a password in it.
    const shown = name.includes("://")
      ? "An address"
      : JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
    throw new UsageError(
      `${shown} is no name for a TPM: take 1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit.`,
    );
  }
  const path = controlSocket(listen, name);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return;
  throw new UsageError(
    `The socket's path ${path} has more than ${MAX_SOCKET_PATH} octets, which is what a Unix socket may have: take a shorter name or folder.`,
  );
}
