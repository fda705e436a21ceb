/** What `tabtpm socket` does once it listens: this and what it imports take longer to load than it takes to listen. */
import { FileStore } from "../../store/file.ts";
import type { TpmStore } from "../../store/store.ts";
import type { Capture } from "../captureFile.ts";
import { NOT_DURABLE } from "../durability.ts";
import { createTpm } from "../entries/tpm.ts";
import { profileOfFile } from "../profiles.ts";
import { aborted } from "../signals.ts";
import type { Streams } from "../terminal.ts";
import { daemonIsReady } from "./daemon.ts";
import { KeyRing } from "./keyRing.ts";
import type { Log } from "./log.ts";
import { MovableStore } from "./movableStore.ts";
import type { SocketOptions, SocketRequest } from "./options.ts";
import { writePid } from "./pidFile.ts";
import type { Reception } from "./reception.ts";
import { SwtpmServer } from "./server.ts";
import { withoutTpm } from "./withoutTpm.ts";

/** What a command line prints that starts no server. */
export async function printed(request: Exclude<SocketRequest, { kind: "serve" | "version" }>): Promise<string> {
  const { printCapabilities, printInfo, printProfiles, printStates } = await import("./print.ts");
  switch (request.kind) {
    case "print-capabilities":
      return printCapabilities();
    case "print-profiles":
      return printProfiles();
    case "print-states":
      return printStates(request.location);
    case "print-info":
      return printInfo(request.flags, request.location, new KeyRing({ key: request.key }), request.profile);
  }
}

/** Serves until `signal` aborts or a client ends it. @throws when there is no TPM; clients have been told. */
export async function serve(
  reception: Reception,
  options: SocketOptions,
  { streams, log, signal }: { streams: Streams; log: Log; signal: AbortSignal },
): Promise<void> {
  const { profileFrom, pid } = options;
  let close = async () => {};
  let server: SwtpmServer | undefined;
  let removePid = async () => {};
  try {
    const keys = new KeyRing(options);
    const profile = profileFrom ? profileOfFile("--profile", profileFrom) : options.profile;
    const { store, storage } = openStore(options, keys, (text) => log.line(0, text));
    if (options.durability === "none") {
      log.line(0, NOT_DURABLE);
      // A log that is a file, or none, is not where one looks first.
      if (options.log.target !== undefined) streams.stderr.write(`tabtpm: ${NOT_DURABLE}\n`);
    }
    const tpm = createTpm({ store, idleSelfTests: true, ...(profile === undefined ? {} : { profile }) });
    tpm.on("storeError", (error) => log.line(0, `the TPM's state could not be stored: ${error.message}`));
    let capture: Capture | undefined;
    close = async () => {
      storage?.abandon();
      await tpm.close();
      capture?.close();
    };
    if (options.pcap) {
      const { recordTpm } = await import("../captureFile.ts");
      capture = recordTpm(tpm, options.pcap, (text) => log.line(0, text));
    }
    // One that is to come from elsewhere comes over the control channel.
    if (!storage?.isWaiting) await tpm.ready;
    server = await SwtpmServer.start(reception, tpm, { ...options, storage }, keys, log);
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

/** The state's store; with --migration one whose lock comes and goes. */
export function openStore(
  { dir, file, mode, durability, migration }: Pick<SocketOptions, "dir" | "file" | "mode" | "durability" | "migration">,
  keys: KeyRing,
  onNotice?: (text: string) => void,
): { store: TpmStore; storage: MovableStore | undefined } {
  const store = new FileStore({ dir, file, mode, durability, onNotice, seal: keys.file, adopts: keys.adoptsFiles });
  if (!migration.incoming && !migration.releaseLockOutgoing) return { store, storage: undefined };
  const storage = new MovableStore(store, migration);
  return { store: storage, storage };
}
