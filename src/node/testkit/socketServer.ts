/** `tabtpm socket` in this process, for tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTpm, type Tpm } from "../index.ts";
import { KeyRing } from "../socket/keyRing.ts";
import { parseSocketRequest } from "../socket/options.ts";
import { Reception } from "../socket/reception.ts";
import { openStore } from "../socket/serve.ts";
import { SwtpmServer } from "../socket/server.ts";

export interface SocketServer {
  server: SwtpmServer;
  /** Whose commands can be watched. */
  tpm: Tpm;
  /** Folder of the state. */
  dir: string;
  /** What it logged at level 1. */
  log: string[];
  close(): Promise<void>;
}

/**
 * @param args options of `tabtpm socket`, without --tpm2 and --tpmstate.
 * @param dir of the state; without it one that goes with the server.
 */
export async function startSocketServer(args: string[], dir?: string): Promise<SocketServer> {
  const folder = dir ?? (await mkdtemp(join(tmpdir(), "tabtpm-socket-")));
  const request = parseSocketRequest(["--tpm2", "--tpmstate", `dir=${folder}`, ...args], {});
  if (request?.kind !== "serve") throw new Error("These options start no server.");
  const { profile } = request.options;
  const keys = new KeyRing(request.options);
  const { store, storage } = openStore(request.options, keys);
  const tpm = createTpm({ store, ...(profile && { profile }) });
  const log: string[] = [];
  const logs = (level: number) => level <= 1;
  const line = (level: number, text: string) => void (logs(level) && log.push(text));
  let reception: Reception | undefined;
  const close = async () => {
    await reception?.close();
    storage?.abandon();
    await tpm.close();
  };
  let server: SwtpmServer;
  try {
    if (!storage?.isWaiting) await tpm.ready;
    reception = await Reception.open(request.options, { logs, line });
    server = await SwtpmServer.start(reception, tpm, { ...request.options, storage }, keys, { logs, line });
  } catch (error) {
    await close();
    throw error;
  }
  server.letIn();
  return {
    server,
    tpm,
    dir: folder,
    log,
    async close() {
      await reception?.close();
      await server.close();
      await close();
      if (dir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
