import { chmod, link, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPcapng } from "../trace/testkit/pcapng.ts";
import { recordTpm, wholePieces } from "./captureFile.ts";
import { createTpm, type InlineTpm, marshalCommand, password } from "./index.ts";

const startup = marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
const changeAuth = marshalCommand("HierarchyChangeAuth", {
  handles: { authHandle: "TPM_RH_OWNER" },
  parameters: { newAuth: new TextEncoder().encode("hunter22") },
  sessions: [password()],
});

let dir: string;
let tpm: InlineTpm;
let said: string[];
const say = (text: string) => void said.push(text);
beforeEach(async () => {
  said = [];
  dir = await mkdtemp(join(tmpdir(), "tabtpm-pcap-"));
  tpm = createTpm({ store: { kind: "memory" } });
  await tpm.powerOn();
});
afterEach(async () => {
  await tpm.close();
  await rm(dir, { recursive: true, force: true });
});

describe("--pcap", () => {
  it("has each command as soon as it was answered, in a file that is begun anew", async () => {
    const file = join(dir, "trace.pcapng");
    await writeFile(file, "what was there before ".repeat(100));
    const capture = recordTpm(tpm, { file, revealSecrets: false }, say);
    expect(readPcapng(await readFile(file))).toEqual([]);
    const responses = [await tpm.execute(startup), await tpm.execute(changeAuth)];
    const [started, answer, changed] = readPcapng(await readFile(file));
    expect([started?.payload, answer?.payload]).toEqual([startup, responses[0]]);
    expect(changed?.payload.length).toBe(changeAuth.length);
    expect((await readFile(file)).includes("hunter22")).toBe(false);
    capture.close();
    await tpm.execute(startup);
    expect(readPcapng(await readFile(file)).length).toBe(4);
    expect(said).toEqual([]);
  });

  it("has the secrets where they are asked for, in a file that is its owner's alone, also where it was there before", async () => {
    const file = join(dir, "trace.pcapng");
    await writeFile(file, "");
    await chmod(file, 0o644);
    const capture = recordTpm(tpm, { file, revealSecrets: true }, say);
    await tpm.execute(changeAuth);
    capture.close();
    expect((await readFile(file)).includes("hunter22")).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // What has no secrets stays as its owner has it.
    await chmod(file, 0o644);
    recordTpm(tpm, { file, revealSecrets: false }, say).close();
    expect((await stat(file)).mode & 0o777).toBe(0o644);
  });

  it("that can't be written is said, once, and the TPM goes on", async () => {
    const victim = join(dir, "victim");
    await writeFile(victim, "untouched");
    await symlink(victim, join(dir, "link"));
    for (const [file, reason] of [
      [join(dir, "link"), "is a symbolic link"],
      [join(dir, "no", "trace"), "ENOENT"],
      [dir, "EISDIR"],
    ] as const) {
      said = [];
      const capture = recordTpm(tpm, { file, revealSecrets: false }, say);
      expect((await tpm.execute(startup)).length).toBe(10);
      await tpm.execute(changeAuth);
      capture.close();
      expect(said).toEqual([expect.stringContaining(reason)]);
      expect(said[0]).toMatch(/^there is no capture\. --pcap: /);
    }
    expect(await readFile(victim, "utf8")).toBe("untouched");
  });

  it("may be another name of a file, or a device", async () => {
    const file = join(dir, "trace.pcapng");
    await writeFile(file, "");
    await link(file, join(dir, "second"));
    for (const each of [join(dir, "second"), "/dev/null"]) {
      const capture = recordTpm(tpm, { file: each, revealSecrets: false }, say);
      await tpm.execute(startup);
      capture.close();
    }
    expect(readPcapng(await readFile(file)).length).toBe(2);
    expect(said).toEqual([]);
  });
});

it("each piece is in a file whole or not at all, wherever its disk is full", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 }),
      fc.nat({ max: 300 }),
      fc.integer({ min: 1, max: 20 }),
      (pieces, room, atOnce) => {
        let disk: number[] = [];
        const fs = {
          writeSync(_fd: number, octets: ArrayBufferView, from = 0, length = 0, position: number | null = 0) {
            const left = Math.min(length, atOnce, room - (position ?? 0));
            if (left <= 0) throw new Error("ENOSPC");
            disk = [...disk.slice(0, position ?? 0), ...(octets as Uint8Array).subarray(from, from + left)];
            return left;
          },
          ftruncateSync: (_fd: number, size = 0) => void disk.splice(size),
          closeSync() {},
        };
        const writer = wholePieces(3, fs as never);
        let expected: number[] = [];
        for (const piece of pieces) {
          const fits = expected.length + piece.length <= room;
          if (fits) writer.write(piece);
          else expect(() => writer.write(piece)).toThrow("ENOSPC");
          if (fits) expected = [...expected, ...piece];
          expect(disk).toEqual(expected);
        }
      },
    ),
  );
});

it("a file that can't even be closed ends nothing else", () => {
  let closed = 0;
  const fs = {
    writeSync: () => 1,
    ftruncateSync() {},
    closeSync() {
      closed++;
      throw new Error("EDQUOT");
    },
  };
  expect(() => wholePieces(3, fs as never).close()).not.toThrow();
  expect(closed).toBe(1);
});
