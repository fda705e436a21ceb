import { createHash, createHmac } from "node:crypto";
import { cmac } from "@noble/ciphers/aes.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DECRYPTING, externalCipher, externalKeyedHash, patterned, SIGNING_KEY } from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { CC, RH, rc } from "../../testkit/names.ts";
import { fieldsOf, flush, handleAndFields, OBJECT } from "../../testkit/objects.ts";

const CMAC = 0x3f;
const NULL = 0x10;
/** Of the full profile. */
const HASHES = [
  [0x04, "sha1"],
  [0x0b, "sha256"],
  [0x0c, "sha384"],
  [0x0d, "sha512"],
  [0x12, "sm3"],
  [0x27, "sha3-256"],
  [0x28, "sha3-384"],
  [0x29, "sha3-512"],
] as const;

const mac = (handle: number, data: Uint8Array, scheme: number) =>
  command(CC.MAC, [handle], [sized(data), u16(scheme)], [password()]);
const macStart = (handle: number, scheme: number, auth: number[] = []) =>
  command(CC.MAC_Start, [handle], [sized(auth), u16(scheme)], [password()]);
const hashStart = (algorithm: number) => command(CC.HashSequenceStart, [], [sized([]), u16(algorithm)]);
const update = (handle: number, data: Uint8Array, auth: number[] = []) =>
  command(CC.SequenceUpdate, [handle], [sized(data)], [password(auth)]);
const complete = (handle: number, data: Uint8Array, auth: number[] = [], hierarchy: number = RH.NULL) =>
  command(CC.SequenceComplete, [handle], [sized(data), u32(hierarchy)], [password(auth)]);
const save = (handle: number) => command(CC.ContextSave, [handle]);
const load = (context: Uint8Array) => command(CC.ContextLoad, [], [context]);

const loaded = (tpm: TestTpm, bytes: Uint8Array) => handleAndFields(tpm.run(bytes)).handle;

/** A key, the MAC it makes, and who else makes it. */
interface Kind {
  name: string;
  key: Uint8Array;
  scheme: number;
  mac: (data: Uint8Array) => Uint8Array;
}
const KINDS: Kind[] = [
  ...HASHES.map(([scheme, name]) => {
    const key = patterned(48);
    return {
      name: `HMAC-${name}`,
      key: externalKeyedHash({ key }),
      scheme,
      mac: (data: Uint8Array) => createHmac(name, key).update(data).digest(),
    };
  }),
  ...[128, 192, 256].map((bits) => {
    const key = patterned(bits / 8);
    return {
      name: `CMAC-AES-${bits}`,
      key: externalCipher({ bits, key }),
      scheme: CMAC,
      mac: (data: Uint8Array) => cmac(data, key),
    };
  }),
];

describe.each(KINDS)("$name", ({ key, scheme, mac: expected }) => {
  it("of TPM2_MAC is that of node:crypto or noble", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, key);
    for (const size of [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 143, 144, 1024]) {
      const result = fieldsOf(tpm.run(mac(handle, patterned(size), scheme)));
      expect(hex(result.sized())).toBe(hex(expected(patterned(size))));
      expect(result.rest()).toHaveLength(0);
    }
  });

  it("of a sequence is that of all pieces, through contexts saved at any time and without the key", () => {
    const tpm = TestTpm.started();
    const piece = fc.tuple(fc.uint8Array({ maxLength: 200 }), fc.constantFrom("", "", "save", "twice"));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), fc.uint8Array({ maxLength: 200 }), (pieces, last) => {
        const keyHandle = loaded(tpm, key);
        let handle = loaded(tpm, macStart(keyHandle, scheme, [1, 2, 0]));
        tpm.run(flush(keyHandle));
        for (const [data, what] of pieces) {
          expect(tpm.run(update(handle, data, [1, 2])).rc).toBe(0);
          if (what === "") continue;
          const context = tpm.run(save(handle)).body.slice();
          // What comes after the context was saved is not in it.
          if (what === "twice") expect(tpm.run(update(handle, Uint8Array.of(9), [1, 2])).rc).toBe(0);
          tpm.run(flush(handle));
          handle = loaded(tpm, load(context));
        }
        const result = fieldsOf(tpm.run(complete(handle, last, [1, 2], RH.OWNER)));
        expect(hex(result.sized())).toBe(hex(expected(concat(...pieces.map(([data]) => data), last))));
        // Never a ticket.
        expect(hex(result.rest())).toBe("8024400000070000");
        expect(tpm.run(update(handle, last, [1, 2])).rc).toBe(rc("TPM_RC_REFERENCE_H0"));
      }),
      { numRuns: 40 },
    );
  });
});

describe("hash sequences of the full profile", () => {
  it.each(HASHES)("0x%s: %s, through contexts", (algorithm, name) => {
    const tpm = TestTpm.started();
    const pieces = [patterned(100), patterned(1), patterned(300)];
    let handle = loaded(tpm, hashStart(algorithm));
    for (const piece of pieces) {
      expect(tpm.run(update(handle, piece)).rc).toBe(0);
      const context = tpm.run(save(handle)).body.slice();
      tpm.run(flush(handle));
      handle = loaded(tpm, load(context));
    }
    const fields = fieldsOf(tpm.run(complete(handle, patterned(5), [], RH.OWNER)));
    const digest = createHash(name)
      .update(concat(...pieces, patterned(5)))
      .digest();
    expect(hex(fields.sized())).toBe(hex(digest));
    expect(hex(fields.take(6))).toBe("802440000001");
    const again = fieldsOf(
      tpm.run(command(CC.Hash, [], [sized(concat(...pieces, patterned(5))), u16(algorithm), u32(RH.OWNER)])),
    );
    expect(hex(again.sized())).toBe(hex(digest));
    expect(hex(again.rest().subarray(6))).toBe(hex(fields.rest()));
  });
});

describe("the key of a MAC", () => {
  const HMAC = concat(u16(0x05), u16(0x0b));
  it("decides with its scheme and mode what the caller may ask for", () => {
    const cases: [Uint8Array, number, number][] = [
      [externalKeyedHash(), NULL, rc("TPM_RC_VALUE", { parameter: 2 })],
      [externalKeyedHash(), CMAC, rc("TPM_RC_SCHEME", { parameter: 2 })],
      [externalKeyedHash({ scheme: HMAC }), NULL, 0],
      [externalKeyedHash({ scheme: HMAC }), 0x0b, 0],
      [externalKeyedHash({ scheme: HMAC }), 0x04, rc("TPM_RC_VALUE", { parameter: 2 })],
      [externalKeyedHash({ scheme: HMAC }), CMAC, rc("TPM_RC_VALUE", { parameter: 2 })],
      [externalCipher(), NULL, rc("TPM_RC_VALUE", { parameter: 2 })],
      [externalCipher(), 0x0b, rc("TPM_RC_SCHEME", { parameter: 2 })],
      [externalCipher({ mode: CMAC, attributes: SIGNING_KEY }), NULL, 0],
      [externalCipher({ mode: CMAC, attributes: SIGNING_KEY }), CMAC, 0],
      [externalCipher({ mode: CMAC, attributes: SIGNING_KEY }), 0x0b, rc("TPM_RC_VALUE", { parameter: 2 })],
      [externalCipher({ mode: 0x43 }), NULL, rc("TPM_RC_SCHEME", { parameter: 2 })],
      [externalCipher({ mode: 0x43 }), CMAC, rc("TPM_RC_VALUE", { parameter: 2 })],
      [externalKeyedHash({ attributes: OBJECT.userWithAuth | OBJECT.noDA }), 0x0b, rc("TPM_RC_KEY", { handle: 1 })],
      [externalCipher({ attributes: DECRYPTING }), CMAC, rc("TPM_RC_KEY", { handle: 1 })],
      [externalCipher(), 0x43, rc("TPM_RC_SYMMETRIC", { parameter: 2 })],
      [hashStart(0x0b), 0x0b, rc("TPM_RC_TYPE", { handle: 1 })],
    ];
    for (const [key, scheme, rc] of cases) {
      const tpm = TestTpm.started();
      const handle = loaded(tpm, key);
      expect(tpm.run(mac(handle, patterned(8), scheme)).rc).toBe(rc);
      expect(tpm.run(macStart(handle, scheme)).rc).toBe(rc);
    }
  });

  it("leaves no slot unused after a failure, and TPM_RC_OBJECT_MEMORY when there is none", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalKeyedHash());
    for (let i = 0; i < 5; i++) expect(tpm.run(macStart(handle, CMAC)).rc).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
    expect([loaded(tpm, macStart(handle, 0x04)), loaded(tpm, macStart(handle, 0x0b))]).toEqual([
      0x80000001, 0x80000002,
    ]);
    const before = tpm.stateHash();
    expect(tpm.run(macStart(handle, 0x0b)).rc).toBe(rc("TPM_RC_OBJECT_MEMORY"));
    expect(tpm.stateHash()).toBe(before);
  });

  it("a MAC sequence is no event sequence and no key", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalKeyedHash());
    const sequence = loaded(tpm, macStart(handle, 0x0b));
    const event = command(CC.EventSequenceComplete, [16, sequence], [sized([])], [password(), password()]);
    expect(tpm.run(event).rc).toBe(rc("TPM_RC_MODE", { handle: 2 }));
    expect(tpm.run(complete(handle, patterned(1))).rc).toBe(rc("TPM_RC_MODE", { handle: 1 }));
    expect(tpm.run(update(handle, patterned(1))).rc).toBe(rc("TPM_RC_MODE", { handle: 1 }));
    expect(tpm.run(mac(sequence, patterned(1), 0x0b)).rc).toBe(rc("TPM_RC_TYPE", { handle: 1 }));
  });
});
