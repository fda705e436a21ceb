/** `tabtpm fleet`: many TPMs behind swtpm's protocol, and what their operator asks of them. */
import { ensureFolder } from "../../store/durableFolder.ts";
import { NOT_DURABLE } from "../durability.ts";
import { UsageError } from "../errors.ts";
import { writerTo } from "../lineWriter.ts";
import type { Listener } from "../net/listen.ts";
import { aborted } from "../signals.ts";
import { KeyRing } from "../socket/keyRing.ts";
import { Log } from "../socket/log.ts";
import type { Streams } from "../terminal.ts";
import { Fleet, type FleetStatus } from "./fleet.ts";
import { FolderStates } from "./folderStates.ts";
import { askFleet, listenForOperator } from "./operator.ts";
import type { FleetRequest, FleetServeOptions } from "./options.ts";
import type { FleetStates } from "./states.ts";

export { FLEET_HELP } from "./help.ts";
export { parseFleetOptions } from "./options.ts";

/** Serves until `signal` aborts, or asks a fleet that runs. */
export async function runFleet(request: FleetRequest, streams: Streams, signal: AbortSignal): Promise<void> {
  switch (request.do) {
    case "serve":
      return serveFleet(request.options, streams, signal);
    case "list":
    case "status": {
      const { status } = await asked(request.listen, { do: "status" });
      if (status === undefined) throw new Error("The fleet's answer has no status: is it of another version?");
      streams.stdout.write(request.json ? `${JSON.stringify(status)}\n` : linesOf(request.do, status));
      return;
    }
    default:
      for (const name of request.names) {
        const { kept } = await asked(request.listen, { do: request.do, name });
        streams.stdout.write(kept === undefined ? `${name}: made\n` : `${name}: moved to ${kept}\n`);
      }
  }
}

async function asked(listen: string, question: Parameters<typeof askFleet>[1]) {
  const answer = await askFleet(listen, question);
  if (answer.ok) return answer;
  throw answer.usage ? new UsageError(answer.reason) : new Error(answer.reason);
}

const MIB = 1024 * 1024;

const countOf = (tpms: number) => `${tpms} ${tpms === 1 ? "TPM" : "TPMs"}`;

function linesOf(what: "list" | "status", { tpms, count, inMemory, maxInMemory, memory, store }: FleetStatus): string {
  if (what === "status") {
    const failed = tpms.filter(({ state }) => state === "failed").length;
    return `${countOf(count)} in ${store}: ${inMemory} in memory (at most ${maxInMemory}), ${failed} failed; ${Math.round(memory / MIB)} MiB\n`;
  }
  const width = Math.max(0, ...tpms.map(({ name }) => name.length));
  return tpms
    .map(({ name, state, clients, reason }) => {
      const used = clients === 0 ? "" : `, ${clients} connection${clients === 1 ? "" : "s"}`;
      return `${name.padEnd(width)}  ${state}${used}${reason === undefined ? "" : `: ${reason}`}\n`;
    })
    .join("");
}

async function serveFleet(options: FleetServeOptions, streams: Streams, signal: AbortSignal): Promise<void> {
  const stderr = writerTo(streams.stderr);
  const log = new Log({ target: undefined, level: options.logLevel, prefix: "" }, (line) =>
    stderr.write(`tabtpm: ${line}`),
  );
  const keys = new KeyRing(options);
  let [states, fleet, operator]: [FleetStates?, Fleet?, Listener?] = [];
  try {
    states = await openStates(options, keys, (text) => log.line(0, text));
    await ensureFolder(options.listen);
    fleet = await Fleet.open({ ...options, states, keys }, log);
    operator = await listenForOperator(fleet, options.listen, (text) => log.line(0, text));
    streams.stdout.write(`tabtpm: ${countOf(fleet.status.count)} of ${states.where} on sockets in ${options.listen}\n`);
    await aborted(signal);
  } finally {
    await operator?.close();
    await fleet?.close();
    await states?.close();
    log.close();
  }
}

async function openStates(
  { store, durability, leaseMs }: FleetServeOptions,
  keys: KeyRing,
  onNotice: (text: string) => void,
): Promise<FleetStates> {
  if (store.kind === "postgres") {
    const { PostgresStates } = await import("./postgresStates.ts");
    return PostgresStates.open(
      store.url,
      { seal: keys.file, adopts: keys.adoptsFiles },
      { durability, leaseMs, onNotice },
    );
  }
  if (durability === "none") onNotice(NOT_DURABLE);
  return FolderStates.open(store.dir, { seal: keys.file, adopts: keys.adoptsFiles, durability, onNotice });
}
