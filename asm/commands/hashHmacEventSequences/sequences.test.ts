import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { command, concat, hex, password, sized, TestTpm, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH, rc } from "../../testkit/names.ts";
import { AuthSession, call } from "../../testkit/sessions.ts";

const BANKS = [
  [ALG.SHA1, "sha1"],
  [ALG.SHA256, "sha256"],
  [ALG.SHA384, "sha384"],
  [ALG.SHA512, "sha512"],
] as const;
const NAMES = [
  ...BANKS,
  [ALG.SM3_256, "sm3"],
  [ALG.SHA3_256, "sha3-256"],
  [ALG.SHA3_384, "sha3-384"],
  [ALG.SHA3_512, "sha3-512"],
] as const;
const digest = (name: string, data: Uint8Array) => hex(createHash(name).update(data).digest());

const start = (algorithm: number, auth: number[] = []) =>
  command(CC.HashSequenceStart, [], [sized(auth), u16(algorithm)]);
const update = (handle: number, data: Uint8Array) => command(CC.SequenceUpdate, [handle], [sized(data)], [password()]);
const complete = (handle: number, data: Uint8Array, hierarchy: number = RH.NULL) =>
  command(CC.SequenceComplete, [handle], [sized(data), u32(hierarchy)], [password()]);
const hash = (algorithm: number, data: Uint8Array | number[], hierarchy: number = RH.NULL) =>
  command(CC.Hash, [], [sized(data), u16(algorithm), u32(hierarchy)]);
const GENERATED = [0xff, 0x54, 0x43, 0x47];

/** TPM2B_DIGEST and TPMT_TK_HASHCHECK. */
function parse(parameters: Uint8Array) {
  const view = new DataView(parameters.buffer, parameters.byteOffset, parameters.length);
  const size = view.getUint16(0);
  expect(view.getUint16(2 + size)).toBe(0x8024);
  return {
    digest: hex(parameters.subarray(2, 2 + size)),
    hierarchy: view.getUint32(4 + size),
    ticket: hex(parameters.subarray(10 + size)),
  };
}

describe("TPM2_Hash", () => {
  it("gives what node:crypto gives", () => {
    const tpm = TestTpm.started();
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 1024 }), ([algorithm, name], data) => {
        expect(parse(tpm.run(hash(algorithm, data)).parameters)).toEqual({
          digest: digest(name, data),
          hierarchy: RH.NULL,
          ticket: "",
        });
      }),
      { numRuns: 200 },
    );
  });

  it("gives a ticket of the hierarchy, the same for the same digest only", () => {
    const tpm = TestTpm.started();
    const ticket = (data: number[], hierarchy: number, algorithm: number = ALG.SHA256) =>
      parse(tpm.run(hash(algorithm, data, hierarchy)).parameters);
    const owner = ticket([1, 2, 3], RH.OWNER);
    expect([owner.hierarchy, owner.ticket.length]).toEqual([RH.OWNER, 128]);
    expect(ticket([1, 2, 3], RH.OWNER).ticket).toBe(owner.ticket);
    const others = [ticket([1, 2, 4], RH.OWNER), ticket([1, 2, 3], RH.PLATFORM), ticket([1, 2, 3], RH.OWNER, ALG.SHA1)];
    for (const other of others) expect(other.ticket).not.toBe(owner.ticket);
  });

  it("gives none for what claims to be made by a TPM", () => {
    const tpm = TestTpm.started();
    for (const rest of [[], [0], [1, 2, 3]])
      expect(parse(tpm.run(hash(ALG.SHA256, [...GENERATED, ...rest], RH.OWNER)).parameters)).toMatchObject({
        hierarchy: RH.NULL,
        ticket: "",
      });
    expect(parse(tpm.run(hash(ALG.SHA256, GENERATED.slice(0, 3), RH.OWNER)).parameters).hierarchy).toBe(RH.OWNER);
  });
});

describe("a hash that the profile does not have", () => {
  it("is refused by TPM2_Hash and TPM2_HashSequenceStart", () => {
    const tpm = TestTpm.started({ profile: 1 });
    for (const algorithm of [ALG.SM3_256, ALG.SHA3_256, ALG.SHA3_384, ALG.SHA3_512]) {
      expect(tpm.run(hash(algorithm, [1])).rc).toBe(rc("TPM_RC_HASH", { parameter: 2 }));
      expect(tpm.run(start(algorithm)).rc).toBe(rc("TPM_RC_HASH", { parameter: 2 }));
    }
  });
});

describe("hash sequences", () => {
  it("give the digest of all pieces, however the message was cut", () => {
    const tpm = TestTpm.started();
    const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.constantFrom(...NAMES),
        pieces,
        fc.uint8Array({ maxLength: 200 }),
        ([algorithm, name], all, last) => {
          const handle = tpm.run(start(algorithm)).view.getUint32(10);
          for (const piece of all) expect(tpm.run(update(handle, piece)).rc).toBe(0);
          const result = parse(tpm.run(complete(handle, last)).parameters);
          expect(result.digest).toBe(digest(name, concat(...all, last)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("get a ticket only when the first piece shows that no TPM made the message", () => {
    const tpm = TestTpm.started();
    const ticketHierarchy = (...pieces: number[][]) => {
      const handle = tpm.run(start(ALG.SHA256)).view.getUint32(10);
      for (const piece of pieces.slice(0, -1)) tpm.run(update(handle, Uint8Array.from(piece)));
      const last = Uint8Array.from(pieces.at(-1) ?? []);
      return parse(tpm.run(complete(handle, last, RH.OWNER)).parameters).hierarchy;
    };
    expect(ticketHierarchy([1, 2, 3, 4])).toBe(RH.OWNER);
    expect(ticketHierarchy([1, 2, 3, 4], GENERATED)).toBe(RH.OWNER);
    expect(ticketHierarchy(GENERATED)).toBe(RH.NULL);
    expect(ticketHierarchy([...GENERATED, 1], [1, 2, 3, 4])).toBe(RH.NULL);
    expect(ticketHierarchy([1, 2, 3], [1, 2, 3, 4])).toBe(RH.NULL);
    expect(ticketHierarchy([], [1, 2, 3, 4])).toBe(RH.NULL);
    expect(ticketHierarchy([1, 2, 3])).toBe(RH.NULL);
  });

  it("the ticket is that of TPM2_Hash", () => {
    const tpm = TestTpm.started();
    const handle = tpm.run(start(ALG.SHA256)).view.getUint32(10);
    const data = Uint8Array.of(9, 8, 7, 6);
    const sequence = parse(tpm.run(complete(handle, data, RH.ENDORSEMENT)).parameters);
    expect(sequence).toEqual(parse(tpm.run(hash(ALG.SHA256, data, RH.ENDORSEMENT)).parameters));
  });

  it("the response to TPM2_SequenceComplete is keyed with the authValue of the object that is gone", async () => {
    const tpm = TestTpm.started();
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const handle = tpm.run(start(ALG.SHA256, [1, 2, 3, 0])).view.getUint32(10);
    const session = await AuthSession.start(run);
    const uses = [{ session, entity: { auth: Uint8Array.of(1, 2, 3) } }];
    const parameters = [sized([4, 5]), u32(RH.NULL)];
    const names = [new Uint8Array(0)];
    const done = await call(run, { code: CC.SequenceComplete, handles: [handle], names, parameters, uses });
    expect(done.response.rc).toBe(0);
    expect(hex(done.parameters.subarray(2, 34))).toBe(digest("sha256", Uint8Array.of(4, 5)));
    expect(tpm.run(update(handle, Uint8Array.of(1))).rc).toBe(rc("TPM_RC_REFERENCE_H0"));
  });
});

describe("event sequences", () => {
  it("extend a PCR in all banks with the digests that they return", () => {
    const tpm = TestTpm.started();
    const handle = tpm.run(start(ALG.NULL)).view.getUint32(10);
    const pieces = [Uint8Array.of(1), new Uint8Array(1000).fill(2), Uint8Array.of(3, 4)];
    tpm.run(update(handle, pieces[0] ?? new Uint8Array()));
    tpm.run(update(handle, pieces[1] ?? new Uint8Array()));
    const last = sized(pieces[2] ?? []);
    const response = tpm.run(command(CC.EventSequenceComplete, [16, handle], [last], [password(), password()]));
    expect(response.rc).toBe(0);
    const { parameters } = response;
    let at = 4;
    for (const [algorithm, name] of BANKS) {
      const size = createHash(name).update("").digest().length;
      const event = createHash(name)
        .update(concat(...pieces))
        .digest();
      expect(hex(parameters.subarray(at, at + 2 + size))).toBe(hex(concat(u16(algorithm), event)));
      at += 2 + size;
      const read = tpm.run(command(CC.PCR_Read, [], [u32(1), u16(algorithm), [3, 0, 0, 1]]));
      expect(hex(read.bytes.subarray(30))).toBe(digest(name, concat(new Uint8Array(size), event)));
    }
    expect(at).toBe(parameters.length);
  });

  it("for a static PCR need NV when a shutdown is on record, and fail whole without it", () => {
    const tpm = TestTpm.started();
    const handle = tpm.run(start(ALG.NULL)).view.getUint32(10);
    tpm.shutdown(0);
    const before = tpm.stateHash();
    tpm.storeFails = true;
    const event = command(CC.EventSequenceComplete, [3, handle], [sized([1])], [password(), password()]);
    expect(tpm.run(event).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
    tpm.storeFails = false;
    expect(tpm.run(event).rc).toBe(0);
  });
});
