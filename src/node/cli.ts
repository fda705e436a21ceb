/** The `tabtpm` command: what src/node/tabtpm.mjs runs once everything is built. */
import { readFileSync } from "node:fs";
import { BOOT_HELP, boot, parseBootOptions } from "./boot.ts";
import { UsageError } from "./errors.ts";
import { INSPECT_HELP, inspect, parseInspectOptions } from "./inspect.ts";
import { PROVISION_HELP, parseProvisionOptions, provisionFolder } from "./provision/command.ts";
import { parseSimulatorOptions, SIMULATOR_HELP, simulate } from "./simulator/command.ts";
import { parseSocketOptions, serveSocket } from "./socket/command.ts";
import { SOCKET_HELP } from "./socket/help.ts";
import type { Streams } from "./terminal.ts";

const HELP = `Usage: tabtpm <command> [options]

A TPM 2.0 that lives in a browser tab, and in Node.

Commands:
  boot       boot the Linux guest with its TPM in this terminal
  provision  make a new TPM with Endorsement Key certificates, as swtpm_setup does
  simulator  serve the TPM over the protocol of the TCG's simulator (tpm2-tools: mssim)
  inspect    print what a stored TPM holds, but no secrets
  socket     serve the TPM as swtpm does, with swtpm's options (tpm2-tools: swtpm; QEMU)

tabtpm <command> --help tells more. tabtpm --version prints the version.
`;

/** Commands of swtpm that are none here. */
const IMPOSSIBLE = { chardev: "make the ioctls of /dev/vtpmx", cuse: "serve character devices" };

/** Exit codes beyond 0 and 1 (failed). */
const EXIT_USAGE = 2;
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const EXIT_BY_SIGNAL = 128;

/**
 * Runs a command to its end and sets `process.exitCode`: 0, 1 when it failed, 2 for a wrong command line, 128 + n
 * when a signal ended it.
 * @param argv the arguments after the program's name.
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv, process);
}

/** @returns the exit code. */
export async function run(argv: readonly string[], streams: Streams): Promise<number> {
  const [command, ...rest] = argv;
  try {
    switch (command) {
      case "boot":
        return await runBoot(rest, streams);
      case "inspect":
        return await runServer(parseInspectOptions(rest), INSPECT_HELP, inspect, streams);
      case "provision":
        return await runProvision(rest, streams);
      case "simulator":
        return await runServer(parseSimulatorOptions(rest), SIMULATOR_HELP, simulate, streams);
      case "socket":
        return await runServer(parseSocketOptions(rest), SOCKET_HELP, serveSocket, streams);
      case "--version":
        streams.stdout.write(`${version()}\n`);
        return 0;
      case undefined:
      case "help":
      case "-h":
      case "--help":
        streams.stdout.write(HELP);
        return command === undefined ? EXIT_USAGE : 0;
      case "chardev":
      case "cuse":
        throw new UsageError(
          `tabtpm ${command} is not supported: Node can't ${IMPOSSIBLE[command]}. Use tabtpm socket.`,
        );
      default:
        throw new UsageError(`There is no command "${command}". See tabtpm --help.`);
    }
  } catch (error) {
    streams.stderr.write(`tabtpm: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? EXIT_USAGE : 1;
  }
}

async function runBoot(argv: readonly string[], streams: Streams): Promise<number> {
  const options = parseBootOptions(argv);
  if (options === undefined) {
    streams.stdout.write(BOOT_HELP);
    return 0;
  }
  const { error, signalled } = await untilSignal((signal) => boot(options, streams, signal));
  if (signalled !== undefined) return EXIT_BY_SIGNAL + signalled;
  if (error !== undefined) throw error;
  return 0;
}

async function runProvision(argv: readonly string[], streams: Streams): Promise<number> {
  const options = parseProvisionOptions(argv);
  if (options === undefined) {
    streams.stdout.write(PROVISION_HELP);
    return 0;
  }
  const { error, signalled } = await untilSignal((signal) => provisionFolder(options, streams, signal));
  if (signalled !== undefined && error !== undefined) return EXIT_BY_SIGNAL + signalled;
  if (error !== undefined) throw error;
  return 0;
}

/** A server ends by a signal, and that is how it should: exit code 0. */
async function runServer<T>(
  options: T | undefined,
  help: string,
  serve: (options: T, streams: Streams, signal: AbortSignal) => Promise<void>,
  streams: Streams,
): Promise<number> {
  if (options === undefined) {
    streams.stdout.write(help);
    return 0;
  }
  const { error } = await untilSignal((signal) => serve(options, streams, signal));
  if (error !== undefined) throw error;
  return 0;
}

/** @returns what `work` threw, and the number of the first signal that came. */
async function untilSignal(
  work: (signal: AbortSignal) => Promise<void>,
): Promise<{ error?: unknown; signalled?: number }> {
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
    await work(abort.signal);
    return ended();
  } catch (error) {
    return { ...ended(), error };
  } finally {
    for (const remove of listeners) remove();
  }
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}
