/** The `tabtpm` command: what src/node/bin/tabtpm.mjs runs once everything is built. */
import { SUPPORTED_V86_VERSION } from "../v86/internals.ts";
import { isUsageError, UsageError } from "./errors.ts";
import type { Streams } from "./terminal.ts";
import { version } from "./version.ts";

const HELP = `Usage: tabtpm <command> [options]

A TPM 2.0 that lives in a browser tab, and in Node.

Commands:
  boot           boot the Linux guest with its TPM in this terminal
  fleet          serve many TPMs in one process, each as swtpm does
  bridge         offer any TPM (swtpm, a simulator, /dev/tpm0, one of its own) to a guest on a WebSocket
  history        print how the PCRs of a saved boot came to their values, and what differs from another
  provision      make a new TPM with Endorsement Key certificates, as swtpm_setup does
  import-swtpm   bring in the TPM that swtpm keeps in a folder
  install-swtpm  write programs named swtpm, swtpm_setup and swtpm_ioctl, for libvirt
  simulator      serve the TPM over the protocol of the TCG's simulator (tpm2-tools: mssim)
  inspect        print what a stored TPM holds, but no secrets
  socket         serve the TPM as swtpm does, with swtpm's options (tpm2-tools: swtpm; QEMU)
  attest         let a TPM attest its keys and PCRs, for verify
  verify         check a quote with its logs against a policy

tabtpm <command> --help tells more. tabtpm --version prints the version.
`;

type Run = (argv: readonly string[], streams: Streams) => Promise<number>;

/** Each is loaded when it is asked for, and nothing else: in the package it is a bundle of its own. */
const COMMANDS = new Map<string, () => Promise<Run>>([
  [
    "attest",
    async () => {
      const { ATTEST_HELP, attest, parseAttestOptions } = await import("./attest/command.ts");
      return command(ATTEST_HELP, parseAttestOptions, attest, "may come too late");
    },
  ],
  [
    "boot",
    async () => {
      const { BOOT_HELP, boot, parseBootOptions } = await import("./boot.ts").catch(explainMissingV86);
      return command(BOOT_HELP, parseBootOptions, boot, "breaks off");
    },
  ],
  [
    "fleet",
    async () => {
      const { FLEET_HELP, parseFleetOptions, runFleet } = await import("./fleet/command.ts");
      return command(FLEET_HELP, parseFleetOptions, runFleet, "ends");
    },
  ],
  [
    "bridge",
    async () => {
      const { BRIDGE_HELP, bridge, parseBridgeOptions } = await import("./bridge/command.ts");
      return command(BRIDGE_HELP, parseBridgeOptions, bridge, "ends");
    },
  ],
  [
    "history",
    async () => {
      const { HISTORY_HELP, parseHistoryOptions, printHistory } = await import("./history.ts");
      return command(HISTORY_HELP, parseHistoryOptions, printHistory, "ends");
    },
  ],
  [
    "import-swtpm",
    async () => {
      const { IMPORT_SWTPM_HELP, importSwtpm, parseImportOptions } = await import("./importSwtpm/command.ts");
      return command(IMPORT_SWTPM_HELP, parseImportOptions, importSwtpm, "may come too late");
    },
  ],
  [
    "inspect",
    async () => {
      const { INSPECT_HELP, inspect, parseInspectOptions } = await import("./inspect.ts");
      return command(INSPECT_HELP, parseInspectOptions, inspect, "ends");
    },
  ],
  [
    "install-swtpm",
    async () => {
      const { INSTALL_SWTPM_HELP, installSwtpm, parseInstallOptions } = await import("./installSwtpm.ts");
      return command(INSTALL_SWTPM_HELP, parseInstallOptions, installSwtpm, "may come too late");
    },
  ],
  [
    "provision",
    async () => {
      const { PROVISION_HELP, parseProvisionOptions, provisionFolder } = await import("./provision/command.ts");
      return command(PROVISION_HELP, parseProvisionOptions, provisionFolder, "may come too late");
    },
  ],
  [
    // By the name that `install-swtpm` gives it: as provision, and no TPM 1.2 becomes a 2.0 unasked.
    "swtpm_setup",
    async () => {
      const { PROVISION_HELP, parseSetupOptions, provisionFolder } = await import("./provision/command.ts");
      return command(PROVISION_HELP, parseSetupOptions, provisionFolder, "may come too late");
    },
  ],
  [
    "simulator",
    async () => {
      const { parseSimulatorOptions, SIMULATOR_HELP, simulate } = await import("./simulator/command.ts");
      return command(SIMULATOR_HELP, parseSimulatorOptions, simulate, "ends");
    },
  ],
  [
    // By the name that `install-swtpm` gives it.
    "swtpm_ioctl",
    async () => {
      const { IOCTL_HELP, ioctl, parseIoctlOptions } = await import("./socket/ioctl.ts");
      return command(IOCTL_HELP, parseIoctlOptions, ioctl, "breaks off");
    },
  ],
  [
    "socket",
    async () => {
      const { parseSocketOptions, SOCKET_HELP, serveSocket } = await import("./socket/command.ts");
      return command(SOCKET_HELP, parseSocketOptions, serveSocket, "ends");
    },
  ],
  [
    "verify",
    async () => {
      const { parseVerifyOptions, VERIFY_HELP, verify } = await import("./verify/command.ts");
      return command(VERIFY_HELP, parseVerifyOptions, verify, "breaks off");
    },
  ],
]);

/** v86 is a peer dependency, which npm installs unless it is told not to. @throws always. */
function explainMissingV86(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes("'v86'")) throw error;
  const install = `npm install --save-exact v86@${SUPPORTED_V86_VERSION}`;
  throw new Error(`boot needs v86, the PC emulator, which is not installed. Install it beside tabtpm: ${install}`, {
    cause: error,
  });
}

/** Commands of swtpm that are none here. */
const IMPOSSIBLE = {
  chardev: "make ioctl calls, which character devices and /dev/vtpmx need",
  cuse: "make ioctl calls, which a character device in userspace has to answer",
};

/** Exit codes beyond 0 and 1 (failed), and beyond those that a command's help tells of. */
const EXIT_USAGE = 2;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const EXIT_BY_SIGNAL = 128;
/** Of a state that can't be used, by the reasons of SealedStateError and TpmStateError: see docs/formats.md. */
const EXIT_BY_REASON: Readonly<Record<string, number>> = {
  "wrong-passphrase": 10,
  damaged: 11,
  newer: 12,
  other: 13,
};

/** Not by `instanceof`: each command's bundle has classes of its own. */
function exitCodeOf(error: unknown): number {
  const { name, reason } = error as { name?: unknown; reason?: unknown };
  if (name !== "SealedStateError" && name !== "TpmStateError") return 1;
  return EXIT_BY_REASON[String(reason)] ?? 1;
}
/** For who reads standard error, once all is done. */
const PATIENCE_MS = 1000;

/**
 * Runs a command to its end and sets `process.exitCode`: 0, 1 when it failed, 2 for a wrong command line, 128 + n
 * when a signal ended it.
 * @param argv the arguments after the program's name.
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv, process);
  // What nobody reads of a log keeps the process no longer than this; what a user reads slowly (`| less`) does.
  setTimeout(() => {
    if (process.stdout.writableLength === 0) process.exit();
  }, PATIENCE_MS).unref();
}

/** @returns the exit code. */
export async function run(argv: readonly string[], streams: Streams): Promise<number> {
  const [name, ...rest] = argv;
  // Whoever reads may have gone (`| head -1`), or his disk may be full: what is said is lost then, and nothing else.
  for (const stream of [streams.stdout, streams.stderr]) stream.on("error", () => {});
  try {
    switch (name) {
      case "--version":
        streams.stdout.write(`${version()}\n`);
        return 0;
      case undefined:
      case "help":
      case "-h":
      case "--help":
        streams.stdout.write(HELP);
        return name === undefined ? EXIT_USAGE : 0;
      case "chardev":
      case "cuse":
        throw new UsageError(`tabtpm ${name} is not supported: Node can't ${IMPOSSIBLE[name]}. Use tabtpm socket.`);
    }
    const load = COMMANDS.get(name);
    if (load === undefined) throw new UsageError(`There is no command "${name}". See tabtpm --help.`);
    return await (await load())(rest, streams);
  } catch (error) {
    streams.stderr.write(`tabtpm: ${error instanceof Error ? error.message : String(error)}\n`);
    return isUsageError(error) ? EXIT_USAGE : exitCodeOf(error);
  }
}

/**
 * @param work gives an exit code, or nothing for 0.
 * @param signal what a signal means: a server `ends` by it, and that is how it should; it `breaks off` a boot, whatever comes
 * of it; or it `may come too late`, when the work was done.
 */
function command<T>(
  help: string,
  parse: (argv: readonly string[]) => T | undefined,
  work: (options: T, streams: Streams, signal: AbortSignal) => Promise<unknown>,
  signal: "ends" | "breaks off" | "may come too late",
): Run {
  return async (argv, streams) => {
    const options = parse(argv);
    if (options === undefined) {
      streams.stdout.write(help);
      return 0;
    }
    const { error, signalled, code } = await untilSignal((abort) => work(options, streams, abort));
    const isBrokenOff = signal === "breaks off" || (signal === "may come too late" && error !== undefined);
    if (signalled !== undefined && isBrokenOff) return EXIT_BY_SIGNAL + signalled;
    if (error !== undefined) throw error;
    return code ?? 0;
  };
}

/** @returns what `work` threw or gave, and the number of the first signal that came. */
async function untilSignal(
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<{ error?: unknown; signalled?: number; code?: number }> {
  const abort = new AbortController();
  let signalled: number | undefined;
  const listeners = Object.entries(SIGNALS).map(([signal, number]) => {
    const listener = () => {
      signalled ??= number;
      abort.abort(new Error(`ended by ${signal}`));
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  const ended = () => (signalled === undefined ? {} : { signalled });
  try {
    const code = await work(abort.signal);
    return typeof code === "number" ? { ...ended(), code } : ended();
  } catch (error) {
    return { ...ended(), error };
  } finally {
    for (const remove of listeners) remove();
  }
}
