/** The state that goes in and out over the control channel, and TPM2_Shutdown on behalf of the client. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { password } from "../../client/index.ts";
import {
  codeOf,
  command,
  EXTEND_16,
  GET_RANDOM,
  hexOf,
  readPcr,
  responseCode,
  SHUTDOWN,
  STARTUP,
  STARTUP_STATE,
  SUCCESS,
} from "../testkit/messages.ts";
import { BLOB, OK, type SocketPair, startSocketPair } from "../testkit/socketPair.ts";

const FAIL = "00000009";
const BAD_PARAMETER = "00000003";
const AUTO_SHUTDOWN = ["--flags", "auto-shutdown"];

let pair: SocketPair;
beforeEach(async () => {
  pair = await startSocketPair();
});
afterEach(() => pair.close());
/** Starts a server with other options, and a state of its own. */
async function restart(...args: string[]): Promise<void> {
  await pair.close();
  pair = await startSocketPair(args);
}
const volatileFile = () => stat(join(pair.tabtpm.dir, "tpm2.volatile"));
const pcr16 = () => pair.data.ask(readPcr(16), 62);

/** A TPM in use. @returns what PCR 16 was given, which only this power cycle knows. */
async function use(): Promise<string> {
  expect(await pair.init()).toBe(OK);
  expect(await pair.data.ask(STARTUP, 10)).toBe(SUCCESS);
  expect(responseCode(await pair.data.ask(EXTEND_16, 19))).toBe(codeOf("TPM_RC_SUCCESS"));
  return pcr16();
}
/** Whether TPM2_Shutdown was sent before the last _TPM_Init: there is a state to start up from. */
async function wasShutDown(): Promise<boolean> {
  const response = await pair.data.ask(STARTUP_STATE, 10);
  if (response !== SUCCESS) expect(responseCode(response)).toBe(codeOf("TPM_RC_VALUE", { parameter: 1 }));
  return response === SUCCESS;
}

describe("the volatile state", () => {
  it("is stored, and the next CMD_INIT resumes from it", async () => {
    const pcr = await use();
    expect(await pair.store()).toBe(OK);
    await volatileFile();
    expect(await pair.init(1)).toBe(OK);
    expect(await pcr16()).toBe(pcr);
    await expect(volatileFile()).rejects.toThrow("ENOENT");
    // The next one is a plain _TPM_Init.
    expect(await pair.init()).toBe(OK);
    expect(responseCode(await pair.data.ask(readPcr(16), 10))).toBe(codeOf("TPM_RC_INITIALIZE"));
  });

  it("is not kept beside one that a client has taken", async () => {
    await use();
    expect(await pair.store()).toBe(OK);
    await pair.getBlob(BLOB.volatile);
    await expect(volatileFile()).rejects.toThrow("ENOENT");
  });

  it("that is resumed again and again forgives no wrong lockoutAuth that came after it", async () => {
    await use();
    expect(await pair.store()).toBe(OK);
    const lockReset = (auth: number[]) =>
      command("DictionaryAttackLockReset", {
        handles: { lockHandle: "TPM_RH_LOCKOUT" },
        sessions: [password(Uint8Array.from(auth))],
      });
    const tried = async (...auth: number[]) => responseCode(await pair.data.ask(lockReset(auth), 10));
    expect(await tried(8)).toBe(codeOf("TPM_RC_AUTH_FAIL", { session: 1 }));
    for (let i = 0; i < 3; i++) {
      expect(await pair.init()).toBe(OK);
      expect(await tried(i)).toBe(codeOf("TPM_RC_LOCKOUT"));
      expect(await tried()).toBe(codeOf("TPM_RC_LOCKOUT"));
    }
  });

  it("goes with the permanent state to another TPM, which goes on from there", async () => {
    const pcr = await use();
    const blobs = [(await pair.getBlob(BLOB.permanent)).blob, (await pair.getBlob(BLOB.volatile)).blob, ""];
    expect(await pair.control.ask(`0000000c ${OK} 00000003 ${OK}`, 16)).toBe(`00000800${OK.repeat(3)}`);
    expect((await pair.getBlob(BLOB.permanent, 1 << 20)).blob).toBe("");
    expect(await pair.control.ask(`0000000c ${OK} 00000004 ${OK}`, 16)).toBe(`${FAIL}${OK.repeat(3)}`);
    await restart();
    for (const [i, blob] of blobs.entries()) expect(await pair.setBlob(i + 1, blob)).toBe(OK);
    expect(await pair.init(1)).toBe(OK);
    expect(await pcr16()).toBe(pcr);
  });

  it("and the permanent one are refused when damaged, encrypted, of no type or absurd", async () => {
    await pair.init();
    const { blob: permanent } = await pair.getBlob(BLOB.permanent);
    const { blob: volatile } = await pair.getBlob(BLOB.volatile);
    await pair.stop();
    const damaged = permanent.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    expect(await pair.setBlob(BLOB.permanent, damaged)).toBe(FAIL);
    expect(await pair.setBlob(BLOB.permanent, permanent, hexOf(2))).toBe("0000000d");
    expect(await pair.setBlob(BLOB.saveState, "00")).toBe(BAD_PARAMETER);
    expect(await pair.setBlob(4, "00")).toBe(BAD_PARAMETER);
    expect(await pair.setBlob(BLOB.volatile, volatile.replace(/^../, "00"))).toBe(OK);
    // What is refused stays, whatever the flag says; the log tells where.
    for (const flag of [1, 0]) {
      expect(await pair.init(flag)).toBe(FAIL);
      expect(pair.tabtpm.log.slice(-2)[0]).toMatch(
        /volatile state .* is damaged, or of another TPM.*Remove .*volatile/,
      );
      expect((await volatileFile()).size).toBe(volatile.length / 2);
    }
    // An empty one is none.
    expect(await pair.setBlob(BLOB.volatile, "")).toBe(OK);
    await expect(volatileFile()).rejects.toThrow("ENOENT");
    expect(await pair.init()).toBe(OK);
    expect(await pair.data.ask(STARTUP, 10)).toBe(SUCCESS);
    await pair.stop();
    pair.control.send("0000000d 00000000 00000001 ffffffff");
    await pair.control.closed();
  });

  it("with any damage is refused at CMD_INIT, which says so, and the TPM has its own as before", async () => {
    const pcr = await use();
    const { blob } = await pair.getBlob(BLOB.volatile);
    const bytes = Buffer.from(blob, "hex");
    const change = { at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) };
    const damage = fc.record({
      changes: fc.array(fc.record(change), { minLength: 1, maxLength: 3 }),
      cut: fc.boolean(),
    });
    await pair.stop();
    await fc.assert(
      fc.asyncProperty(damage, async ({ changes, cut }) => {
        const bad = Buffer.from(bytes);
        for (const { at, by } of changes) bad[at] = (bytes[at] ?? 0) ^ by;
        // Not to nothing, which would be none.
        const hex = bad.subarray(0, cut ? Math.max(1, changes[0]?.at ?? 1) : bad.length).toString("hex");
        expect(await pair.setBlob(BLOB.volatile, hex)).toBe(OK);
        expect(await pair.init(1)).toBe(FAIL);
        expect(pair.tabtpm.log.slice(-2)[0]).toMatch(/volatile state .* is damaged, or of another TPM/);
      }),
      { numRuns: 20 },
    );
    // It goes with the permanent state only as that was.
    expect(await pair.setBlob(BLOB.volatile, blob)).toBe(OK);
    expect(await pair.init(1)).toBe(OK);
    expect(await pcr16()).toBe(pcr);
  });
});

describe("TPM2_Shutdown on behalf of the client", () => {
  const init = async () => {
    expect(await pair.init()).toBe(OK);
  };
  const stopAndInit = async () => {
    expect(await pair.stop()).toBe(OK);
    await init();
  };
  /** As after a restart of the host; the folder stays. */
  const endAndInit = async () => {
    const { tabtpm } = pair;
    await tabtpm.server.close();
    await tabtpm.server.tpm.close();
    pair = await startSocketPair(AUTO_SHUTDOWN, tabtpm.dir);
    const { close } = pair;
    pair.close = async () => {
      await close();
      await tabtpm.close();
    };
    await init();
  };
  const resets = [init, stopAndInit, endAndInit];

  it("is not sent unless asked for: a guest that was reset has no state to start up from", async () => {
    await use();
    await pair.init();
    expect(await wasShutDown()).toBe(false);
  });

  it("is sent before a reset, before the power goes, and at the end", async () => {
    await restart(...AUTO_SHUTDOWN);
    for (const reset of resets) {
      await use();
      await reset();
      expect(await wasShutDown()).toBe(true);
    }
  });

  it("is not sent when the client has; one that failed does not count", async () => {
    await restart(...AUTO_SHUTDOWN);
    await use();
    const unknown = SHUTDOWN.replace(/0000$/, "0007");
    expect(responseCode(await pair.data.ask(unknown, 10))).toBe(codeOf("TPM_RC_VALUE", { parameter: 1 }));
    await pair.init();
    expect(await wasShutDown()).toBe(true);
    await use();
    // TPM2_Shutdown(CLEAR) leaves no state to start up from.
    expect(await pair.data.ask(SHUTDOWN, 10)).toBe(SUCCESS);
    await pair.init();
    expect(await wasShutDown()).toBe(false);
  });

  it("is not sent while a stored volatile state waits, which goes with the permanent state as it is", async () => {
    await restart(...AUTO_SHUTDOWN);
    const pcr = await use();
    expect(await pair.store()).toBe(OK);
    for (const reset of resets) {
      // It stays until a CMD_INIT says otherwise: what came after it is forgotten each time.
      await reset();
      expect(await pcr16()).toBe(pcr);
      await pair.data.ask(EXTEND_16, 19);
    }
    expect(pair.tabtpm.log.join("\n")).not.toContain("TPM2_Shutdown was sent");
    // Once it is gone, the next reset is one like any other.
    expect(await pair.init(1)).toBe(OK);
    await expect(volatileFile()).rejects.toThrow("ENOENT");
    await pair.init();
    expect(await wasShutDown()).toBe(true);
  });

  it("is not sent while a client has the volatile state, and may bring it back", async () => {
    await restart(...AUTO_SHUTDOWN);
    const pcr = await use();
    const { blob } = await pair.getBlob(BLOB.volatile);
    expect(await pair.stop()).toBe(OK);
    expect(await pair.setBlob(BLOB.volatile, blob)).toBe(OK);
    expect(await pair.init(1)).toBe(OK);
    expect(await pcr16()).toBe(pcr);
  });

  it.each([
    [
      "a command came since",
      async () => {
        await pair.getBlob(BLOB.volatile);
        await pair.data.ask(GET_RANDOM, 16);
      },
    ],
    [
      "it was brought back",
      async () => {
        const { blob } = await pair.getBlob(BLOB.volatile);
        await pair.stop();
        await pair.setBlob(BLOB.volatile, blob);
        await pair.init(1);
      },
    ],
    [
      "it was brought back in place of one that was shut down",
      async () => {
        const blobs = [await pair.getBlob(BLOB.permanent), await pair.getBlob(BLOB.volatile)];
        expect(await pair.data.ask(SHUTDOWN, 10)).toBe(SUCCESS);
        await pair.stop();
        for (const [i, { blob }] of blobs.entries()) expect(await pair.setBlob(i + 1, blob)).toBe(OK);
        expect(await pair.init(1)).toBe(OK);
      },
    ],
    [
      "the TPM was resumed from another one",
      async () => {
        await pair.getBlob(BLOB.volatile);
        await pair.store();
        await pair.init(1);
      },
    ],
  ])("is sent when a client had the volatile state, but %s", async (_, happens) => {
    await restart(...AUTO_SHUTDOWN);
    await use();
    await happens();
    await stopAndInit();
    expect(await wasShutDown()).toBe(true);
  });
});
