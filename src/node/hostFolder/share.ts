/** The folder that a user names for the guest. */
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { errorCode, fileError } from "../../store/fileErrors.ts";
import { UsageError } from "../errors.ts";
import { HostFolder } from "./index.ts";

/**
 * @param state folder of the TPM's state, which need not be there yet
 * @throws UsageError when there is no such folder, or when the guest could change its own TPM's state in it
 * @throws StoreError when it can't be read
 */
export async function openShare(share: string, state: string | undefined): Promise<HostFolder> {
  try {
    if (state !== undefined && (await leadsInto(await realpath(share), resolve(state)))) {
      throw new UsageError(
        `--share ${share} has the TPM's state (--state ${state}) in it, or the way to it, which the guest must not change. Share another folder.`,
      );
    }
    return await HostFolder.open(share);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = errorCode(error);
    if (code === "ENOENT") throw new UsageError(`--share ${share}: there is no such folder. Make it first.`);
    if (code === "ENOTDIR") throw new UsageError(`--share ${share} is no folder.`);
    throw fileError(error, "the folder can't be shared", share);
  }
}

/** Whether what has this path lies in the folder, or is reached by a link in it, which goes with the folders that the guest moves. */
async function leadsInto(folder: string, path: string): Promise<boolean> {
  if (isIn(folder, await realpathOf(path))) return true;
  const parent = dirname(path);
  return parent !== path && (await leadsInto(folder, parent));
}

/** Of what is there; the names of what is not follow. */
async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== "ENOENT" || parent === path) throw error;
    return join(await realpathOf(parent), basename(path));
  }
}

function isIn(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!isAbsolute(way) && way.split(/[\\/]/)[0] !== "..");
}
