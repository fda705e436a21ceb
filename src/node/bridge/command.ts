/** `tabtpm bridge`: any TPM on a WebSocket. */
import { isIP } from "node:net";
import type { TpmBackend } from "../../engine/backend.ts";
import { SharedChip } from "../../passthrough/index.ts";
import { FileStore } from "../../store/file.ts";
import { openForeignTpm } from "../backends/index.ts";
import { createTpm } from "../index.ts";
import { writerTo } from "../lineWriter.ts";
import { aborted } from "../signals.ts";
import { KeyRing } from "../socket/keyRing.ts";
import type { Streams } from "../terminal.ts";
import type { BridgeCommand } from "./options.ts";
import { BridgeServer } from "./server.ts";
import { SHARING } from "./sharing.ts";
import { newToken, tokenIn } from "./token.ts";

export { BRIDGE_HELP, parseBridgeOptions } from "./options.ts";

/** For a guest's last command, and the end of the TPM's power. */
const ENDING_MS = 5_000;

/** Serves until `signal` aborts. @throws what a TPM that can't be had throws, at the start; later a guest is told of it. */
export async function bridge(options: BridgeCommand, streams: Streams, signal: AbortSignal): Promise<void> {
  const stderr = writerTo(streams.stderr);
  const say = (text: string) => stderr.write(`tabtpm: ${text}\n`);
  const { host, port, origins, shared } = options;
  const backend = openBackend(options, say);
  let server: BridgeServer | undefined;
  try {
    await backend.tpm.ready;
    const token = options.tokenFile === undefined ? newToken() : await tokenIn(options.tokenFile);
    if (!isLoopback(host))
      say("--listen is no address of this machine alone: what goes over it can be read on its way");
    server = await BridgeServer.listen({
      tpm: backend.tpm,
      name: backend.name(),
      shared,
      token,
      origins,
      host,
      port,
      say,
    });
    if (shared) say(SHARING);
    const fragment = options.tokenFile === undefined ? `#${token}` : "";
    streams.stdout.write(`tabtpm: ${backend.name()} is bridged at ${server.url}${fragment}\n`);
    await aborted(signal);
  } finally {
    await endOf(server, backend);
  }
}

/** A TPM that does not answer any more does not keep the bridge: it loses its connection. */
async function endOf(server: BridgeServer | undefined, backend: Backend): Promise<void> {
  const closed = server?.close();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ENDING_MS);
  });
  await Promise.race([closed, patience]);
  clearTimeout(timer);
  await backend.close();
  await closed;
}

interface Backend {
  tpm: TpmBackend;
  name(): string;
  close(): Promise<void>;
}

function openBackend({ to, shared, allowed, key }: BridgeCommand, say: (text: string) => void): Backend {
  if (to.kind === "state") {
    const keys = new KeyRing({ key });
    const store = new FileStore({ dir: to.dir, seal: keys.file, adopts: keys.adoptsFiles, onNotice: say });
    const tpm = createTpm({ store, idleSelfTests: true });
    tpm.on("storeError", (error) => say(`the TPM's state could not be stored: ${error.message}`));
    return { tpm, name: () => `the TPM in ${to.dir}`, close: () => tpm.close() };
  }
  const chip = openForeignTpm(to, { shared });
  chip.on("lost", (error) => say(`${error.message} A reset of the guest connects anew.`));
  const tpm = shared
    ? new SharedChip(chip, {
        allowed,
        onRefused: ({ name, responseCode, why }) =>
          say(`the guest's ${name} was refused with 0x${responseCode.toString(16)}: ${why}`),
      })
    : chip;
  return { tpm, name: () => chip.name ?? to.kind, close: () => chip.close() };
}

const isLoopback = (host: string) =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
