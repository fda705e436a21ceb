/** The TPMs that are measured: the core in this process, `tabtpm socket` and swtpm over TCP. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Response, TestTpm } from "../../asm/tpm/testing/harness.ts";
import { Swtpm } from "../../asm/tpm/testing/swtpm.ts";

export interface Subject {
  name: string;
  run(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** Microseconds of CPU time of the process that is the TPM. */
  cpu(): number;
  stop(): Promise<void>;
}

/** Of all threads of a process that lives, in microseconds. */
function cpuOf(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanoseconds / 1000;
}

export function inProcess(): Subject {
  const tpm = TestTpm.started({ profile: 0 });
  return {
    name: "in process",
    run: (bytes) => tpm.run(bytes).bytes,
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    stop: async () => {},
  };
}

export async function overTcp(name: string, program: readonly string[]): Promise<Subject> {
  const server = await Swtpm.start(3, program);
  const started = new Response(await server.run(Uint8Array.from(Buffer.from("80010000000c000001440000", "hex"))));
  if (started.rc !== 0) throw new Error(`${name}: TPM2_Startup: 0x${started.rc.toString(16)}`);
  return { name, run: (bytes) => server.run(bytes), cpu: () => cpuOf(server.pid), stop: () => server.stop() };
}

export const TABTPM = [process.execPath, fileURLToPath(new URL("../../src/node/tabtpm.mjs", import.meta.url))];
