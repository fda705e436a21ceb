/** What the operator asks a running fleet: a request in JSON, its size before it, and an answer likewise, on a Unix socket of the fleet's user. */
import { connect } from "node:net";
import { UsageError } from "../errors.ts";
import type { Connection } from "../net/connection.ts";
import { converse, ProtocolError, u32 } from "../net/connection.ts";
import { type Listener, listen } from "../net/listen.ts";
import type { Fleet, FleetStatus } from "./fleet.ts";
import { operatorSocket } from "./names.ts";

export type OperatorRequest = { do: "status" } | { do: "create" | "remove"; name: string };
export type OperatorAnswer =
  | { ok: true; status?: FleetStatus; kept?: string }
  /** `usage`: the name is none. */
  | { ok: false; reason: string; usage: boolean };

/** A request, bytes. */
const MAX_REQUEST = 4096;
/** Of an answer: the status of a hundred thousand TPMs. */
const MAX_ANSWER = 64 * 1024 * 1024;

/** @param log hears of what clients did wrong. */
export function listenForOperator(fleet: Fleet, dir: string, log: (text: string) => void): Promise<Listener> {
  const address = { kind: "unix", path: operatorSocket(dir), mode: 0o600 } as const;
  return listen(address, "--listen", (socket) => {
    const report = (error: Error) => log(`an operator was cut off: ${error.message}`);
    void converse(socket, (client) => serveOperator(fleet, client), report);
  });
}

async function serveOperator(fleet: Fleet, { reader, write }: Connection): Promise<void> {
  for (;;) {
    const size = await reader.u32();
    if (size > MAX_REQUEST) throw new ProtocolError(`a request of ${size} octets`);
    const answer = Buffer.from(JSON.stringify(await answerTo(fleet, await reader.take(size))));
    await write(u32(answer.length), answer);
  }
}

async function answerTo(fleet: Fleet, bytes: Uint8Array): Promise<OperatorAnswer> {
  try {
    const request = parseRequest(bytes);
    switch (request.do) {
      case "status":
        return { ok: true, status: fleet.status };
      case "create":
        await fleet.create(request.name);
        return { ok: true };
      case "remove":
        return { ok: true, kept: await fleet.remove(request.name) };
    }
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    return { ok: false, reason: (error as Error).message, usage: error instanceof UsageError };
  }
}

/** @throws ProtocolError */
export function parseRequest(bytes: Uint8Array): OperatorRequest {
  let request: unknown;
  try {
    request = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProtocolError("a request that is no JSON", { cause });
  }
  const { do: what, name } = (typeof request === "object" && request !== null ? request : {}) as Record<
    string,
    unknown
  >;
  if (what === "status") return { do: what };
  if ((what === "create" || what === "remove") && typeof name === "string") return { do: what, name };
  throw new ProtocolError("a request that is none of the known ones");
}

/** @throws Error when no fleet listens there. */
export async function askFleet(dir: string, request: OperatorRequest): Promise<OperatorAnswer> {
  const path = operatorSocket(dir);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer: OperatorAnswer | undefined;
    const speak = async ({ reader, write }: Connection) => {
      const body = Buffer.from(JSON.stringify(request));
      await write(u32(body.length), body);
      const size = await reader.u32();
      if (size > MAX_ANSWER) throw new ProtocolError(`an answer of ${size} octets`);
      answer = JSON.parse(Buffer.from(await reader.take(size)).toString("utf8")) as OperatorAnswer;
    };
    socket.once("error", (cause) => {
      reject(new Error(`No fleet listens in ${dir}: ${cause.message}. Start one with tabtpm fleet.`, { cause }));
    });
    socket.once("connect", () => {
      void converse(socket, speak, reject).then(() => {
        if (answer) resolve(answer);
        else reject(new Error(`The fleet in ${dir} ended before it answered.`));
      });
    });
  });
}
