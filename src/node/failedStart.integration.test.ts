/** A TPM that does not start, wherever it should be: the PC boots at once, without one, and finds it after a reset when it is there. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../asm/testkit/swtpm.ts";
import type { TpmBackend } from "../engine/backend.ts";
import { TPM_MMIO_ADDRESS } from "../firmware/tpmDevice.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { FileStore } from "../store/file.ts";
import { Seal } from "../store/seal.ts";
import { requireInternals } from "../v86/internals.ts";
import { createMachine, type Machine } from "../v86/machine.ts";
import { GuestShell } from "../v86/testkit/guestShell.ts";
import { openForeignTpm, parseBackend } from "./backends/index.ts";
import { SwtpmProcess } from "./backends/testkit/swtpmProcess.ts";
import { run } from "./cli.ts";
import { createTpm } from "./index.ts";
import { startTabtpm } from "./testkit/process.ts";
import { FakeStreams } from "./testkit/streams.ts";
import { readV86Wasm } from "./v86Wasm.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "tabtpm-failed-"));
  ends.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

interface Place {
  tpm: TpmBackend;
  /** Of why there is no TPM. */
  why: RegExp;
}

/** A TPM in a folder, which is as it should be, or not. */
async function stored(seal?: Seal): Promise<string> {
  const dir = await folder();
  const tpm = createTpm({ store: new FileStore({ dir, seal }) });
  await tpm.powerOn();
  await tpm.close();
  return dir;
}

function owned(tpm: ReturnType<typeof createTpm>, why: RegExp): Place {
  ends.push(() => tpm.close());
  return { tpm, why };
}

function elsewhere(place: string, why: RegExp): Place {
  const address = parseBackend("--tpm", place, ["swtpm", "mssim", "device", "bridge"]);
  const tpm = openForeignTpm(address as Parameters<typeof openForeignTpm>[0]);
  ends.push(() => tpm.close());
  return { tpm, why };
}

const key = (octet: number) => new Seal(new Uint8Array(32).fill(octet), "file");

const PLACES: Record<string, () => Promise<Place>> = {
  "no swtpm": async () => elsewhere(`swtpm:127.0.0.1:${await freePort()}`, /nobody listens there/),
  "no simulator": async () => elsewhere(`mssim:127.0.0.1:${await freePort()}`, /nobody listens there/),
  "no device": async () => elsewhere("device:/dev/tpm-that-is-not-there", /no such device/),
  "no bridge": async () => elsewhere(`bridge:ws://127.0.0.1:${await freePort()}/#${"x".repeat(20)}`, /no bridge/),
  "a bridge that knows another token": async () => {
    const bridge = await startTabtpm("bridge", "--to", `state:${await folder()}`);
    ends.push(() => bridge.end("SIGTERM"));
    return elsewhere(`bridge:ws://127.0.0.1:${bridge.ports.at(-1)}/#${"x".repeat(20)}`, /token is another one/);
  },
  "a damaged state": async () => {
    const dir = await stored();
    const path = join(dir, "tpm2.state");
    await writeFile(
      path,
      (await readFile(path)).map((octet) => octet ^ 0x55),
    );
    return owned(createTpm({ store: { kind: "file", dir } }), /damaged|not a/i);
  },
  "a state under another key": async () =>
    owned(createTpm({ store: new FileStore({ dir: await stored(key(1)), seal: key(2) }) }), /key|decrypt/i),
};

/** What a guest reads of the TPM's registers; the first of locality 0 and the last of CRB. */
function registersOf(machine: Machine): number[] {
  const { memory_map_read32 } = requireInternals(machine.emulator);
  const read = memory_map_read32[TPM_MMIO_ADDRESS >>> 17] as (address: number) => number;
  return [0x000, 0x008, 0x014, 0x018, 0x030, 0xf00].map((offset) => read((TPM_MMIO_ADDRESS + offset) | 0));
}

/** Boots to the kernel. @returns the guest's instructions until then, and what was said of the TPM. */
async function bootTo(kernel: "kernel", tpm: TpmBackend | undefined, kind: "tis" | "crb") {
  const machine = await createMachine({
    images: await loadGuestFromDirectory(),
    wasm: await readV86Wasm(),
    interface: kind,
    ...(tpm === undefined ? {} : { tpm }),
  });
  ends.push(() => machine.destroy());
  const failures: Error[] = [];
  machine.on("tpm-failed", (error) => failures.push(error as Error));
  const shell = new GuestShell(machine);
  await machine.powerOn();
  await shell.stage(kernel);
  return { machine, shell, failures, instructions: machine.emulator.get_instruction_counter() };
}

const CASES = Object.entries(PLACES).flatMap(([name, make]) =>
  // The registers' model makes no difference to whose TPM it is.
  (name === "no bridge" ? (["tis", "crb"] as const) : (["tis"] as const)).map((kind) => [name, kind, make] as const),
);

describe("a TPM that does not start", () => {
  it.each(CASES)(
    "%s, over %s: registers read 0, there is no TPM2 table, and the firmware goes on",
    async (_, kind, make) => {
      const { tpm, why } = await make();
      await expect(tpm.ready).rejects.toThrow(why);
      const without = await bootTo("kernel", undefined, kind);
      await without.machine.powerOff();
      const { machine, shell, failures, instructions } = await bootTo("kernel", tpm, kind);
      expect(tpm.power).toBe("failed");
      expect(machine.log).toBeUndefined();
      expect(registersOf(machine)).toEqual([0, 0, 0, 0, 0, 0]);
      // A firmware that waits for a TPM has a loop of 750 ms and more in it: many times what it does besides.
      expect(instructions).toBeLessThan(1.3 * without.instructions);
      machine.reset();
      await shell.stage("bios");
      await shell.stage("kernel");
      expect(failures.at(-1)?.message).toMatch(why);
      expect(registersOf(machine)).toEqual([0, 0, 0, 0, 0, 0]);
    },
  );
});

it("boot --tpm says why there is no TPM and boots without; a reset finds the bridge that has come meanwhile", async () => {
  const swtpm = await SwtpmProcess.start();
  ends.push(() => swtpm.stop());
  const port = await freePort();
  const tokenFile = join(await folder(), "token");
  await writeFile(tokenFile, "a-token-of-our-own\n");
  const user = new FakeStreams(true);
  const ended = run(["boot", "--tpm", `bridge:ws://127.0.0.1:${port}`, "--token-file", tokenFile], user);
  await user.shows(/tabtpm# $/);
  expect(user.errors).toMatch(/tabtpm: the PC has no TPM: There is no bridge at ws:\/\/127\.0\.0\.1:\d+\//);
  expect(user.errors).not.toContain("a-token-of-our-own");
  user.type("ls /dev/tpm*; printf 'TPM%s: %d\\n' s $?\r");
  await user.shows(/TPMs: 1/);
  const bridge = await startTabtpm(
    "bridge",
    "--to",
    swtpm.address,
    "--listen",
    `127.0.0.1:${port}`,
    "--token-file",
    tokenFile,
  );
  ends.push(() => bridge.end("SIGTERM"));
  expect(bridge.line).not.toContain("a-token-of-our-own");
  user.type("reboot -f\r");
  await user.shows(/TPMs: 1[\s\S]*SeaBIOS[\s\S]*tabtpm# $/);
  user.type("tpm2_getrandom --hex 4 | wc -c; poweroff -f\r");
  await user.shows(/\r\n8\r\n/);
  expect(await ended).toBe(0);
});
