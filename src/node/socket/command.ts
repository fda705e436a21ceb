/** `tabtpm socket`: the TPM behind swtpm's protocol, with swtpm's options. Clients can connect before there is a TPM. */
import { writerTo } from "../lineWriter.ts";
import type { Streams } from "../terminal.ts";
import { daemonize, isDaemon } from "./daemon.ts";
import { Log } from "./log.ts";
import { parseSocketRequest, type SocketOptions, type SocketRequest } from "./options.ts";
import { Reception } from "./reception.ts";
import type { User } from "./users.ts";

/** @returns undefined when help is asked for. @throws UsageError */
export function parseSocketOptions(argv: readonly string[]): SocketRequest | undefined {
  return parseSocketRequest(argv);
}

/** Serves until `signal` aborts or a client ends it. Nothing that was acknowledged is lost then. */
export async function serveSocket(request: SocketRequest, streams: Streams, signal: AbortSignal): Promise<void> {
  switch (request.kind) {
    case "print-capabilities":
      streams.stdout.write((await rest()).printCapabilities());
      return;
    case "print-states":
      streams.stdout.write(await (await rest()).printStates(request.dir));
      return;
    case "serve":
      if (request.options.daemon && !isDaemon()) await daemonize(request.options);
      else await listenAndServe(request.options, streams, signal);
  }
}

/** In the package a bundle of its own, which is loaded while clients wait. */
const rest = () => import("./serve.ts");

async function listenAndServe(options: SocketOptions, streams: Streams, signal: AbortSignal): Promise<void> {
  if (options.runas) becomeUser(options.runas);
  const stderr = writerTo(streams.stderr);
  const log = new Log(options.log, (line) => stderr.write(`tabtpm: ${line}`));
  let reception: Reception | undefined;
  try {
    reception = await Reception.open(options, log);
    const { serve } = await rest();
    await serve(reception, options, { streams, log, signal });
  } finally {
    await reception?.close();
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
