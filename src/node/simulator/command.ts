/** `tabtpm simulator`: the TPM behind the protocol of the TCG's and Microsoft's simulator. */
import type { TpmProfile } from "../../public.ts";
import { FileStore } from "../../store/file.ts";
import { MemoryStore } from "../../store/memory.ts";
import { CAPTURE_HELP, CAPTURE_OPTIONS, type CaptureOptions, parseCapture, recordTpm } from "../captureFile.ts";
import { NOT_DURABLE } from "../durability.ts";
import { UsageError } from "../errors.ts";
import { createTpm } from "../index.ts";
import { sealOf } from "../keySource.ts";
import { writerTo } from "../lineWriter.ts";
import { parseOptions, parsePort, parseProfile, parseState } from "../parse.ts";
import { aborted } from "../signals.ts";
import { type KeyOption, parseStateKey, STATE_KEY_HELP, STATE_KEY_OPTIONS } from "../stateKey.ts";
import type { Streams } from "../terminal.ts";
import { Simulator } from "./server.ts";
import { SwitchableStore } from "./switchableStore.ts";

export const SIMULATOR_HELP = `Usage: tabtpm simulator [options]

Serves a TPM 2.0 over the protocol of the TCG's and Microsoft's TPM simulator: TPM2TOOLS_TCTI=mssim:port=2321.
The platform's signals (power, NV, physical presence, cancel, ...) are on the next port. The TPM has no power until
a client turns it on, as all of them do. SIGTERM or Ctrl-C ends it.

Options:
  --port N         the command port (default 2321); the platform's is N + 1. 0 takes any two that are free
  --bind ADDRESS   listen on this address (default 127.0.0.1). Whoever reaches it owns the TPM
  --state DIR      keep the TPM's state in this folder (made when missing); without it the TPM is forgotten at the end
${STATE_KEY_HELP}  --durability none  (with --state) don't wait for the disk: a power cut or crash of the machine may then take the TPM,
                   all of it. For TPMs that are thrown away, as in CI; flush is the default
  --profile NAME   what a new TPM is made with: full (default) or libtpms-0.9
${CAPTURE_HELP}  -h, --help       this text
`;

export interface SimulatorOptions {
  port: number;
  host: string;
  /** Folder of the TPM's state; undefined = in memory only. */
  state: string | undefined;
  /** Encrypts it. */
  key: KeyOption | undefined;
  /** None: a commit does not wait for the disk. */
  durability: "flush" | "none" | undefined;
  profile: TpmProfile | undefined;
  /** Undefined: no capture. */
  pcap: CaptureOptions | undefined;
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseSimulatorOptions(argv: readonly string[]): SimulatorOptions | undefined {
  const values = parseOptions("simulator", argv, {
    port: { type: "string", default: "2321" },
    bind: { type: "string", default: "127.0.0.1" },
    state: { type: "string" },
    durability: { type: "string" },
    ...STATE_KEY_OPTIONS,
    profile: { type: "string" },
    ...CAPTURE_OPTIONS,
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return undefined;
  const port = parsePort(values.port, "--port");
  if (port === 65535) throw new UsageError("--port 65535 leaves no next port for the platform; choose a lower one.");
  return {
    port,
    host: values.bind,
    state: parseState(values.state),
    key: parseStateKey(values),
    durability: parseDurability(values.durability),
    profile: parseProfile(values.profile),
    pcap: parseCapture(values),
  };
}

function parseDurability(word: string | undefined): "flush" | "none" | undefined {
  if (word === undefined || word === "flush" || word === "none") return word;
  throw new UsageError(`--durability is flush or none; there is no "${word}".`);
}

/** Serves until `signal` aborts or a client says stop. Nothing that was acknowledged is lost then. */
export async function simulate(options: SimulatorOptions, streams: Streams, signal: AbortSignal): Promise<void> {
  const { state, key, durability, profile, host, port } = options;
  const stderr = writerTo(streams.stderr);
  const say = (text: string) => stderr.write(`tabtpm: ${text}\n`);
  const seal = key && sealOf(key);
  const store = new SwitchableStore(
    state === undefined
      ? new MemoryStore()
      : new FileStore({ dir: state, durability, onNotice: say, seal, adopts: key?.adopts }),
  );
  if (state !== undefined && durability === "none") say(NOT_DURABLE);
  const tpm = createTpm({ store, idleSelfTests: true, ...(profile === undefined ? {} : { profile }) });
  tpm.on("storeError", (error) => say(`the TPM's state could not be stored: ${error.message}`));
  const capture = recordTpm(tpm, options.pcap, say);
  let simulator: Simulator | undefined;
  try {
    const report = (error: Error) => say(`a client was cut off: ${error.message}`);
    simulator = await Simulator.start({ tpm, store, host, port, report });
    await tpm.ready;
    const { commands, platform } = simulator.where;
    streams.stdout.write(`tabtpm: TPM commands on ${commands}, platform on ${platform}\n`);
    await Promise.race([simulator.stopped, aborted(signal)]);
  } catch (error) {
    await simulator?.turnAway();
    throw error;
  } finally {
    await simulator?.close();
    await tpm.close();
    capture.close();
  }
}
