/** `tabtpm socket`: the TPM behind swtpm's protocol, with swtpm's options. Clients can connect before there is a TPM. */
import { writerTo } from "../lineWriter.ts";
import { checkLocation } from "../stateLocation.ts";
import type { Streams } from "../terminal.ts";
import { becomeUser } from "../users.ts";
import { version } from "../version.ts";
import { daemonize, isDaemon } from "./daemon.ts";
import { Log } from "./log.ts";
import { parseSocketRequest, type SocketOptions, type SocketRequest } from "./options.ts";
import { Reception } from "./reception.ts";

export { SOCKET_HELP } from "./help.ts";

/** @returns undefined when help is asked for. @throws UsageError */
export function parseSocketOptions(argv: readonly string[]): SocketRequest | undefined {
  return parseSocketRequest(argv);
}

/** Serves until `signal` aborts or a client ends it. Nothing that was acknowledged is lost then. */
export async function serveSocket(request: SocketRequest, streams: Streams, signal: AbortSignal): Promise<void> {
  switch (request.kind) {
    case "version":
      streams.stdout.write(`${version()}\n`);
      return;
    case "serve":
      if (request.options.daemon && !isDaemon()) await daemonize(request.options);
      else await listenAndServe(request.options, streams, signal);
      return;
    default:
      streams.stdout.write(await (await rest()).printed(request));
  }
}

/** In the package a bundle of its own, which is loaded while clients wait. */
const rest = () => import("./serve.ts");

async function listenAndServe(options: SocketOptions, streams: Streams, signal: AbortSignal): Promise<void> {
  checkLocation("--tpmstate", options);
  if (options.runas) becomeUser(options.runas);
  const stderr = writerTo(streams.stderr);
  const log = new Log(options.log, (line) => stderr.write(`tabtpm: ${line}`));
  for (const reason of options.idle) log.line(0, reason);
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
