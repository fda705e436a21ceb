/** Recorded states of libtpms (testdata/README.md): what is read of them, what the core makes of it, and what is refused. */
import { pbkdf2Sync } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sealedBlob } from "../../asm/testkit/blobs.ts";
import { TestTpm } from "../../asm/testkit/harness.ts";
import { createTpm } from "../node/index.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import { isSwtpmFile, LibtpmsStateError, openSwtpmFile, readPermanentAll, toPermanentBlob } from "./index.ts";
import { Furnisher, PRIMARIES } from "./testkit/furnished.ts";

const recorded = (name: string) => new Uint8Array(readFileSync(new URL(`testdata/${name}`, import.meta.url)));
const furnished = recorded("furnished.permall");
const KEY_128 = Uint8Array.from({ length: 16 }, (_, i) => i);
const KEY_256 = new Uint8Array(pbkdf2Sync("a password", "swtpm", 1000, 32, "sha512"));
const LOADED = 0;
const DAMAGED = 1;

const converted = async (file: Uint8Array, key?: Uint8Array) =>
  toPermanentBlob(readPermanentAll(await openSwtpmFile(file, key)));
/** What it is refused with; null when it is not. */
async function refusal(work: () => unknown): Promise<LibtpmsStateError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof LibtpmsStateError) return error;
    throw error;
  }
}
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, each: unknown) => {
      if (typeof each === "bigint") return String(each);
      return each instanceof Uint8Array ? Buffer.from(each).toString("hex") : each;
    }),
  );

describe("a recorded state of libtpms", () => {
  it.each([
    ["furnished", furnished, undefined],
    ["encrypted with 128 bits", recorded("aes128.permall"), KEY_128],
    ["encrypted with a password's 256 bits", recorded("aes256.permall"), KEY_256],
  ])("%s: becomes one that the core loads, and saves again octet by octet", async (_, file, key) => {
    expect(isSwtpmFile(file)).toBe(true);
    const blob = await converted(file, key);
    const tpm = new TestTpm();
    expect(tpm.load(blob)).toBe(LOADED);
    expect(Buffer.from(tpm.save()).equals(Buffer.from(blob))).toBe(true);
  });

  it("shows in our core what it showed in libtpms, primary keys and secrets among it", async () => {
    const { child, seen } = JSON.parse(Buffer.from(recorded("furnished.json")).toString());
    const medium = new MemoryMedium();
    medium.blob = await converted(furnished);
    const tpm = createTpm({ store: new MemoryStore(medium) });
    try {
      await tpm.powerOn();
      const ours = new Furnisher(tpm);
      await ours.startup();
      const octets = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
      const outside = { outPrivate: octets(child.outPrivate), outPublic: octets(child.outPublic) };
      expect(plain(await ours.observe({ child: outside }))).toEqual(seen);
    } finally {
      await tpm.close();
    }
  });

  it.each([
    ["rsa3072", "000b74a6b60ab3401fa79db2a4616cc7cc142a3e6a34d1da759991bddc05f22b5555"],
    ["rsa3072-original", "000b93b830fa10162f2211f0f94ddd33d6fdf509963b6a01708a34f5668293e8e8b8"],
  ])("%s: has libtpms' key where a multiple of the sieve's last prime is in the field", async (name, expected) => {
    const medium = new MemoryMedium();
    medium.blob = await converted(recorded(`${name}.permall`));
    const tpm = createTpm({ store: new MemoryStore(medium) });
    try {
      await tpm.powerOn();
      const ours = new Furnisher(tpm);
      await ours.startup();
      const { parameters } = await ours.primary("TPM_RH_OWNER", PRIMARIES.rsa3072, { auth: "" });
      expect(plain(parameters.name)).toBe(expected);
    } finally {
      await tpm.close();
    }
  });

  it("becomes the blob of version 3 that it became when there was none before", async () => {
    const blob = Buffer.from(recorded("furnished.state"));
    expect(blob.readUInt32BE(8)).toBe(3);
    expect(Buffer.from(await converted(furnished)).equals(blob)).toBe(true);
  });

  it("is of version 3 when a seed has libtpms' way and of version 2 when none has: nothing else is taken", async () => {
    const blob = await converted(furnished);
    // PROFILE is the first field, behind a head of 20 octets.
    const statusOf = (version: number, profile: number) => {
      const changed = blob.slice();
      new DataView(changed.buffer).setUint32(8, version);
      new DataView(changed.buffer).setUint32(20, profile);
      return new TestTpm().load(sealedBlob(changed));
    };
    expect(statusOf(3, 0x2a01)).toBe(LOADED);
    expect(statusOf(3, 0x1501)).toBe(LOADED);
    expect(statusOf(2, 0x01)).toBe(LOADED);
    // Of version 2 with ways, of 3 without; the profile full; a third way; a bit beyond.
    const others = [
      statusOf(2, 0x2a01),
      statusOf(3, 0x01),
      statusOf(3, 0x2a00),
      statusOf(3, 0x0301),
      statusOf(3, 0x12a01),
    ];
    expect(others).toEqual(others.map(() => DAMAGED));
    expect(statusOf(4, 0x2a01)).toBe(2);
  });
});

describe("what is no state of swtpm, or of another one", () => {
  it.each([0, 1, 9, 10, 15, 16, 17, 500])("a file of its first %i octets is refused", async (size) => {
    expect(await refusal(() => openSwtpmFile(furnished.slice(0, size)))).toMatchObject({ reason: "damaged" });
  });

  it("every cut of the state, and every octet more, is refused with the place", async () => {
    const state = await openSwtpmFile(furnished);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: state.length - 1 }), async (size) => {
        const error = await refusal(() => readPermanentAll(state.slice(0, size)));
        expect(error?.message).toMatch(/^libtpms' state is damaged at octet \d+/);
      }),
      { numRuns: 300 },
    );
    const longer = await refusal(() => readPermanentAll(new Uint8Array([...state, 0])));
    expect(longer?.message).toContain("1 octets are left over");
  });

  it("every changed octet of an encrypted file is noticed", async () => {
    for (const [file, key] of [
      [recorded("aes128.permall"), KEY_128],
      [recorded("aes256.permall"), KEY_256],
    ] as const) {
      for (let at = 0; at < file.length; at++) {
        const changed = file.slice();
        changed[at]! ^= 1 << (at & 7);
        if ((await refusal(() => openSwtpmFile(changed, key))) === null) expect.fail(`octet ${at} is not noticed`);
      }
    }
  });

  it("a changed octet of the state is refused by reader or core, or is brought in: nothing traps, nothing hangs", async () => {
    const state = await openSwtpmFile(furnished);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: state.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = state.slice();
        changed[at]! ^= bits;
        let status = LOADED;
        const error = await refusal(async () => {
          status = new TestTpm().load(await toPermanentBlob(readPermanentAll(changed)));
        });
        expect(error === null ? [LOADED, DAMAGED] : [LOADED]).toContain(status);
        expect(error?.message ?? "libtpms").toContain("libtpms");
      }),
      { numRuns: 200 },
    );
  });

  it("any octets at all are refused in finite time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (octets) => {
        expect(await refusal(() => readPermanentAll(octets))).not.toBeNull();
        expect(await refusal(() => openSwtpmFile(octets))).not.toBeNull();
      }),
    );
  });

  it("other versions are refused by their number, whichever section has them", async () => {
    const state = await openSwtpmFile(furnished);
    const magics = {
      PERSISTENT_ALL: 0xab364723,
      PA_COMPILE_CONSTANTS: 0xc9ea6431,
      PERSISTENT_DATA: 0x12213443,
      PCR_POLICY: 0x176be626,
      ORDERLY_DATA: 0x56657887,
      DRBG_STATE: 0x6fe83ea1,
      INDEX_ORDERLY_RAM: 0x5346feab,
      USER_NVRAM: 0x094f22c3,
      NV_INDEX: 0x2547265a,
      ANY_OBJECT: 0xfe9a3974,
      OBJECT: 0x75be73af,
    };
    for (const [name, magic] of Object.entries(magics)) {
      const octets = Buffer.from(state);
      const at = octets.indexOf(Buffer.from(magic.toString(16).padStart(8, "0"), "hex")) - 2;
      expect(at, name).toBeGreaterThanOrEqual(0);
      const known = octets.readUInt16BE(at);
      for (const version of [known - 1, known + 1]) {
        octets.writeUInt16BE(version, at);
        const error = await refusal(() => readPermanentAll(new Uint8Array(octets)));
        expect(error).toMatchObject({
          reason: "version",
          message: expect.stringContaining(`${name} has version ${version},`),
        });
      }
      octets.writeUInt16BE(known, at);
    }
    const file = furnished.slice();
    file[0] = 3;
    expect(await refusal(() => openSwtpmFile(file))).toMatchObject({
      reason: "version",
      message: expect.stringContaining("version 3"),
    });
  });

  it("keys: none, one too many, one of another size, another one", async () => {
    const encrypted = recorded("aes256.permall");
    expect(await refusal(() => openSwtpmFile(encrypted))).toMatchObject({ reason: "key" });
    expect(await refusal(() => openSwtpmFile(furnished, KEY_128))).toMatchObject({ reason: "key" });
    expect(await refusal(() => openSwtpmFile(encrypted, KEY_128))).toMatchObject({ reason: "key" });
    expect(
      await refusal(() =>
        openSwtpmFile(
          encrypted,
          KEY_256.map((octet) => octet ^ 1),
        ),
      ),
    ).toMatchObject({ reason: "wrongKey" });
  });

  it("a state of libtpms that was built otherwise is refused by the name of the constant", async () => {
    const state = await openSwtpmFile(furnished);
    // HASH_COUNT: the last of the 88 constants of the first versions.
    const at = 8 + 8 + 4 + 4 * 87;
    const changed = state.slice();
    changed[at + 3] = 5;
    expect(await refusal(() => readPermanentAll(changed))).toMatchObject({
      reason: "unsupported",
      message: expect.stringContaining("HASH_COUNT is 5"),
    });
  });
});
