/** What the guest finds below /run/host: the folder that is its /mnt, and the archive of rare tools. */
import { FixedFile, FixedFolder, textFile } from "../share/fixed.ts";
import type { ServedNode } from "../share/node.ts";
import { FileServer, type GuestShare } from "../share/server.ts";
import type { GuestArchive } from "./images.ts";

/** A folder that a guest may have as its /mnt: kept in a browser, or the host's own. */
export interface GuestFiles {
  readonly root: ServedNode;
}

export interface GuestShareOptions {
  /** The guest's /mnt; without it the guest has none of the host's. */
  files?: GuestFiles | undefined;
  /** Fetched when the guest first calls one of them. */
  tools?: GuestArchive | undefined;
}

/** The names are those that guest/files/etc/init.d/rcS and guest/files/usr/lib/tabtpm/first-use look for. */
export function guestShare({ files, tools }: GuestShareOptions): GuestShare {
  const offered = tools === undefined ? {} : toolFiles(tools);
  return new FileServer(
    new FixedFolder({ ...(files === undefined ? {} : { files: files.root }), tools: new FixedFolder(offered) }),
  );
}

function toolFiles(tools: GuestArchive) {
  let problem = "";
  const load = async (signal: AbortSignal) => {
    try {
      return await tools.load(signal);
    } catch (error) {
      problem = (error as Error).message;
      throw error;
    }
  };
  return {
    "tools.tar": new FixedFile(tools.unpackedSize, load, true),
    size: textFile(() => `${(tools.size / 1e6).toFixed(1)} MB`),
    problem: textFile(() => problem || "the guest could not unpack the archive; see df and free"),
  };
}
