/** States that Debian's swtpm leaves behind where something was out of the ordinary: the TPM that comes of each goes on as swtpm's does. */
import { copyFileSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Swtpm, swtpmIsInstalled } from "../../../asm/testkit/swtpm.ts";
import { attributeBits, password } from "../../client/index.ts";
import { Furnisher, PRIMARIES } from "../../libtpms/testkit/furnished.ts";
import { run } from "../cli.ts";
import { createTpm } from "../index.ts";
import { FakeStreams } from "../testkit/streams.ts";

let home: string;
const at = (name: string) => join(home, name);
const opened: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tabtpm-odd-"));
  mkdirSync(at("swtpm"));
  mkdirSync(at("copy"));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  await rm(home, { recursive: true, force: true });
});

const NOTHING = new Uint8Array(0);
const text = (words: string) => new TextEncoder().encode(words);
const OPEN = attributeBits("TPMA_NV", "AUTHREAD", "AUTHWRITE", "NO_DA");
const ORDERLY = attributeBits("TPMA_NV", "ORDERLY");
const WITH_DA = attributeBits("TPMA_NV", "AUTHREAD", "AUTHWRITE");
const COUNTER = 0x10;
const HIERARCHIES = ["TPM_RH_OWNER", "TPM_RH_ENDORSEMENT", "TPM_RH_PLATFORM"] as const;

/** "TPM_RC_SUCCESS", or why not. */
const outcome = (asked: Promise<unknown>) =>
  asked.then(
    () => "TPM_RC_SUCCESS",
    (error: Error) => error.message,
  );

const define = ({ client }: Furnisher, nvIndex: number, attributes: number, dataSize: number, auth = "") =>
  client.call("NV_DefineSpace", {
    handles: { authHandle: "TPM_RH_OWNER" },
    parameters: {
      auth: text(auth),
      publicInfo: { nvIndex, nameAlg: "TPM_ALG_SHA256", attributes, authPolicy: NOTHING, dataSize },
    },
  });
const increment = ({ client }: Furnisher, nvIndex: number) =>
  client.call("NV_Increment", { handles: { authHandle: nvIndex, nvIndex } });
const write = ({ client }: Furnisher, nvIndex: number, data: Uint8Array, auth = "") =>
  client.call(
    "NV_Write",
    { handles: { authHandle: nvIndex, nvIndex }, parameters: { data, offset: 0 } },
    { sessions: [password(auth)] },
  );
const allocate = ({ client }: Furnisher, banks: Record<"TPM_ALG_SHA1" | "TPM_ALG_SHA256" | "TPM_ALG_SHA384", number>) =>
  client.call("PCR_Allocate", {
    handles: { authHandle: "TPM_RH_PLATFORM" },
    parameters: {
      pcrAllocation: (["TPM_ALG_SHA1", "TPM_ALG_SHA256", "TPM_ALG_SHA384"] as const).map((hash) => ({
        hash,
        pcrSelect: new Uint8Array(3).fill(banks[hash]),
      })),
    },
  });

/** What a client sees of it, and what it does to the next who asks. */
async function observed(tpm: Furnisher) {
  const { client } = tpm;
  const primaries: Record<string, string> = {};
  for (const hierarchy of HIERARCHIES) {
    const made = await tpm.primary(hierarchy, PRIMARIES.p256).catch((error: Error) => error.message);
    primaries[hierarchy] = typeof made === "string" ? made : Buffer.from(made.parameters.name).toString("hex");
    if (typeof made !== "string") await tpm.flush(made.handle);
  }
  const seen = {
    capabilities: await tpm.capabilities(),
    indices: await tpm.indices(""),
    persistent: await tpm.persistent(),
    primaries,
  };
  // Whatever of it changes the TPM comes last.
  const counters: Record<string, string> = {};
  for (const nvIndex of await tpm.handles(0x01000000)) {
    await outcome(increment(tpm, nvIndex));
    const index = await tpm.indices("");
    counters[nvIndex.toString(16)] = JSON.stringify(index[nvIndex.toString(16)]);
  }
  return {
    ...seen,
    counters,
    room: await outcome(define(tpm, 0x01600000, OPEN | COUNTER, 8)),
    first: await outcome(increment(tpm, 0x01600000)),
    fresh: (await tpm.indices(""))["1600000"],
    lockout: await outcome(client.call("DictionaryAttackLockReset", { handles: { lockHandle: "TPM_RH_LOCKOUT" } })),
    clear: await outcome(client.call("Clear", { handles: { authHandle: "TPM_RH_LOCKOUT" } })),
    after: await tpm.capabilities(),
  };
}

interface Odd {
  /** With a TPM that has had its TPM2_Startup(CLEAR). The power is cut behind it. */
  readonly happens: (tpm: Furnisher, process: Swtpm) => Promise<unknown>;
  readonly startup?: "TPM_SU_STATE";
}

const ODD: Record<string, Odd> = {
  "the power was cut between two increments of an orderly counter": {
    happens: async (tpm) => {
      await define(tpm, 0x01500001, OPEN | ORDERLY | COUNTER, 8);
      await define(tpm, 0x01500002, OPEN | ORDERLY, 16);
      for (let count = 0; count < 5; count++) await increment(tpm, 0x01500001);
      await write(tpm, 0x01500002, new Uint8Array(16).fill(7));
    },
  },
  "it was cleared, after it had been furnished": {
    happens: async (tpm) => {
      await tpm.furnish();
      await tpm.client.call(
        "Clear",
        { handles: { authHandle: "TPM_RH_LOCKOUT" } },
        { sessions: [password("lockout's")] },
      );
    },
  },
  "its seeds were changed, and nothing was shut down": {
    happens: async ({ client }) => {
      await client.call("ChangePPS", { handles: { authHandle: "TPM_RH_PLATFORM" } });
      await client.call("ChangeEPS", { handles: { authHandle: "TPM_RH_PLATFORM" } });
    },
  },
  "NV is full": {
    happens: async (tpm) => {
      let index = 0x01500000;
      for (const size of [2048, 512, 64, 8, 1]) {
        while ((await outcome(define(tpm, index, OPEN, size))) === "TPM_RC_SUCCESS") {
          await outcome(write(tpm, index, new Uint8Array(Math.min(size, 1024)).fill(index & 0xff)));
          index++;
        }
      }
      await tpm.shutdown();
    },
  },
  "the places for orderly indices are full": {
    happens: async (tpm) => {
      for (let index = 0x01500000; index < 0x01500040; index++) {
        if ((await outcome(define(tpm, index, OPEN | ORDERLY | COUNTER, 8))) !== "TPM_RC_SUCCESS") break;
        await outcome(increment(tpm, index));
      }
      await tpm.shutdown();
    },
  },
  "there is a SHA-1 bank and no other": {
    happens: async (tpm) => {
      await allocate(tpm, { TPM_ALG_SHA1: 0xff, TPM_ALG_SHA256: 0, TPM_ALG_SHA384: 0 });
      await tpm.shutdown();
    },
  },
  "another allocation of PCRs waits for the next TPM Reset, which was not orderly": {
    happens: (tpm) => allocate(tpm, { TPM_ALG_SHA1: 0, TPM_ALG_SHA256: 0x55, TPM_ALG_SHA384: 0xff }),
  },
  "it is in lockout": {
    happens: async (tpm) => {
      await tpm.client.call("DictionaryAttackParameters", {
        handles: { lockHandle: "TPM_RH_LOCKOUT" },
        parameters: { newMaxTries: 2, newRecoveryTime: 100_000, lockoutRecovery: 100_000 },
      });
      await define(tpm, 0x01500001, WITH_DA, 8, "right");
      for (let tries = 0; tries < 3; tries++) await outcome(write(tpm, 0x01500001, new Uint8Array(8), "wrong"));
      await tpm.shutdown();
    },
  },
  "a wrong password was counted, and the power was cut": {
    happens: async (tpm) => {
      await define(tpm, 0x01500001, WITH_DA, 8, "right");
      await outcome(write(tpm, 0x01500001, new Uint8Array(8), "wrong"));
      await write(tpm, 0x01500001, new Uint8Array(8).fill(3), "right");
    },
  },
  "lockoutAuth was given wrongly, and may not be used": {
    happens: async (tpm) => {
      await tpm.client.call("HierarchyChangeAuth", {
        handles: { authHandle: "TPM_RH_LOCKOUT" },
        parameters: { newAuth: text("right") },
      });
      await outcome(tpm.client.call("DictionaryAttackLockReset", { handles: { lockHandle: "TPM_RH_LOCKOUT" } }));
      await tpm.shutdown();
    },
  },
  "owner and endorsement hierarchy were switched off, and the TPM suspended": {
    happens: async (tpm) => {
      for (const enable of ["TPM_RH_OWNER", "TPM_RH_ENDORSEMENT"] as const) {
        await tpm.client.call("HierarchyControl", {
          handles: { authHandle: "TPM_RH_PLATFORM" },
          parameters: { enable, state: 0 },
        });
      }
      await tpm.shutdown("TPM_SU_STATE");
    },
    startup: "TPM_SU_STATE",
  },
  "the platform hierarchy was switched off, and the TPM suspended": {
    happens: async (tpm) => {
      await tpm.client.call("HierarchyControl", {
        handles: { authHandle: "TPM_RH_PLATFORM" },
        parameters: { enable: "TPM_RH_PLATFORM", state: 0 },
      });
      await tpm.shutdown("TPM_SU_STATE");
    },
    startup: "TPM_SU_STATE",
  },
  "TPM2_Clear was forbidden": {
    happens: async (tpm) => {
      await tpm.client.call("ClearControl", { handles: { auth: "TPM_RH_LOCKOUT" }, parameters: { disable: 1 } });
      await tpm.shutdown();
    },
  },
  "a counter was deleted: the next one goes on from it": {
    happens: async (tpm) => {
      await define(tpm, 0x01500001, OPEN | COUNTER, 8);
      for (let count = 0; count < 9; count++) await increment(tpm, 0x01500001);
      await tpm.client.call("NV_UndefineSpace", {
        handles: { authHandle: "TPM_RH_OWNER", nvIndex: 0x01500001 },
      });
    },
  },
  "there are as many persistent objects as fit, of every kind": {
    happens: async (tpm) => {
      const { client } = tpm;
      const kinds = ["rsa1024", "p384", "p521", "bn256", "hmac", "aes", "aesStorage", "p256"] as const;
      for (let count = 0; count < 100; count++) {
        const made = await tpm.primary("TPM_RH_OWNER", PRIMARIES[kinds[count % kinds.length] as "p256"]);
        const kept = await outcome(
          client.call("EvictControl", {
            handles: { auth: "TPM_RH_OWNER", objectHandle: made.handle },
            parameters: { persistentHandle: 0x81000000 + count },
          }),
        );
        await tpm.flush(made.handle);
        if (kept !== "TPM_RC_SUCCESS") break;
      }
      await tpm.shutdown();
    },
  },
  "everything was locked for writing, and the TPM suspended": {
    happens: async (tpm) => {
      const bits = attributeBits("TPMA_NV", "GLOBALLOCK", "WRITE_STCLEAR", "READ_STCLEAR");
      for (const nvIndex of [0x01500001, 0x01500002]) {
        await define(tpm, nvIndex, (OPEN | bits) >>> 0, 4);
        await write(tpm, nvIndex, new Uint8Array(4).fill(9));
      }
      await tpm.client.call("NV_GlobalWriteLock", { handles: { authHandle: "TPM_RH_OWNER" } });
      await tpm.client.call("NV_ReadLock", { handles: { authHandle: 0x01500002, nvIndex: 0x01500002 } });
      await tpm.shutdown("TPM_SU_STATE");
    },
    startup: "TPM_SU_STATE",
  },
  "it was suspended, and was started afresh": {
    happens: async (tpm, process) => {
      await tpm.shutdown("TPM_SU_STATE");
      await process.init();
      await tpm.startup();
    },
  },
  "it was suspended twice": {
    happens: async (tpm, process) => {
      await tpm.shutdown("TPM_SU_STATE");
      await process.init();
      await tpm.startup("TPM_SU_STATE");
      await tpm.shutdown("TPM_SU_STATE");
    },
    startup: "TPM_SU_STATE",
  },
};

describe.runIf(swtpmIsInstalled())("tabtpm import-swtpm, when", () => {
  it.each(Object.entries(ODD))("%s", async (_, { happens, startup }) => {
    const process = await Swtpm.on(at("swtpm"), []);
    opened.push(() => process.stop());
    const theirs = new Furnisher({ execute: (command, options) => process.run(command, options?.locality) });
    await theirs.startup();
    await happens(theirs, process);
    // What the file has at this moment is what a power cut leaves.
    copyFileSync(at("swtpm/tpm2-00.permall"), at("copy/tpm2-00.permall"));
    await process.init();
    const streams = new FakeStreams(false);
    expect(await run(["import-swtpm", "--from", at("copy"), "--to", at("tpm")], streams), streams.errors).toBe(0);
    const tpm = createTpm({ store: { kind: "file", dir: at("tpm") } });
    opened.push(() => tpm.close());
    await tpm.powerOn();
    const ours = new Furnisher(tpm);
    const started = [await outcome(theirs.startup(startup)), await outcome(ours.startup(startup))];
    expect(started[1]).toBe(started[0]);
    expect(await observed(ours)).toEqual(await observed(theirs));
  });
});
