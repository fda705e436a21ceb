/** `tabtpm socket`: the TPM behind swtpm's protocol, with swtpm's options. */
import { FileStore } from "../../store/file.ts";
import { createTpm } from "../index.ts";
import { aborted } from "../signals.ts";
import type { Streams } from "../terminal.ts";
import { daemonIsReady, daemonize, isDaemon } from "./daemon.ts";
import { KeyRing } from "./keyRing.ts";
import { Log } from "./log.ts";
import { parseSocketRequest, type SocketOptions, type SocketRequest, type User } from "./options.ts";
import { writePid } from "./pidFile.ts";
import { printCapabilities, printStates } from "./print.ts";
import { SwtpmServer } from "./server.ts";

export const SOCKET_HELP = `Usage: tabtpm socket --tpm2 --tpmstate dir=DIR [options]

Serves a TPM 2.0 as \`swtpm socket\` does, with its options and its protocol: for QEMU's -tpmdev emulator, for
TPM2TOOLS_TCTI=swtpm:port=2321, for swtpm_ioctl. SIGTERM, Ctrl-C or CMD_SHUTDOWN ends it.

Options:
  --tpmstate dir=DIR[,mode=0600]
                                the folder of the TPM's state (made when missing); or TPM_PATH, or backend-uri=dir://DIR
  --server type=tcp,port=N[,bindaddr=ADDRESS[,ifname=NAME]][,disconnect]
  --server type=unixio,path=PATH[,mode=0770][,uid=USER][,gid=GROUP][,disconnect]
  --server fd=N                 where TPM commands come in; port 0 takes any that is free; fd is a connection
  --ctrl type=tcp,port=N[,bindaddr=ADDRESS[,ifname=NAME]]
  --ctrl type=unixio,path=PATH[,mode=0770][,uid=USER][,gid=GROUP]
  --ctrl type=TYPE,fd=N|clientfd=N
                                the control channel; fd is a listening socket, clientfd a connection
  --ctrl ...,terminate          end when the client closes the control channel
  -p, --port N                  as --server type=tcp,port=N,disconnect; or TPM_PORT
  -f, --fd N                    as --server fd=N
  -t, --terminate               end when the client closes the data channel
  --flags not-need-init[,startup-clear|startup-state|startup-none][,auto-shutdown]
                                take commands without CMD_INIT; send TPM2_Startup; send TPM2_Shutdown before a reset and at
                                the end when the client has not (tabtpm only; disable-auto-shutdown, the default, is taken)
  --key file=PATH|fd=N[,format=hex|binary][,mode=aes-128-cbc|aes-256-cbc][,remove]
  --key pwdfile=PATH|pwdfd=N[,kdf=pbkdf2|sha512][,mode=aes-128-cbc|aes-256-cbc][,remove]
                                encrypt the state's files
  --migration-key ...           as --key: encrypt the state blobs that are sent to the next host
  --locality [allow-set-locality][,reject-locality-4]
  --log [file=PATH|fd=N][,level=N][,prefix=TEXT][,truncate]
                                0: errors; 1: connections and control commands; 2: TPM commands; 5: with parameters, without secrets
  --pid file=PATH|fd=N          write the process's id there
  -r, --runas USER              go on as this user
  -d, --daemon                  go to the background as soon as it listens
  --profile NAME                what a new TPM is made with: full (default) or libtpms-0.9 (tabtpm only)
  --print-capabilities, --print-states
  -h, --help                    this text
`;

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
  const log = new Log(options.log, (line) => streams.stderr.write(`tabtpm: ${line}`));
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
