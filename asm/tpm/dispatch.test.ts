import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { command, concat, password, sized, TestTpm, u8, u16, u32 } from "../testkit/harness.ts";
import { CC, RH, rc, ST } from "../testkit/names.ts";

/** TPM_ST as Debian's swtpm (libtpms 0.9.2) has it, but for the two of commands: what it answers with TPM_RC_BAD_TAG. */
const STRUCTURES_OF_LIBTPMS = [
  ...[0x00c4, 0x8000, 0x8014, 0x8015, 0x8016, 0x8017, 0x8018, 0x8019, 0x801a],
  ...[0x8021, 0x8022, 0x8023, 0x8024, 0x8025],
];

const getRandom = (size: number) => command(CC.GetRandom, [], [u16(size)]);

describe("command header", () => {
  // OVMF sends TPM_ORD_GetTicks, and takes any answer with the tag of TPM 1.2 (00C4 to 00C6) for a TPM 1.2.
  it.each([
    [0, "before", () => new TestTpm({ profile: 0 })],
    [0, "after", () => TestTpm.started({ profile: 0 })],
    [1, "before", () => new TestTpm({ profile: 1 })],
    [1, "after", () => TestTpm.started({ profile: 1 })],
  ] as const)(
    "any other tag is answered with that of TPM 2.0, in profile %i, %s TPM2_Startup",
    (profile, _when, tpmOf) => {
      const tpm = tpmOf();
      const codes = new Map<number, number[]>();
      for (let tag = 0; tag <= 0xffff; tag++) {
        if (tag === ST.NO_SESSIONS || tag === ST.SESSIONS) continue;
        const response = tpm.run(concat(u16(tag), u32(10), u32(0xf1)));
        if (response.tag !== ST.NO_SESSIONS || response.size !== 10) throw new Error(`tag ${tag.toString(16)}`);
        const tags = codes.get(response.rc);
        if (tags) tags.push(tag);
        else codes.set(response.rc, [tag]);
      }
      expect(codes.get(rc("TPM_RC_BAD_TAG"))?.length).toBe(profile === 0 ? 65534 : 14);
      expect(codes.get(rc("TPM_RC_VALUE"))?.length).toBe(profile === 0 ? undefined : 65520);
      if (profile === 1) expect(codes.get(rc("TPM_RC_BAD_TAG"))).toEqual(STRUCTURES_OF_LIBTPMS);
    },
  );

  it.each([0, 1])("the tag is looked at first, whatever the size says, in profile %i", (profile) => {
    const tpm = TestTpm.started({ profile });
    for (const [tag, code] of [
      [0x00c1, profile === 0 ? "TPM_RC_BAD_TAG" : "TPM_RC_VALUE"],
      [0x00c4, "TPM_RC_BAD_TAG"],
      [ST.NO_SESSIONS, "TPM_RC_COMMAND_SIZE"],
    ] as const) {
      for (const size of [0, 9, 11, 4096, 0xffffffff]) {
        const response = tpm.run(concat(u16(tag), u32(size), u32(0xf1)));
        expect([response.tag, response.size, response.rc]).toEqual([ST.NO_SESSIONS, 10, rc(code)]);
      }
    }
  });

  it.each([0, 1])("a cut command is answered with the tag of TPM 2.0, in profile %i", (profile) => {
    const tpm = TestTpm.started({ profile });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9 }), (bytes) => {
        const response = tpm.run(bytes);
        expect([response.tag, response.size]).toEqual([ST.NO_SESSIONS, 10]);
        expect(response.rc).not.toBe(0);
      }),
    );
  });

  it("what a TPM in failure mode answers has the tag of TPM 2.0 as well", () => {
    const tpm = TestTpm.started();
    tpm.core.fail();
    const response = tpm.run(concat(u16(0x00c1), u32(10), u32(0xf1)));
    expect([response.tag, response.size, response.rc]).toEqual([ST.NO_SESSIONS, 10, rc("TPM_RC_FAILURE")]);
  });

  it("what is shorter than a header is insufficient", () => {
    const tpm = TestTpm.started();
    for (const size of [0, 1, 2, 5]) expect(tpm.run(getRandom(8).subarray(0, size)).rc).toBe(rc("TPM_RC_INSUFFICIENT"));
  });

  it("the size in the header must be the size that came", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(getRandom(8).subarray(0, 11)).rc).toBe(rc("TPM_RC_COMMAND_SIZE"));
    expect(tpm.run(concat(getRandom(8), [0])).rc).toBe(rc("TPM_RC_COMMAND_SIZE"));
    const short = getRandom(8).slice(0, 8);
    short[5] = 8;
    expect(tpm.run(short).rc).toBe(rc("TPM_RC_INSUFFICIENT"));
  });

  it("an unknown command code", () => {
    const tpm = TestTpm.started();
    for (const code of [
      0,
      0x11e,
      CC.FieldUpgradeStart,
      CC.FieldUpgradeData,
      CC.FirmwareRead,
      0x1fe,
      CC.Vendor_TCG_Test,
    ])
      expect(tpm.run(command(code)).rc).toBe(rc("TPM_RC_COMMAND_CODE"));
  });

  it("only TPM2_Startup comes first, and only once", () => {
    const tpm = new TestTpm();
    expect(tpm.run(getRandom(8)).rc).toBe(rc("TPM_RC_INITIALIZE"));
    expect(tpm.startup().rc).toBe(0);
    expect(tpm.startup().rc).toBe(rc("TPM_RC_INITIALIZE"));
    expect(tpm.run(getRandom(8)).rc).toBe(0);
  });

  it("octets after the last parameter", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(command(CC.GetRandom, [], [u16(8), u8(0)])).rc).toBe(rc("TPM_RC_SIZE"));
  });

  it("a parameter that is cut off names its number", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(command(CC.GetRandom, [], [u8(0)])).rc).toBe(rc("TPM_RC_INSUFFICIENT", { parameter: 1 }));
  });
});

describe("authorization area", () => {
  const extend = (sessions: Parameters<typeof command>[3], pcr = 16) =>
    command(CC.PCR_Extend, [pcr], [u32(1), u16(0x000b), new Uint8Array(32)], sessions);

  it("a password session with an Empty Auth authorises a PCR", () => {
    const tpm = TestTpm.started();
    const response = tpm.run(extend([password()]));
    expect(response.rc).toBe(0);
    expect([...response.body]).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0]);
  });

  it("a persistent object needs a slot to be loaded into, before it is looked for", () => {
    const tpm = TestTpm.started();
    const update = (handle: number) => tpm.run(command(CC.SequenceUpdate, [handle], [sized([])], [password()])).rc;
    expect(update(0x81000000)).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
    for (let i = 0; i < 3; i++) expect(tpm.run(command(CC.HashSequenceStart, [], [sized([]), u16(0x000b)])).rc).toBe(0);
    expect(update(0x81000000)).toBe(rc("TPM_RC_OBJECT_MEMORY"));
    expect(update(0x81800000)).toBe(rc("TPM_RC_OBJECT_MEMORY"));
    // Not where the hierarchy is disabled.
    expect(tpm.run(command(CC.HierarchyControl, [RH.PLATFORM], [u32(RH.OWNER), u8(0)], [password()])).rc).toBe(0);
    expect(update(0x81000000)).toBe(rc("TPM_RC_HANDLE", { handle: 1 }));
  });

  it("a handle with a role needs a session", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(extend(undefined)).rc).toBe(rc("TPM_RC_AUTH_MISSING"));
  });

  it("the size of the area must be possible", () => {
    const tpm = TestTpm.started();
    const good = extend([password()]);
    for (const size of [0, 8, good.length - 17, 0xffffffff]) {
      const bad = good.slice();
      bad.set(u32(size), 14);
      expect(tpm.run(bad).rc).toBe(rc("TPM_RC_AUTHSIZE"));
    }
  });

  it("a session handle must be one", () => {
    const tpm = TestTpm.started();
    for (const handle of [0, 0x02000040, RH.OWNER, 0x80000000])
      expect(tpm.run(extend([{ handle }])).rc).toBe(rc("TPM_RC_VALUE", { session: 1 }));
    expect(tpm.run(extend([{ handle: 0x02000000 }])).rc).toBe(rc("TPM_RC_REFERENCE_S0"));
    expect(tpm.run(extend([{ handle: 0x03000001 }])).rc).toBe(rc("TPM_RC_REFERENCE_S0"));
    expect(tpm.run(extend([password(), { handle: 0x02000001 }])).rc).toBe(rc("TPM_RC_REFERENCE_S1"));
  });

  it("attributes of a password session", () => {
    const tpm = TestTpm.started();
    for (const attributes of [0x02, 0x04, 0x20, 0x40, 0x80])
      expect(tpm.run(extend([{ ...password(), attributes }])).rc).toBe(rc("TPM_RC_ATTRIBUTES", { session: 1 }));
    for (const attributes of [0x08, 0x10])
      expect(tpm.run(extend([{ ...password(), attributes }])).rc).toBe(rc("TPM_RC_RESERVED_BITS", { session: 1 }));
    expect(tpm.run(extend([{ ...password(), attributes: 0 }])).rc).toBe(0);
  });

  it("a password session has no nonce, and sizes are limited", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(extend([{ ...password(), nonce: [1] }])).rc).toBe(rc("TPM_RC_NONCE", { session: 1 }));
    expect(tpm.run(extend([{ ...password(), nonce: new Uint8Array(65) }])).rc).toBe(rc("TPM_RC_SIZE", { session: 1 }));
    expect(tpm.run(extend([password(new Uint8Array(65))])).rc).toBe(rc("TPM_RC_SIZE", { session: 1 }));
  });

  it("a second password session authorises nothing", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(extend([password(), password()])).rc).toBe(rc("TPM_RC_HANDLE", { session: 2 }));
  });

  it("more than three sessions are too large an area", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(extend([password(), password(), password(), password()])).rc).toBe(rc("TPM_RC_AUTHSIZE"));
  });

  it("a command that takes no sessions says so", () => {
    const tpm = new TestTpm();
    expect(tpm.run(command(CC.Startup, [], [u16(0)], [password()])).rc).toBe(rc("TPM_RC_AUTH_CONTEXT"));
  });

  it("a wrong password without dictionary attack protection", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(extend([password([1])])).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
  });

  it("trailing zeros of a password mean nothing", () => {
    const tpm = TestTpm.started();
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [u16(3), [1, 2, 0]], [password()])).rc).toBe(0);
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [u16(0)], [password()])).rc).toBe(
      rc("TPM_RC_BAD_AUTH", { session: 1 }),
    );
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [u16(0)], [password([1, 2, 0, 0])])).rc).toBe(0);
  });
});

describe("a failed command leaves the state as it was", () => {
  it("bit for bit", () => {
    const tpm = TestTpm.started();
    const before = tpm.stateHash();
    expect(tpm.run(command(CC.HierarchyChangeAuth, [RH.OWNER], [u16(1), [1]], [password([9])])).rc).toBe(
      rc("TPM_RC_BAD_AUTH", { session: 1 }),
    );
    expect(tpm.run(command(CC.PCR_Extend, [17], [u32(1), u16(0x000b), new Uint8Array(32)], [password()])).rc).toBe(
      rc("TPM_RC_LOCALITY"),
    );
    expect(tpm.stateHash()).toBe(before);
  });

  it("and so does one whose commit failed", () => {
    const tpm = TestTpm.started();
    const before = tpm.stateHash();
    const blob = tpm.save();
    const change = command(CC.HierarchyChangeAuth, [RH.OWNER], [u16(1), [1]], [password()]);
    tpm.storeFails = true;
    const response = tpm.run(change);
    expect([response.tag, response.size, response.rc]).toEqual([0x8001, 10, rc("TPM_RC_NV_UNAVAILABLE")]);
    expect(tpm.stateHash()).toBe(before);
    expect(tpm.save()).toEqual(blob);
    tpm.storeFails = false;
    expect(tpm.run(change).rc).toBe(0);
    expect(tpm.run(change).rc).toBe(rc("TPM_RC_BAD_AUTH", { session: 1 }));
    expect(tpm.save()).not.toEqual(blob);
  });
});
