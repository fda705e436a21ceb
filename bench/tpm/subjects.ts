/** The TPMs that are measured: the library in this process, `tabtpm socket` and swtpm over TCP. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Response } from "../../asm/testkit/harness.ts";
import { Swtpm } from "../../asm/testkit/swtpm.ts";
import type { createTpm } from "../../src/node/index.ts";
import { cpuOf } from "../processes.mjs";
import type { Call, Platform, Row } from "./row.ts";

export interface Subject extends Platform {
  name: string;
  has(row: Row): boolean;
  run(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** Makes the call so many times. This is what is timed. @throws where a command fails */
  repeat(call: Call, times: number): Promise<void> | void;
  /** Microseconds of CPU time of the process that is the TPM. */
  cpu(): number;
  stop(): Promise<void>;
}

const STARTUP = Uint8Array.from(Buffer.from("80010000000c000001440000", "hex"));
const NOTHING = new Uint8Array(0);

/** @throws for what is no success */
export function checked(bytes: Uint8Array): Response {
  const response = new Response(bytes);
  if (response.rc !== 0) throw new Error(`the response code is 0x${response.rc.toString(16)}`);
  return response;
}
/** Of an answer's four octets; without a view of it, for what is timed. */
const failed = (answer: Uint8Array) =>
  ((answer[6] ?? 1) | (answer[7] ?? 1) | (answer[8] ?? 1) | (answer[9] ?? 1)) !== 0;

/** @param create of the build: what is imported into a program that was not compiled in advance is slower */
export async function inProcess(create: typeof createTpm): Promise<Subject> {
  const tpm = create({ thread: "inline", store: { kind: "memory" } });
  await tpm.powerOn();
  checked(tpm.executeSync(STARTUP));
  return {
    name: "in process",
    has: () => true,
    run: (bytes) => tpm.executeSync(bytes),
    repeat(call, times) {
      for (let i = 0; i < times; i++) {
        let answer: Uint8Array = NOTHING;
        for (const part of call) {
          answer = tpm.executeSync(typeof part === "function" ? part(answer) : part);
          if (failed(answer)) checked(answer);
        }
      }
    },
    init: () => tpm.powerOn(),
    setPhysicalPresence: (asserted) => tpm.setPhysicalPresence(asserted),
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    stop: () => tpm.close(),
  };
}

async function overTcp(name: string, program: readonly string[], has: Subject["has"]): Promise<Subject> {
  const server = await Swtpm.start(3, program);
  checked(await server.run(STARTUP));
  return {
    name,
    has,
    run: (bytes) => server.run(bytes),
    async repeat(call, times) {
      for (let i = 0; i < times; i++) {
        let answer: Uint8Array = NOTHING;
        for (const part of call) {
          answer = await server.run(typeof part === "function" ? part(answer) : part);
          if (failed(answer)) checked(answer);
        }
      }
    },
    init: () => server.init(),
    cpu: () => cpuOf(server.pid),
    stop: () => server.stop(),
  };
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** @param clone the project's folder, this one or another */
export const commandOf = (clone: string = ROOT) => [process.execPath, join(clone, "src/node/bin/tabtpm.mjs")];
export const tabtpmOverTcp = (clone?: string) =>
  overTcp("tabtpm, TCP", commandOf(clone), ({ on }) => on !== "in process");
export const swtpmOverTcp = () => overTcp("swtpm, TCP", ["swtpm"], ({ on }) => on === undefined);
