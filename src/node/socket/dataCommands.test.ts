import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { marshalCommand, password } from "../../client/index.ts";
import { commands } from "../../spec/commands.ts";
import type { Refusal } from "../../spec/refusals.ts";
import { markedOf, shownIn } from "../../trace/testkit/marked.ts";
import { createTpm } from "../index.ts";
import { CommandLog } from "./commandLog.ts";
import { DataCommands } from "./dataCommands.ts";
import { Log } from "./log.ts";
import type { ServedTpm } from "./servedTpm.ts";

/** The highest level there is; swtpm's users ask for 20. */
const EVERYTHING = { target: undefined, level: 20, prefix: "" } as const;

/** What the log has after these commands, which `execute` answers. */
async function logged(
  sent: readonly Uint8Array[],
  execute: (command: Uint8Array) => Promise<Uint8Array>,
): Promise<string> {
  const lines: string[] = [];
  const served = {
    isRunning: true,
    locality: 0,
    reason: null,
    allowsLocality: () => true,
    execute,
  } as unknown as ServedTpm;
  const log = new Log(EVERYTHING, (line) => lines.push(line));
  const dataCommands = new DataCommands(served, { allowSetLocality: true }, new CommandLog(log));
  for (const command of sent) await dataCommands.execute(command, null);
  return lines.join("");
}

describe("the log of TPM commands", () => {
  it("never has a secret of any command in it, whole or cut short", async () => {
    for (const command of commands) {
      await fc.assert(
        fc.asyncProperty(markedOf(command), fc.nat(), async ({ octets, response }, cut) => {
          const sent = [octets, octets.subarray(0, cut % octets.length)];
          const text = await logged(sent, async () => response);
          expect(text).toContain("-> TPM_RC_SUCCESS");
          expect(shownIn(text)).toBeNull();
        }),
        { numRuns: 5 },
      );
    }
  });

  it("has an NV index's name and size, and not what is written to it or read from it", async () => {
    const tpm = createTpm({ store: { kind: "memory" } });
    const nvIndex = 0x0150_0001;
    const handles = { authHandle: nvIndex, nvIndex };
    const data = new TextEncoder().encode("QXZJVKWQXZJVKWQX");
    const publicInfo = {
      nvIndex,
      nameAlg: "TPM_ALG_SHA256" as const,
      attributes: 0x02040004,
      authPolicy: new Uint8Array(),
      dataSize: 16,
    };
    try {
      await tpm.powerOn();
      const text = await logged(
        [
          marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } }),
          marshalCommand("NV_DefineSpace", {
            handles: { authHandle: "TPM_RH_OWNER" },
            parameters: { auth: data, publicInfo },
          }),
          marshalCommand("NV_Write", { handles, sessions: [password(data)], parameters: { data, offset: 0 } }),
          marshalCommand("NV_Read", { handles, sessions: [password(data)], parameters: { size: 16, offset: 0 } }),
        ],
        (command) => tpm.execute(command),
      );
      expect(text.match(/-> TPM_RC_SUCCESS/g)).toHaveLength(4);
      expect(text).toContain("dataSize: 16");
      expect(text).toContain("data: (secret, 18 octets)");
      expect(shownIn(text)).toBeNull();
    } finally {
      await tpm.close();
    }
  });

  it("says why a command was refused, as the TPM noted it, and that of no other", async () => {
    const tpm = createTpm({ store: { kind: "memory" } });
    const lines: string[] = [];
    const served = {
      isRunning: true,
      locality: 0,
      reason: null as Refusal | null,
      allowsLocality: () => true,
      execute: (command: Uint8Array) => tpm.execute(command),
    };
    tpm.on("command", ({ reason }) => {
      served.reason = reason;
    });
    const log = new Log({ ...EVERYTHING, level: 2 }, (line) => lines.push(line));
    const commands = new DataCommands(served as unknown as ServedTpm, { allowSetLocality: true }, new CommandLog(log));
    try {
      await tpm.powerOn();
      await commands.execute(marshalCommand("GetRandom", { parameters: { bytesRequested: 1 } }), null);
      await commands.execute(marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } }), null);
      expect(lines.join("")).toBe(
        "locality 0: GetRandom() -> TPM_RC_INITIALIZE\n  TPM2_GetRandom came before TPM2_Startup.\nlocality 0: Startup() -> TPM_RC_SUCCESS\n",
      );
    } finally {
      await tpm.close();
    }
  });

  it("says why it shows nothing of a command that makes no sense", async () => {
    const command = marshalCommand("NV_Read", {
      handles: { authHandle: "TPM_RH_OWNER", nvIndex: 0x0150_0001 },
      parameters: { size: 16, offset: 0 },
    });
    const text = await logged([command.subarray(0, command.length - 1)], async () => new Uint8Array(10));
    expect(text).toContain("problem: offset needs 2 octets at offset");
  });
});
