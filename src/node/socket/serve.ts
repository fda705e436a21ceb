/** What `tabtpm socket` does once it listens: this and what it imports take longer to load than it takes to listen. */
import { errorResponse } from "../../engine/responses.ts";
import { TPM_RC_FAILURE } from "../../spec/header.ts";
import { FileStore } from "../../store/file.ts";
import { createTpm } from "../index.ts";
import { u32 } from "../net/connection.ts";
import { aborted } from "../signals.ts";
import type { Streams } from "../terminal.ts";
import { daemonIsReady } from "./daemon.ts";
import { serveData } from "./dataChannel.ts";
import { KeyRing } from "./keyRing.ts";
import type { Log } from "./log.ts";
import type { SocketOptions } from "./options.ts";
import { writePid } from "./pidFile.ts";
import { FAIL } from "./protocol.ts";
import type { Reception, Speakers } from "./reception.ts";
import { SwtpmServer } from "./server.ts";

export { printCapabilities, printStates } from "./print.ts";

/** Serves until `signal` aborts or a client ends it. @throws when there is no TPM; clients have been told. */
export async function serve(
  reception: Reception,
  options: SocketOptions,
  { streams, log, signal }: { streams: Streams; log: Log; signal: AbortSignal },
): Promise<void> {
  const { dir, mode, profile, pid } = options;
  let close = async () => {};
  let server: SwtpmServer | undefined;
  let removePid = async () => {};
  try {
    const keys = new KeyRing(options);
    const tpm = createTpm({
      store: new FileStore({ dir, mode, seal: keys.file }),
      ...(profile === undefined ? {} : { profile }),
    });
    close = () => tpm.close();
    tpm.on("storeError", (error) => log.line(0, `the TPM's state could not be stored: ${error.message}`));
    await tpm.ready;
    server = await SwtpmServer.start(reception, tpm, options, keys, log);
    removePid = await writePid(pid);
    streams.stdout.write(`tabtpm: ${reception.where.join(", ")}\n`);
    daemonIsReady();
    server.letIn();
    await Promise.race([reception.stopped, aborted(signal)]);
  } catch (error) {
    await reception.turnAway(withoutTpm);
    throw error;
  } finally {
    await reception.close();
    await server?.close();
    await close();
    await removePid();
  }
}

/** For clients of a TPM that could not be started: one answer, which says that. */
export const withoutTpm: Speakers = {
  async control({ reader, write }) {
    await reader.u32();
    await write(u32(FAIL));
  },
  data: (client) => serveData(client, { disconnect: true, execute: async () => errorResponse(TPM_RC_FAILURE) }),
};
