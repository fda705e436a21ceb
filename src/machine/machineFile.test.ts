import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DamagedMachineFileError,
  MACHINE_FORMAT_VERSION,
  MACHINE_NAME_LIMIT,
  MachineFileCancelledError,
  MachineFileError,
  MachineFileTooLargeError,
  MachineHeadError,
  type MachineParts,
  machineFileStream,
  NewerMachineFileError,
  type NewMachineHead,
  NotAMachineFileError,
  readMachineFile,
  readMachineHead,
  writeMachineFile,
} from "./index.ts";

const head: NewMachineHead = {
  name: "Before the update",
  savedAt: Date.UTC(2025, 10, 30, 1, 2, 3),
  guest: "sha256:00ff",
  v86Release: "0.5.462",
  profile: "full",
  registerInterface: "tis",
  memorySize: 128 << 20,
  tpmIdentity: "c0ffee",
  boot: { stage: "shell", log: "good" },
  pictureType: "image/png",
  machine: { interface: "tis", append: "quiet" },
};
const ascii = (text: string) => new TextEncoder().encode(text);
const parts: MachineParts = {
  state: ascii("the guest and its TPM ".repeat(5)),
  picture: Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
  eventLog: new Uint8Array(),
  console: ascii("/ # "),
};
const octetsOf = async (file: Blob) => new Uint8Array(await file.arrayBuffer());
const blobOf = (...octets: Uint8Array[]) => new Blob(octets as Uint8Array<ArrayBuffer>[]);
const sha256 = (...octets: Uint8Array[]) =>
  new Uint8Array(octets.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest());

/** A stream of the octets in the pieces that the sizes make, over and over. */
function inPieces(octets: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= octets.length) return controller.close();
      const size = sizes[turn++ % sizes.length]!;
      controller.enqueue(octets.slice(at, at + size));
      at += size;
    },
  });
}

/** As format.ts has it, made with Node's own zlib and hash. */
function forged(headText: string, body: Uint8Array, { version = MACHINE_FORMAT_VERSION, flags = 0 } = {}): Blob {
  const json = ascii(headText);
  const prefix = Buffer.concat([ascii("TABTPMPC"), Buffer.alloc(8)]);
  prefix.writeUInt16BE(version, 8);
  prefix.writeUInt16BE(flags, 10);
  prefix.writeUInt32BE(json.length, 12);
  const before = Buffer.concat([prefix, json, sha256(prefix, json), body]);
  return blobOf(before, sha256(before));
}
const headText = (change: object = {}) => JSON.stringify({ ...head, parts: [{ name: "state", size: 5 }], ...change });

describe("a machine file", () => {
  it("has in it what was written", async () => {
    const file = await writeMachineFile(head, parts);
    const read = await readMachineFile(file);
    expect(read.head).toEqual({
      ...head,
      parts: Object.entries(parts).map(([name, part]) => ({ name, size: part.length })),
    });
    expect(read.parts).toEqual(parts);
    expect(await readMachineHead(file)).toEqual(read.head);
  });

  it("is what the description of the format says, to a reader that nobody here wrote", async () => {
    const octets = Buffer.from(await octetsOf(await writeMachineFile(head, parts)));
    expect(octets.toString("latin1", 0, 8)).toBe("TABTPMPC");
    const size = octets.readUInt32BE(12);
    expect(JSON.parse(octets.toString("utf8", 16, 16 + size))).toMatchObject({ name: head.name });
    const bodyAt = 16 + size + 32;
    expect(octets.subarray(16 + size, bodyAt)).toEqual(Buffer.from(sha256(octets.subarray(0, 16 + size))));
    expect(gunzipSync(octets.subarray(bodyAt, -32))).toEqual(Buffer.concat(Object.values(parts)));
    expect(octets.subarray(-32)).toEqual(Buffer.from(sha256(octets.subarray(0, -32))));
  });

  it("is read when another writer made it, whatever it has in its head besides", async () => {
    const file = forged(headText({ mood: "calm" }), gzipSync("state", { level: 0 }));
    const { head: read, parts } = await readMachineFile(file);
    expect(Buffer.from(parts.state).toString()).toBe("state");
    expect(read).toEqual({ ...head, parts: [{ name: "state", size: 5 }] });
  });

  it("is the same in whatever pieces it comes", async () => {
    const octets = await octetsOf(await writeMachineFile(head, parts));
    const sizes = fc.array(fc.integer({ min: 1, max: octets.length + 1 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(sizes, async (sizes) => {
        expect((await readMachineFile(inPieces(octets, sizes))).parts).toEqual(parts);
      }),
      { numRuns: 60 },
    );
  });

  it("carries any octets and any name that may be one", async () => {
    const names = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: MACHINE_NAME_LIMIT })
      .filter((name) => name.trim() !== "" && [...name].length <= MACHINE_NAME_LIMIT && !/\p{Cc}/u.test(name));
    const octets = fc.uint8Array({ maxLength: 3000 });
    await fc.assert(
      fc.asyncProperty(
        names,
        octets,
        fc.option(octets, { nil: undefined }),
        fc.json(),
        async (name, state, log, json) => {
          const machine: unknown = JSON.parse(json);
          const given = { state, ...(log === undefined ? {} : { eventLog: log }) };
          const read = await readMachineFile(await writeMachineFile({ ...head, name, machine }, given));
          expect(read.head.name).toBe(name);
          expect(JSON.stringify(read.head.machine)).toBe(JSON.stringify(machine));
          expect(read.parts).toEqual(given);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("whatever happens to a machine file is noticed", () => {
  const small = writeMachineFile({ ...head, machine: null }, { state: ascii("state") }).then(octetsOf);

  it("every single bit that is another one", async () => {
    const octets = await small;
    for (let at = 0; at < octets.length; at++) {
      const file = octets.slice();
      file[at]! ^= 1 << (at % 8);
      await expect(readMachineFile(blobOf(file)), `octet ${at}`).rejects.toThrow(MachineFileError);
    }
  });

  it("any change of an octet to any other", async () => {
    const octets = await small;
    const change = fc.record({ at: fc.nat(octets.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, by }) => {
        const file = octets.slice();
        file[at]! ^= by;
        await expect(readMachineFile(blobOf(file))).rejects.toThrow(MachineFileError);
      }),
      { numRuns: 200 },
    );
  });

  it("an end that is missing, or more behind it", async () => {
    const octets = await small;
    for (let size = 0; size < octets.length; size++) {
      const kind = size < 8 ? NotAMachineFileError : DamagedMachineFileError;
      await expect(readMachineFile(blobOf(octets.subarray(0, size))), `${size} octets`).rejects.toThrow(kind);
    }
    await expect(readMachineFile(blobOf(octets, Uint8Array.of(0)))).rejects.toThrow(DamagedMachineFileError);
    await expect(readMachineFile(blobOf(octets, octets))).rejects.toThrow(DamagedMachineFileError);
  });

  it("octets of anything else", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (octets) => {
        await expect(readMachineFile(blobOf(octets))).rejects.toThrow(NotAMachineFileError);
        await expect(readMachineHead(blobOf(octets))).rejects.toThrow(NotAMachineFileError);
        await expect(readMachineFile(blobOf(ascii("TABTPMPC"), octets))).rejects.toThrow(MachineFileError);
      }),
    );
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["no name", headText({ name: undefined })],
    ["a name of nothing", headText({ name: " " })],
    ["a name with a control character", headText({ name: "a\nb" })],
    ["a name that is too long", headText({ name: "n".repeat(MACHINE_NAME_LIMIT + 1) })],
    ["no date", headText({ savedAt: "now" })],
    ["a date that no calendar has", headText({ savedAt: 1e300 })],
    ["a boot log that is none", headText({ boot: { stage: "shell", log: "fine" } })],
    ["no parts", headText({ parts: [] })],
    ["a part twice", headText({ parts: [1, 2].map(() => ({ name: "state", size: 5 })) })],
    [
      "a part that there is not",
      headText({
        parts: [
          { name: "state", size: 5 },
          { name: "__proto__", size: 1 },
        ],
      }),
    ],
    ["a part of less than nothing", headText({ parts: [{ name: "state", size: -5 }] })],
    ["more than its parts", headText({ parts: [{ name: "state", size: 4 }] })],
    ["less than its parts", headText({ parts: [{ name: "state", size: 6 }] })],
    ["much less than its parts", headText({ parts: [{ name: "state", size: 2 ** 32 - 1 }] })],
  ])("digests that are right over a head with %s", async (_, text) => {
    await expect(readMachineFile(forged(text, gzipSync("state")))).rejects.toThrow(DamagedMachineFileError);
  });

  it("digests that are right over what is not gzip, or more than one of it", async () => {
    for (const body of [ascii("state"), Buffer.concat([gzipSync("state"), gzipSync("more")]), Buffer.alloc(0)]) {
      await expect(readMachineFile(forged(headText(), body))).rejects.toThrow(DamagedMachineFileError);
    }
  });
});

it("a newer version is said to be one, and which", async () => {
  const file = forged("{}", gzipSync(""), { version: 7 });
  const error = await readMachineFile(file).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(NewerMachineFileError);
  expect(error).toMatchObject({ message: expect.stringMatching(/version 7 .* newer tabtpm/) });
  await expect(readMachineHead(file)).rejects.toThrow(NewerMachineFileError);
});

it("what is more than the reader takes is refused before it is unpacked", async () => {
  const file = await writeMachineFile(head, parts);
  await expect(readMachineFile(file, { limit: 100 })).rejects.toThrow(MachineFileTooLargeError);
});

it("a name that is none is not written", async () => {
  await expect(writeMachineFile({ ...head, name: "" }, parts)).rejects.toThrow(MachineHeadError);
  expect(() => machineFileStream({ ...head, name: "\ud800" }, parts)).toThrow(/name is/);
});

describe("the work", () => {
  const large = { state: new Uint8Array(1_000_000).map((_, index) => (index * 2_654_435_761) >>> 24) };

  it("tells how far it is, to its end", async () => {
    const written: number[] = [];
    const read: number[] = [];
    const file = await writeMachineFile(head, large, { onProgress: ({ done }) => written.push(done) });
    await readMachineFile(file, { onProgress: ({ done }) => read.push(done) });
    for (const told of [written, read]) {
      expect(told.length).toBeGreaterThan(3);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      expect([told[0], told.at(-1)]).toEqual([0, 1_000_000]);
    }
  });

  it("ends when it is cancelled, at any step", async () => {
    const file = await writeMachineFile(head, large);
    for (let step = 0; step < 4; step++) {
      const cancel = new AbortController();
      let seen = 0;
      const options = { signal: cancel.signal, onProgress: () => seen++ === step && cancel.abort() };
      await expect(writeMachineFile(head, large, options), `writing, ${step}`).rejects.toThrow(
        MachineFileCancelledError,
      );
      seen = 0;
      const again = new AbortController();
      const reading = { signal: again.signal, onProgress: () => seen++ === step && again.abort() };
      await expect(readMachineFile(file, reading), `reading, ${step}`).rejects.toThrow(MachineFileCancelledError);
    }
    await expect(readMachineFile(file, { signal: AbortSignal.abort() })).rejects.toThrow(/reading .* cancelled/);
  });

  it("stops when whoever takes the octets does", async () => {
    let told = 0;
    const reader = machineFileStream(head, large, { onProgress: () => told++ }).getReader();
    await reader.read();
    await reader.cancel();
    expect(told).toBe(0);
  });

  it("lets go of the stream that it was given", async () => {
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(ascii("something else entirely")),
      cancel: () => {
        isCancelled = true;
      },
    });
    await expect(readMachineFile(stream)).rejects.toThrow(NotAMachineFileError);
    expect(isCancelled).toBe(true);
  });
});
