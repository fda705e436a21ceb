/** Snapshots of the real guest with its TPM: in the same machine, in another one of the same state, from v86's initial_state. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RollbackRefusedError } from "../engine/rollback.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { createTpm, type Tpm } from "../node/index.ts";
import { readV86Wasm } from "../node/v86Wasm.ts";
import { TPM_CC } from "../spec/commands.ts";
import { codeOf } from "../spec/header.ts";
import { createMachine, type Machine } from "./machine.ts";
import { describeSnapshot } from "./snapshotFormat.ts";
import { GuestShell } from "./testkit/guestShell.ts";

const KEY = "0x81000010";

interface Pc {
  machine: Machine;
  tpm: Tpm;
  shell: GuestShell;
  /** TPM_CC of each command that the guest's device has given to the TPM. */
  given: number[];
  close(): Promise<void>;
}

let dir: string;
let pc: Pc;
/** While a key was being made, a hash sequence was half done and a policy session open. */
let state: ArrayBuffer;

/** A machine and its TPM over the folder, as a new process has them. It has no power yet. */
async function make(initial?: ArrayBuffer): Promise<Pc> {
  const tpm = createTpm({ store: { kind: "file", dir } });
  const given: number[] = [];
  const spied = new Proxy(tpm, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "execute") return value.bind(target);
      return (command: Uint8Array, options?: object) => {
        given.push(codeOf(command));
        return target.execute(command, options);
      };
    },
  });
  const machine = await createMachine({
    images: await loadGuestFromDirectory(),
    wasm: await readV86Wasm(),
    tpm: spied,
    ...(initial === undefined ? {} : { v86: { initial_state: { buffer: initial } } }),
  });
  const shell = new GuestShell(machine);
  return {
    ...{ machine, tpm, shell, given },
    close: async () => {
      await machine.destroy();
      await tpm.close();
    },
  };
}

async function untilGiven({ given }: Pc, code: number): Promise<void> {
  while (!given.includes(code)) await new Promise((resolve) => setImmediate(resolve));
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-snapshots-"));
  pc = await make();
  await pc.machine.powerOn();
  await pc.shell.stage("shell");
});
afterAll(async () => {
  await pc?.close();
  await rm(dir, { recursive: true, force: true });
});

/** What was begun before the snapshot comes to its end after it, as if nothing had been. */
async function expectAllIsThere({ shell, given }: Pc): Promise<void> {
  await shell.ok("until [ -e /tmp/made ]; do sleep 0.1; done");
  const handles = await shell.ok("tpm2_getcap handles-persistent");
  expect(handles.match(/0x81000010/g)).toHaveLength(1);
  expect(given.filter((code) => code === TPM_CC.TPM_CC_EvictControl)).toHaveLength(1);
  await shell.ok("tpm2_policycommandcode -S /tmp/s TPM2_CC_Unseal -L /tmp/policy; tpm2_flushcontext /tmp/s");
  expect((await shell.ok("od -An -tx1 /tmp/policy | tr -d ' \\n'")).length).toBe(64);
  await shell.ok("touch /tmp/go; until [ -e /tmp/hashed ]; do sleep 0.1; done");
  expect(await shell.ok("cat /tmp/hash")).toBe(createHash("sha256").update(Buffer.alloc(8000)).digest("hex"));
}

describe("a snapshot during the generation of an RSA key", () => {
  it("is taken when the key is made, with the guest held", async () => {
    const { shell, machine, given } = pc;
    await shell.ok("tpm2_startauthsession --policy-session -S /tmp/s");
    const [first, second] = [
      "head -c 4000 /dev/zero",
      "until [ -e /tmp/go ]; do sleep 0.1; done; head -c 4000 /dev/zero",
    ];
    shell.type(`(${first}; ${second}) | tpm2_hash -g sha256 --hex > /tmp/hash && touch /tmp/hashed &`);
    await untilGiven(pc, TPM_CC.TPM_CC_SequenceUpdate);
    given.length = 0;
    shell.type(`(tpm2_createprimary -G rsa -c /tmp/p -Q && tpm2_evictcontrol -c /tmp/p ${KEY}) && touch /tmp/made &`);
    await untilGiven(pc, TPM_CC.TPM_CC_CreatePrimary);
    state = await machine.saveState();
    expect(given.at(-1)).toBe(TPM_CC.TPM_CC_CreatePrimary);
    expect(describeSnapshot(state)).toMatchObject({ interface: "tis", profile: "full", notes: { stage: "shell" } });
    await expectAllIsThere(pc);
  });

  it("is refused once the key is stored: that would be lost", async () => {
    const error = await pc.machine.restoreState(state).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RollbackRefusedError);
    expect((error as RollbackRefusedError).lost).toMatchObject({
      otherTpm: false,
      keys: [{ handle: Number(KEY), change: "made" }],
    });
    expect(await pc.shell.ok("tpm2_getcap handles-persistent")).toContain("0x81000010");
  });

  it("goes on in the same machine, with the key there once", async () => {
    pc.given.length = 0;
    expect(await pc.machine.restoreState(state, { onMovedOn: "rollback" })).toMatchObject({ how: "rolled-back" });
    expect(pc.machine.stage).toBe("shell");
    await expectAllIsThere(pc);
    expect(pc.given).not.toContain(TPM_CC.TPM_CC_CreatePrimary);
  });

  it("goes on in a new machine, whose TPM has the state of the store", async () => {
    await pc.close();
    pc = await make();
    expect(await pc.machine.restoreState(state, { onMovedOn: "rollback" })).toMatchObject({ how: "rolled-back" });
    await expectAllIsThere(pc);
    expect(await pc.shell.ok("tpm2_readclock | grep safe")).toMatch(/safe: \w+/);
  });

  it("is what a new machine starts from", async () => {
    const now = await pc.machine.saveState();
    await pc.close();
    pc = await make(now);
    await pc.machine.powerOn();
    expect(await pc.shell.ok("tpm2_getcap handles-persistent")).toContain("0x81000010");
    expect(pc.given).not.toContain(TPM_CC.TPM_CC_Startup);
  });

  it("makes a clone, which is another TPM with the same storage hierarchy", async () => {
    const { machine, shell } = pc;
    const name = () => shell.ok(`tpm2_readpublic -c ${KEY} | grep ^name:`);
    await shell.ok("tpm2_createek -G ecc -c 0x81010001 -u /tmp/ek");
    const before = await name();
    const snapshot = await machine.saveState();
    const clone = await machine.restoreState(snapshot, { onMovedOn: "clone" });
    expect(clone.how).toBe("cloned");
    expect(clone.identity).not.toBe(describeSnapshot(snapshot).identity);
    expect(await name()).toBe(before);
    expect(await shell.ok("tpm2_getcap handles-persistent")).not.toContain("0x81010001");
  });
});
