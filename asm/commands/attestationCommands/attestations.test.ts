import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  ATTEST,
  type Attest,
  certify,
  certifyCreation,
  getCommandAuditDigest,
  getSessionAuditDigest,
  getTime,
  nvCertify,
  quote,
  readAttest,
} from "../../testkit/attestation.ts";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import {
  command,
  concat,
  hex,
  password,
  type Response,
  sized,
  TestTpm,
  text,
  u8,
  u16,
  u32,
} from "../../testkit/harness.ts";
import { ALG, CC, RH, rc, SE } from "../../testkit/names.ts";
import { defineSpace, NV, nvName, nvWrite, OPEN } from "../../testkit/nv.ts";
import {
  ecc,
  Fields,
  fieldsOf,
  flush,
  handleAndFields,
  loadExternal,
  OBJECT,
  type Primary,
  readPublic,
  runCreatePrimary,
  SIGNING,
  STORAGE,
  symCipher,
} from "../../testkit/objects.ts";
import { secretsOf } from "../../testkit/secrets.ts";
import { AUDIT, AuthSession, CONTINUE, call, kdfa } from "../../testkit/sessions.ts";
import {
  fromBig,
  hash,
  isGood,
  knownEcc,
  publicKeyOf,
  readSignature,
  scheme,
  toBig,
} from "../../testkit/signatures.ts";
import { selection } from "../../testkit/transcript/builders.ts";

const GENERATED = 0xff544347;
const FIRMWARE = 0x100000000n;
const DATA = text("qualifying data");
const ATTESTING = SIGNING | OBJECT.restricted;
const attestKey = (tpm: TestTpm, hierarchy: number = RH.ENDORSEMENT, algorithm: number = ALG.SHA256): Primary =>
  runCreatePrimary(tpm, ecc(ATTESTING, { scheme: scheme(ALG.ECDSA, algorithm) }), hierarchy);
const qualifiedName = (hierarchy: number, name: Uint8Array) =>
  concat(u16(ALG.SHA256), hash(ALG.SHA256, u32(hierarchy), name));
const rcOf = (tpm: TestTpm, bytes: Uint8Array) => tpm.run(bytes).rc;
const counts = ({ resetCount, restartCount, firmwareVersion }: Attest) => ({
  resetCount,
  restartCount,
  firmwareVersion,
});

/** The attestation in a response, whose signature is checked unless there is no key. */
function attestOf(response: Response, key?: Primary): Attest {
  const fields = fieldsOf(response);
  const bytes = fields.sized();
  const signature = readSignature(fields);
  expect(fields.rest().length).toBe(0);
  if (key) expect(isGood(key.area, bytes, signature)).toBe(true);
  else expect(signature.id).toBe(ALG.NULL);
  const attest = readAttest(bytes);
  expect(attest.magic).toBe(GENERATED);
  return attest;
}

describe("what every attestation says", () => {
  it("who signed it, the caller's data, the clock and the firmware", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    tpm.now += 12_345;
    const attest = attestOf(tpm.run(getTime(key.handle, { qualifyingData: DATA })), key);
    expect(attest.type).toBe(ATTEST.TIME);
    expect(hex(attest.qualifiedSigner)).toBe(hex(qualifiedName(RH.ENDORSEMENT, key.name)));
    expect(hex(attest.extraData)).toBe(hex(DATA));
    const clock = new Fields(tpm.run(command(CC.ReadClock)).body);
    clock.take(8);
    expect(BigInt(`0x${hex(clock.take(8))}`)).toBe(attest.clock);
    expect([attest.resetCount, attest.restartCount, attest.safe]).toEqual([
      clock.number(4),
      clock.number(4),
      clock.number(1),
    ]);
    expect(attest.firmwareVersion).toBe(FIRMWARE);
  });

  it("the counts and the firmware in the clear for keys of endorsement and platform only", () => {
    const tpm = TestTpm.started();
    const { shProof } = secretsOf(tpm.stored ?? new Uint8Array());
    for (const hierarchy of [RH.ENDORSEMENT, RH.PLATFORM]) {
      const key = attestKey(tpm, hierarchy);
      const attest = attestOf(tpm.run(getTime(key.handle)), key);
      expect(counts(attest)).toEqual({ resetCount: 1, restartCount: 0, firmwareVersion: FIRMWARE });
      expect(tpm.run(flush(key.handle)).rc).toBe(0);
    }
    const seen = new Set<number>();
    for (const [hierarchy, algorithm] of [
      [RH.OWNER, ALG.SHA256],
      [RH.OWNER, ALG.SHA384],
      [RH.NULL, ALG.SHA256],
    ] as const) {
      const area = ecc(ATTESTING, { nameAlg: algorithm, scheme: scheme(ALG.ECDSA) });
      const key = runCreatePrimary(tpm, area, hierarchy);
      const attest = attestOf(tpm.run(getTime(key.handle)), key);
      // Part 3, 18.1: by the nameAlg of the key.
      const mask = new Fields(kdfa(algorithm, shProof, "OBFUSCATE", attest.qualifiedSigner, new Uint8Array(), 128));
      const version = (BigInt(`0x${hex(mask.take(8))}`) + FIRMWARE) & 0xffffffffffffffffn;
      const [resets, restarts] = [mask.number(4), mask.number(4)];
      expect(counts(attest)).toEqual({
        resetCount: (1 + resets) % 0x100000000,
        restartCount: restarts,
        firmwareVersion: version,
      });
      seen.add(attest.resetCount);
      // What the attestation is about is not hidden.
      expect(new Fields(attest.attested.take(24)).take(16).length).toBe(16);
      expect(tpm.run(flush(key.handle)).rc).toBe(0);
    }
    expect(seen.size).toBe(3);
    const unsigned = attestOf(tpm.run(getTime(RH.NULL)));
    expect(hex(unsigned.qualifiedSigner)).toBe(hex(u32(RH.NULL)));
    const mask = new Fields(kdfa(ALG.SHA512, shProof, "OBFUSCATE", u32(RH.NULL), new Uint8Array(), 128));
    expect(unsigned.firmwareVersion).toBe((BigInt(`0x${hex(mask.take(8))}`) + FIRMWARE) & 0xffffffffffffffffn);
  });

  it("a signed attestation takes back an orderly shutdown, an unsigned one does not", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    expect(tpm.shutdown(1).rc).toBe(0);
    attestOf(tpm.run(getTime(RH.NULL)));
    expect(tpm.powerCycle().startup(1).rc).toBe(0);
    attestOf(tpm.run(getTime(key.handle)), key);
    expect(tpm.powerCycle().startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
  });

  it("ECDAA hides the signer and signs the qualifying data without showing it", () => {
    const tpm = TestTpm.started();
    const area = ecc(ATTESTING, { curve: 0x10, scheme: scheme(ALG.ECDAA) });
    const key = runCreatePrimary(tpm, area, RH.ENDORSEMENT);
    const committed = fieldsOf(
      tpm.run(command(CC.Commit, [key.handle], [sized(u32(0)), sized([]), sized([])], [password()])),
    );
    for (let i = 0; i < 2; i++) committed.sized();
    const E = new Fields(concat(committed.sized()));
    const counter = committed.number(2);
    const curve = CURVES.find(({ id }) => id === 0x10);
    if (!curve) throw new Error("BN P-256");
    const point = { x: toBig(E.sized()), y: toBig(E.sized()) };
    const use = (count: number) =>
      certify(key.handle, key.handle, { qualifyingData: DATA, scheme: scheme(ALG.ECDAA, ALG.SHA256, count) });
    expect(rcOf(tpm, use(counter + 1))).toBe(rc("TPM_RC_VALUE"));
    const fields = fieldsOf(tpm.run(use(counter)));
    const bytes = fields.sized();
    const { id, values } = readSignature(fields);
    expect(id).toBe(ALG.ECDAA);
    const attest = readAttest(bytes);
    expect([attest.qualifiedSigner.length, attest.extraData.length]).toEqual([0, 0]);
    expect(hex(attest.attested.sized())).toBe(hex(key.name));
    expect(attest.attested.sized().length).toBe(0);
    // s = r + T d: [s] G is [r] G, which TPM2_Commit told, and [T] Q.
    const [nonce = bytes, s = bytes] = values;
    const digest = hash(ALG.SHA256, DATA, hash(ALG.SHA256, bytes));
    const T = toBig(hash(ALG.SHA256, nonce, digest)) % curve.n;
    const Q = publicKeyOf(key.area);
    if ("n" in Q) throw new Error("not an ECC key");
    const sum = curve.Point.fromAffine(point).add(curve.Point.fromAffine(Q).multiplyUnsafe(T));
    expect(curve.Point.BASE.multiply(toBig(s)).equals(sum)).toBe(true);
    expect(fromBig(toBig(s), curve.size).length).toBe(s.length);
    // A commitment is used once.
    expect(rcOf(tpm, use(counter))).toBe(rc("TPM_RC_VALUE"));
  });
});

describe("TPM2_Certify", () => {
  it("certifies Name and Qualified Name, for the ADMIN role of the object", async () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    const object = runCreatePrimary(tpm, ecc(STORAGE));
    const attest = attestOf(tpm.run(certify(object.handle, key.handle, { qualifyingData: DATA })), key);
    expect(attest.type).toBe(ATTEST.CERTIFY);
    const known = new Fields(tpm.run(readPublic(object.handle)).body);
    known.sized();
    expect(hex(attest.attested.rest())).toBe(hex(known.rest()));
    attestOf(tpm.run(certify(object.handle, RH.NULL)));
    expect(tpm.run(flush(object.handle)).rc).toBe(0);
    // adminWithPolicy: a policy for this command.
    const policy = hash(ALG.SHA256, new Uint8Array(32), u32(CC.PolicyCommandCode), u32(CC.Certify));
    const owned = runCreatePrimary(tpm, ecc(STORAGE | OBJECT.adminWithPolicy, { policy }));
    expect(rcOf(tpm, certify(owned.handle, key.handle))).toBe(rc("TPM_RC_AUTH_TYPE"));
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const session = await AuthSession.start(run, { type: SE.POLICY });
    expect(tpm.run(command(CC.PolicyCommandCode, [session.handle], [u32(CC.Certify)])).rc).toBe(0);
    const policyUse = { handle: session.handle, attributes: 1 };
    attestOf(tpm.run(certify(owned.handle, key.handle, { sessions: [policyUse, password()] })), key);
  });
});

describe("TPM2_CertifyCreation", () => {
  it("certifies creation data by its ticket", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    const object = runCreatePrimary(tpm, ecc(STORAGE));
    const { handle, creationHash, ticket } = object;
    const attest = attestOf(tpm.run(certifyCreation(key.handle, handle, creationHash, ticket)), key);
    expect(attest.type).toBe(ATTEST.CREATION);
    expect(hex(attest.attested.sized())).toBe(hex(object.name));
    expect(hex(attest.attested.rest())).toBe(hex(sized(creationHash)));
    attestOf(tpm.run(certifyCreation(RH.NULL, handle, creationHash, ticket)));
    const flipped = ticket.slice();
    flipped[30] = (flipped[30] ?? 0) ^ 1;
    expect(rcOf(tpm, certifyCreation(key.handle, handle, creationHash, flipped))).toBe(
      rc("TPM_RC_TICKET", { parameter: 4 }),
    );
    expect(rcOf(tpm, certifyCreation(key.handle, handle, hash(ALG.SHA256), ticket))).toBe(
      rc("TPM_RC_TICKET", { parameter: 4 }),
    );
    expect(rcOf(tpm, certifyCreation(key.handle, key.handle, creationHash, ticket))).toBe(
      rc("TPM_RC_TICKET", { parameter: 4 }),
    );
    expect(rcOf(tpm, certifyCreation(key.handle, handle, creationHash, key.ticket))).toBe(
      rc("TPM_RC_TICKET", { parameter: 4 }),
    );
    expect(rcOf(tpm, certifyCreation(handle, handle, creationHash, ticket))).toBe(rc("TPM_RC_KEY", { handle: 1 }));
    expect(rcOf(tpm, certifyCreation(key.handle, handle, creationHash, ticket, { scheme: scheme(ALG.SM2) }))).toBe(
      rc("TPM_RC_SCHEME", { parameter: 3 }),
    );
  });
});

describe("TPM2_Quote", () => {
  it("quotes PCRs by the hash of the scheme, with the selection that the TPM has", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm, RH.ENDORSEMENT, ALG.SHA384);
    const sha1 = new Uint8Array(20);
    const sha256 = hash(ALG.SHA256, new Uint8Array(32), new Uint8Array(32).fill(3));
    const digest = concat(u32(1), u16(ALG.SHA256), new Uint8Array(32).fill(3));
    expect(tpm.run(command(CC.PCR_Extend, [16], [digest], [password()])).rc).toBe(0);
    const asked = selection([ALG.SHA256, [16, 0]], [ALG.SHA1, [3]]);
    const attest = attestOf(tpm.run(quote(key.handle, asked, { qualifyingData: DATA })), key);
    expect(attest.type).toBe(ATTEST.QUOTE);
    const expected = hash(ALG.SHA384, new Uint8Array(32), sha256, sha1);
    expect(hex(attest.attested.rest())).toBe(hex(concat(asked, sized(expected))));
    // Of nothing, it is the hash of nothing.
    const none = attestOf(tpm.run(quote(key.handle, selection())), key);
    expect(hex(none.attested.rest())).toBe(hex(concat(u32(0), sized(hash(ALG.SHA384)))));
    // Without a key there is no hash.
    expect(rcOf(tpm, quote(RH.NULL, asked))).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
    expect(rcOf(tpm, quote(RH.NULL, asked, { scheme: scheme(ALG.ECDSA) }))).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
  });
});

describe("TPM2_GetTime", () => {
  it("attests Time and the clock as they are", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm, RH.OWNER);
    tpm.now += 777;
    const attest = attestOf(tpm.run(getTime(key.handle)), key);
    const info = tpm.run(command(CC.ReadClock)).body;
    expect(hex(attest.attested.take(25))).toBe(hex(info));
    expect(BigInt(`0x${hex(attest.attested.rest())}`)).toBe(FIRMWARE);
    expect(rcOf(tpm, getTime(key.handle, { privacyAdmin: RH.OWNER }))).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    expect(rcOf(tpm, getTime(key.handle, { sessions: [password([1]), password()] }))).toBe(
      rc("TPM_RC_BAD_AUTH", { session: 1 }),
    );
  });
});

describe("TPM2_GetSessionAuditDigest", () => {
  it("attests what the session audited, and whether it was the only one", async () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const session = await AuthSession.start(run);
    expect(rcOf(tpm, getSessionAuditDigest(key.handle, session.handle))).toBe(rc("TPM_RC_TYPE", { handle: 3 }));
    const parameters = selection([ALG.SHA256, [0]]);
    const audited = { code: CC.PCR_Read, parameters: [parameters], uses: [{ session, attributes: CONTINUE | AUDIT }] };
    const { parameters: answer } = await call(run, audited);
    const cpHash = hash(ALG.SHA256, u32(CC.PCR_Read), parameters);
    const rpHash = hash(ALG.SHA256, u32(0), u32(CC.PCR_Read), answer);
    const digest = hash(ALG.SHA256, new Uint8Array(32), cpHash, rpHash);
    const attest = attestOf(tpm.run(getSessionAuditDigest(key.handle, session.handle)), key);
    expect(attest.type).toBe(ATTEST.SESSION_AUDIT);
    expect(hex(attest.attested.rest())).toBe(hex(concat(u8(1), sized(digest))));
    // Attesting without the session ended its being the only one.
    const again = attestOf(tpm.run(getSessionAuditDigest(RH.NULL, session.handle)));
    expect(hex(again.attested.rest())).toBe(hex(concat(u8(0), sized(digest))));
    expect(rcOf(tpm, getSessionAuditDigest(key.handle, 0x03000000))).toBe(rc("TPM_RC_VALUE", { handle: 3 }));
    expect(rcOf(tpm, getSessionAuditDigest(key.handle, 0x02000009))).toBe(rc("TPM_RC_REFERENCE_H2"));
  });
});

describe("TPM2_GetCommandAuditDigest", () => {
  it("attests the audited commands, and starts anew when it was signed", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    const audit = (set: number[], clear: number[] = [], algorithm: number = ALG.NULL) =>
      command(
        CC.SetCommandCodeAuditStatus,
        [RH.OWNER],
        [u16(algorithm), u32(set.length), ...set.map(u32), u32(clear.length), ...clear.map(u32)],
        [password()],
      );
    expect(tpm.run(audit([], [], ALG.SHA256)).rc).toBe(0);
    const setting = [u16(ALG.NULL), u32(2), u32(CC.GetRandom), u32(CC.GetCommandAuditDigest), u32(0)];
    expect(tpm.run(audit([CC.GetRandom, CC.GetCommandAuditDigest])).rc).toBe(0);
    const names = concat(u32(RH.OWNER));
    const step = (old: Uint8Array, code: number, before: Uint8Array, answer: Uint8Array) =>
      hash(ALG.SHA256, old, hash(ALG.SHA256, u32(code), before), hash(ALG.SHA256, u32(0), u32(code), answer));
    let digest = step(new Uint8Array(32), CC.SetCommandCodeAuditStatus, concat(names, ...setting), new Uint8Array());
    const random = tpm.run(command(CC.GetRandom, [], [u16(4)])).body;
    digest = step(digest, CC.GetRandom, u16(4), random);
    const commands = hash(
      ALG.SHA256,
      u32(CC.GetCommandAuditDigest),
      u32(CC.SetCommandCodeAuditStatus),
      u32(CC.GetRandom),
    );
    const read = (attest: Attest) => {
      const counter = attest.attested.take(8);
      return [toBig(counter), attest.attested.number(2), hex(attest.attested.rest())] as const;
    };
    // Without a signature it goes on, and this very command is audited.
    const unsigned = tpm.run(getCommandAuditDigest(RH.NULL));
    const [counter, algorithm, rest] = read(attestOf(unsigned));
    expect([algorithm, rest]).toEqual([ALG.SHA256, hex(concat(sized(digest), sized(commands)))]);
    const cp = concat(u32(RH.ENDORSEMENT), u32(RH.NULL), sized([]), u16(ALG.NULL));
    digest = step(digest, CC.GetCommandAuditDigest, cp, unsigned.parameters);
    const signed = tpm.run(getCommandAuditDigest(key.handle));
    expect(read(attestOf(signed, key))).toEqual([counter, ALG.SHA256, hex(concat(sized(digest), sized(commands)))]);
    // A new digest with a new counter, of the signed command itself.
    const first = concat(u32(RH.ENDORSEMENT), key.name, sized([]), u16(ALG.NULL));
    const next = attestOf(tpm.run(getCommandAuditDigest(key.handle)), key);
    const digestOfSigned = step(new Uint8Array(32), CC.GetCommandAuditDigest, first, signed.parameters);
    expect(read(next)).toEqual([counter + 1n, ALG.SHA256, hex(concat(sized(digestOfSigned), sized(commands)))]);
  });

  it("keeps the digest when the store fails", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    const set = [u16(ALG.NULL), u32(1), u32(CC.GetCommandAuditDigest), u32(0)];
    expect(tpm.run(command(CC.SetCommandCodeAuditStatus, [RH.OWNER], set, [password()])).rc).toBe(0);
    tpm.storeFails = true;
    const before = tpm.stateHash();
    expect(tpm.run(getCommandAuditDigest(key.handle)).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
    expect(tpm.stateHash()).toBe(before);
    tpm.storeFails = false;
    attestOf(tpm.run(getCommandAuditDigest(key.handle)), key);
  });
});

describe("TPM2_NV_Certify", () => {
  const info = { handle: 0x01800001, attributes: OPEN, size: 40 };
  const contents = new Uint8Array(40).map((_, i) => i);

  it("certifies a part of the contents, or the digest of all of it", () => {
    const tpm = TestTpm.started();
    const key = attestKey(tpm);
    expect(tpm.run(defineSpace(info)).rc).toBe(0);
    expect(rcOf(tpm, nvCertify(key.handle, info.handle, info.handle, 0, 0))).toBe(rc("TPM_RC_NV_UNINITIALIZED"));
    expect(tpm.run(nvWrite(info.handle, info.handle, contents)).rc).toBe(0);
    const name = nvName(info, info.attributes | NV.WRITTEN);
    const part = attestOf(tpm.run(nvCertify(key.handle, info.handle, info.handle, 10, 30)), key);
    expect(part.type).toBe(ATTEST.NV);
    expect(hex(part.attested.rest())).toBe(hex(concat(sized(name), u16(30), sized(contents.subarray(30)))));
    const empty = attestOf(tpm.run(nvCertify(key.handle, info.handle, info.handle, 0, 40)), key);
    expect(hex(empty.attested.rest())).toBe(hex(concat(sized(name), u16(40), sized([]))));
    const whole = attestOf(tpm.run(nvCertify(key.handle, RH.OWNER, info.handle, 0, 0)), key);
    expect(whole.type).toBe(ATTEST.NV_DIGEST);
    expect(hex(whole.attested.rest())).toBe(hex(concat(sized(name), sized(hash(ALG.SHA256, contents)))));
    const unsigned = attestOf(tpm.run(nvCertify(RH.NULL, RH.OWNER, info.handle, 0, 0)));
    expect(hex(unsigned.attested.rest())).toBe(hex(concat(sized(name), sized([]))));
    const refused = (expected: number, ...args: Parameters<typeof nvCertify>) =>
      expect(rcOf(tpm, nvCertify(...args))).toBe(expected);
    refused(rc("TPM_RC_NV_RANGE"), key.handle, info.handle, info.handle, 41, 0);
    refused(rc("TPM_RC_NV_RANGE"), key.handle, info.handle, info.handle, 1, 40);
    refused(rc("TPM_RC_NV_AUTHORIZATION"), key.handle, RH.PLATFORM, info.handle, 1, 0);
    refused(rc("TPM_RC_SCHEME", { parameter: 2 }), key.handle, RH.OWNER, info.handle, 1, 0, {
      scheme: scheme(ALG.SM2),
    });
    const storage = runCreatePrimary(tpm, ecc(STORAGE));
    refused(rc("TPM_RC_KEY", { handle: 1 }), storage.handle, RH.OWNER, info.handle, 1, 0);
    refused(rc("TPM_RC_HANDLE", { handle: 3 }), key.handle, RH.OWNER, info.handle + 1, 1, 0);
  });

  it("certifies at most 1024 bytes, but digests more", () => {
    const tpm = TestTpm.started();
    const large = { ...info, size: 1500 };
    expect(tpm.run(defineSpace(large)).rc).toBe(0);
    for (const offset of [0, 1000])
      expect(tpm.run(nvWrite(large.handle, large.handle, new Uint8Array(offset === 0 ? 1000 : 500), offset)).rc).toBe(
        0,
      );
    const key = attestKey(tpm);
    expect(rcOf(tpm, nvCertify(key.handle, large.handle, large.handle, 1025, 0))).toBe(
      rc("TPM_RC_VALUE", { parameter: 3 }),
    );
    const whole = attestOf(tpm.run(nvCertify(key.handle, large.handle, large.handle, 0, 0)), key);
    whole.attested.sized();
    const digest = createHash("sha256").update(new Uint8Array(1500)).digest();
    expect(hex(whole.attested.sized())).toBe(hex(digest));
  });
});

describe("keys and schemes that don't fit", () => {
  const attestations = (key: number, o: { scheme?: Uint8Array } = {}): Record<string, Uint8Array> => ({
    Certify: certify(key, key, o),
    Quote: quote(key, selection(), o),
    GetTime: getTime(key, o),
    GetCommandAuditDigest: getCommandAuditDigest(key, o),
  });

  it("a key without sign, a sequence, a symmetric cipher", () => {
    const tpm = TestTpm.started();
    const storage = runCreatePrimary(tpm, ecc(STORAGE)).handle;
    const cipher = runCreatePrimary(tpm, symCipher(SIGNING)).handle;
    const sequence = handleAndFields(tpm.run(command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)]))).handle;
    for (const key of [storage, cipher, sequence]) {
      for (const [name, bytes] of Object.entries(attestations(key)))
        expect([name, rcOf(tpm, bytes)]).toEqual([
          name,
          name === "Quote" ? rc("TPM_RC_KEY", { handle: 1 }) : rc("TPM_RC_KEY", { handle: 2 }),
        ]);
    }
    expect(rcOf(tpm, certify(sequence, RH.NULL))).toBe(rc("TPM_RC_SEQUENCE"));
    expect(rcOf(tpm, quote(0x80000003, selection()))).toBe(rc("TPM_RC_VALUE", { handle: 1 }));
    for (const handle of [cipher, sequence]) expect(rcOf(tpm, flush(handle))).toBe(0);
    expect(rcOf(tpm, quote(0x81000001, selection()))).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    expect(tpm.run(command(CC.Quote, [storage], [sized([]), u16(ALG.NULL), selection()])).rc).toBe(
      rc("TPM_RC_AUTH_MISSING"),
    );
  });

  it("schemes", () => {
    const tpm = TestTpm.started();
    const free = knownEcc();
    const { handle } = handleAndFields(tpm.run(loadExternal(free.area, RH.NULL, free.sensitive)));
    for (const [, bytes] of Object.entries(attestations(handle)))
      expect(rcOf(tpm, bytes)).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
    for (const [, bytes] of Object.entries(attestations(handle, { scheme: scheme(ALG.RSASSA) })))
      expect(rcOf(tpm, bytes)).toBe(rc("TPM_RC_SCHEME", { parameter: 2 }));
    for (const [, bytes] of Object.entries(attestations(handle, { scheme: scheme(ALG.ECSCHNORR) })))
      expect(isGood(free.area, ...signedBy(tpm.run(bytes)))).toBe(true);
  });
  const signedBy = (response: Response) => {
    const fields = fieldsOf(response);
    return [fields.sized(), readSignature(fields)] as const;
  };
});
