/** `tabtpm socket`: the TPM behind swtpm's protocol, with swtpm's options. */
import { FileStore } from "../../store/file.ts";
import { createTpm } from "../index.ts";
import { writerTo } from "../lineWriter.ts";
import { aborted } from "../signals.ts";
import type { Streams } from "../terminal.ts";
import { daemonIsReady, daemonize, isDaemon } from "./daemon.ts";
import { KeyRing } from "./keyRing.ts";
import { Log } from "./log.ts";
import { parseSocketRequest, type SocketOptions, type SocketRequest } from "./options.ts";
import { writePid } from "./pidFile.ts";
import { printCapabilities, printStates } from "./print.ts";
import { SwtpmServer } from "./server.ts";
import type { User } from "./users.ts";

/** @returns undefined when help is asked for. @throws UsageError */
export function parseSocketOptions(argv: readonly string[]): SocketRequest | undefined {
  return parseSocketRequest(argv);
}

/** Serves until `signal` aborts or a client ends it. Nothing that was acknowledged is lost then. */
export async function serveSocket(request: SocketRequest, streams: Streams, signal: AbortSignal): Promise<void> {
  switch (request.kind) {
    case "print-capabilities":
      streams.stdout.write(printCapabilities());
      return;
    case "print-states":
      streams.stdout.write(await printStates(request.dir));
      return;
    case "serve":
      if (request.options.daemon && !isDaemon()) await daemonize(request.options);
      else await serve(request.options, streams, signal);
  }
}

async function serve(options: SocketOptions, streams: Streams, signal: AbortSignal): Promise<void> {
  const { dir, mode, profile, pid, runas } = options;
  if (runas) becomeUser(runas);
  const keys = new KeyRing(options);
  const stderr = writerTo(streams.stderr);
  const log = new Log(options.log, (line) => stderr.write(`tabtpm: ${line}`));
  const tpm = createTpm({
    store: new FileStore({ dir, mode, seal: keys.file }),
    ...(profile === undefined ? {} : { profile }),
  });
  tpm.on("storeError", (error) => log.line(0, `the TPM's state could not be stored: ${error.message}`));
  let server: SwtpmServer | undefined;
  let removePid = async () => {};
  try {
    await tpm.ready;
    server = await SwtpmServer.start(tpm, options, keys, log);
    removePid = await writePid(pid);
    const where = server.where.join(", ");
    streams.stdout.write(`tabtpm: ${where}\n`);
    daemonIsReady();
    await Promise.race([server.stopped, aborted(signal)]);
  } finally {
    await server?.close();
    await tpm.close();
    await removePid();
    log.close();
  }
}

/** For good: before any file is opened, so that none belongs to the one who started it. */
function becomeUser({ name, uid, gid }: User): void {
  // Not in the type declarations.
  const { initgroups } = process as { initgroups?: (user: string, group: number) => void };
  try {
    initgroups?.call(process, name, gid);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (cause) {
    throw new Error(`--runas ${name}: ${(cause as Error).message}. Only root may become another user.`, { cause });
  }
}
