import { createDecipheriv, scryptSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makePassphraseKey, sealWithPassphrase, WrongPassphraseError } from "../passphrase/index.ts";
import {
  DamagedMachineFileError,
  isSealedMachineFile,
  MachineFileCancelledError,
  MachineFileError,
  MachineFilePassphraseError,
  type NewMachineHead,
  NotAMachineFileError,
  openMachineFile,
  sealMachineFile,
  writeMachineFile,
} from "./index.ts";

const head: NewMachineHead = {
  name: "Secret",
  savedAt: 0,
  guest: "",
  v86Release: null,
  profile: "full",
  registerInterface: "crb",
  memorySize: 1,
  tpmIdentity: "",
  boot: { stage: "kernel", log: "unknown" },
  pictureType: null,
  machine: null,
};
const parts = { state: new TextEncoder().encode("the seeds") };
/** As little as is allowed: the cost of scrypt is no subject here. */
const key = makePassphraseKey("correct horse", { cost: { logN: 14, r: 8, p: 1 } });
const plain = writeMachineFile(head, parts);
const sealed = Promise.all([plain, key]).then(([file, key]) => sealMachineFile(file, key));
const octetsOf = async (file: Blob) => Buffer.from(await file.arrayBuffer());

it("is read with its passphrase, and one that is not encrypted without", async () => {
  expect((await openMachineFile(await sealed, { passphrase: "correct horse" })).parts).toEqual(parts);
  expect((await openMachineFile(await plain)).head.name).toBe("Secret");
  expect([await isSealedMachineFile(await sealed), await isSealedMachineFile(await plain)]).toEqual([true, false]);
});

it("is opened by Node's own scrypt and AES as by ours, and has in it what was sealed", async () => {
  const octets = await octetsOf(await sealed);
  const headEnd = 66 + octets[64]! + octets[65 + octets[64]!]!;
  const secret = scryptSync("correct horse", octets.subarray(16, 32), 64, { N: 2 ** 14, r: 8, p: 1, maxmem: 1 << 28 });
  const open = (secret: Buffer) => {
    const decipher = createDecipheriv("aes-256-gcm", secret, octets.subarray(48, 60));
    decipher.setAAD(octets.subarray(0, headEnd)).setAuthTag(octets.subarray(-48, -32));
    return Buffer.concat([decipher.update(octets.subarray(headEnd, -48)), decipher.final()]);
  };
  expect(open(secret.subarray(0, 32))).toEqual(await octetsOf(await plain));
});

describe("is refused, each in its own words", () => {
  it("without a passphrase", async () => {
    await expect(openMachineFile(await sealed)).rejects.toThrow(MachineFilePassphraseError);
  });

  it("with another one", async () => {
    await expect(openMachineFile(await sealed, { passphrase: "wrong" })).rejects.toThrow(WrongPassphraseError);
  });

  it("where it is something else that was sealed", async () => {
    const other = await sealWithPassphrase(new Uint8Array(4), await key, { purpose: "permanent" });
    const opening = openMachineFile(new Blob([other]), { passphrase: await key });
    await expect(opening).rejects.toThrow(NotAMachineFileError);
  });

  it("where what was sealed is no machine file", async () => {
    const other = await sealMachineFile(new Blob(["nothing"]), await key);
    await expect(openMachineFile(other, { passphrase: await key })).rejects.toThrow(NotAMachineFileError);
  });

  it("where any octet is another one, or the end is missing", async () => {
    const octets = await octetsOf(await sealed);
    const passphrase = await key;
    const change = fc.record({ at: fc.nat(octets.length - 1), by: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, by }) => {
        const file = Buffer.from(octets);
        file[at]! ^= by;
        await expect(openMachineFile(new Blob([file]), { passphrase })).rejects.toThrow(MachineFileError);
      }),
    );
    const cut = new Blob([octets.subarray(0, -1)]);
    await expect(openMachineFile(cut, { passphrase })).rejects.toThrow(DamagedMachineFileError);
  });

  it("when it is cancelled", async () => {
    const signal = AbortSignal.abort();
    await expect(openMachineFile(await sealed, { passphrase: "x", signal })).rejects.toThrow(MachineFileCancelledError);
    await expect(sealMachineFile(await plain, "x", { signal })).rejects.toThrow(MachineFileCancelledError);
  });
});
