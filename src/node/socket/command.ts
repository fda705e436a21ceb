/** `tabtpm socket`: the TPM behind swtpm's protocol, with swtpm's options. */
import { FileStore } from "../../store/file.ts";
import type { TpmStore } from "../../store/store.ts";
import { createTpm } from "../index.ts";
import { profileOfFile } from "../profiles.ts";
import { aborted } from "../signals.ts";
import { checkLocation } from "../stateLocation.ts";
import type { Streams } from "../terminal.ts";
import { becomeUser } from "../users.ts";
import { version } from "../version.ts";
import { daemonIsReady, daemonize, isDaemon } from "./daemon.ts";
import { KeyRing } from "./keyRing.ts";
import { Log } from "./log.ts";
import { MovableStore } from "./movableStore.ts";
import { parseSocketRequest, type SocketOptions, type SocketRequest } from "./options.ts";
import { writePid } from "./pidFile.ts";
import { printCapabilities, printInfo, printProfiles, printStates } from "./print.ts";
import { SwtpmServer } from "./server.ts";

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
    case "print-profiles":
      streams.stdout.write(printProfiles());
      return;
    case "version":
      streams.stdout.write(`${version()}\n`);
      return;
    case "print-states":
      streams.stdout.write(await printStates(request.location));
      return;
    case "print-info": {
      const { flags, location, key, profile } = request;
      streams.stdout.write(await printInfo(flags, location, new KeyRing({ key }), profile));
      return;
    }
    case "serve":
      if (request.options.daemon && !isDaemon()) await daemonize(request.options);
      else await serve(request.options, streams, signal);
  }
}

async function serve(options: SocketOptions, streams: Streams, signal: AbortSignal): Promise<void> {
  const { profileFrom, pid, runas } = options;
  checkLocation("--tpmstate", options);
  if (runas) becomeUser(runas);
  const keys = new KeyRing(options);
  const log = new Log(options.log, (line) => streams.stderr.write(`tabtpm: ${line}`));
  const profile = profileFrom ? profileOfFile("--profile", profileFrom) : options.profile;
  for (const reason of options.idle) log.line(0, reason);
  const { store, storage } = openStore(options, keys);
  const tpm = createTpm({
    store,
    idleSelfTests: true,
    ...(profile === undefined ? {} : { profile }),
  });
  tpm.on("storeError", (error) => log.line(0, `the TPM's state could not be stored: ${error.message}`));
  let server: SwtpmServer | undefined;
  let removePid = async () => {};
  try {
    if (!storage?.isWaiting) await tpm.ready;
    server = await SwtpmServer.start(tpm, { ...options, storage }, keys, log);
    removePid = await writePid(pid);
    const where = server.where.join(", ");
    streams.stdout.write(`tabtpm: ${where}\n`);
    daemonIsReady();
    await Promise.race([server.stopped, aborted(signal)]);
  } finally {
    await server?.close();
    storage?.abandon();
    await tpm.close();
    await removePid();
    log.close();
  }
}

/** The state's store; with --migration one whose lock comes and goes. */
export function openStore(
  { dir, file, mode, migration }: Pick<SocketOptions, "dir" | "file" | "mode" | "migration">,
  keys: KeyRing,
): { store: TpmStore; storage: MovableStore | undefined } {
  const store = new FileStore({ dir, file, mode, seal: keys.file, adopts: keys.adoptsFiles });
  if (!migration.incoming && !migration.releaseLockOutgoing) return { store, storage: undefined };
  const storage = new MovableStore(store, migration);
  return { store: storage, storage };
}
