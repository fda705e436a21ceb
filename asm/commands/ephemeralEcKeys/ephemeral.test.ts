import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import {
  type Affine,
  bytesOf,
  curveOf,
  externalEcc,
  numberOf,
  pointBytes,
  powerModulo,
  SIGNING_KEY,
  scalarOf,
  times,
  timesBase,
} from "../../testkit/externalKeys.ts";
import { command, concat, password, sized, TestTpm, u16 } from "../../testkit/harness.ts";
import { CC, rc } from "../../testkit/names.ts";
import { Fields, fieldsOf, handleAndFields } from "../../testkit/objects.ts";

const ECDH = 0x19;
const ECDAA = concat(u16(0x1a), u16(0x0b), u16(0));
const none: Uint8Array = new Uint8Array(0);
const EMPTY_POINT = new Uint8Array(4);

const ephemeral = (curve: number) => command(CC.EC_Ephemeral, [], [u16(curve)]);
const commit = (handle: number, p1: Uint8Array, s2: Uint8Array, y2: Uint8Array) =>
  command(CC.Commit, [handle], [sized(p1), sized(s2), sized(y2)], [password()]);
const zGen2 = (handle: number, counter: number, point = pointBytes(3, timesBase(3, 3n))) =>
  command(CC.ZGen_2Phase, [handle], [sized(point), sized(point), u16(ECDH), u16(counter)], [password()]);
const loaded = (tpm: TestTpm, bytes: Uint8Array) => handleAndFields(tpm.run(bytes)).handle;

function pointFrom(fields: Fields): Affine | null {
  const point = new Fields(fields.sized());
  const [x, y] = [point.sized(), point.sized()];
  return x.length === 0 && y.length === 0 ? null : { x: numberOf(x), y: numberOf(y) };
}
function newEphemeral(tpm: TestTpm, curve = 3): { point: Affine; counter: number } {
  const fields = fieldsOf(tpm.run(ephemeral(curve)));
  const point = pointFrom(fields);
  if (!point) throw new Error("an Empty Point");
  return { point, counter: fields.number(2) };
}
function committed(tpm: TestTpm, handle: number, p1: Uint8Array, s2 = none, y2 = none) {
  const fields = fieldsOf(tpm.run(commit(handle, p1, s2, y2)));
  const [K, L, E] = [pointFrom(fields), pointFrom(fields), pointFrom(fields)];
  return { K, L, E, counter: fields.number(2), rest: fields.rest().length };
}
/** s2 and y2 for a point (H(s2) modulo p, y2) of the curve, where p is 3 modulo 4. */
function base(curve: number, hash: string): { s2: Uint8Array; y2: Uint8Array; B: Affine } {
  const { p, size, Point } = curveOf(curve);
  const { a, b } = Point.CURVE();
  for (let i = 0; ; i++) {
    const s2 = Uint8Array.of(i, 1, 2);
    const x = numberOf(createHash(hash).update(s2).digest()) % p;
    const square = (x ** 3n + a * x + b) % p;
    const y = powerModulo(square, (p + 1n) / 4n, p);
    if ((y * y) % p === square) return { s2, y2: bytesOf(y, size), B: { x, y } };
  }
}

describe("TPM2_EC_Ephemeral", () => {
  it.each(CURVES.map(({ name, id }) => [name, id] as const))(
    "on %s gives points of the curve, all different",
    (_name, id) => {
      const tpm = TestTpm.started();
      const points = new Set<bigint>();
      for (let i = 0; i < 4; i++) {
        const { point, counter } = newEphemeral(tpm, id);
        curveOf(id).Point.fromAffine(point).assertValidity();
        expect(counter).toBe(i);
        points.add(point.x);
      }
      expect(points.size).toBe(4);
    },
  );

  it("of a curve that is not there is TPM_RC_CURVE", () => {
    const tpm = TestTpm.started();
    for (const curve of [0, 6, 0x12, 0x21])
      expect(tpm.run(ephemeral(curve)).rc).toBe(rc("TPM_RC_CURVE", { parameter: 1 }));
  });
});

describe("the 128 last counters", () => {
  it("are pending, each until it is used; older ones are not", () => {
    const tpm = TestTpm.started();
    const key = loaded(tpm, externalEcc());
    const own = timesBase(3, scalarOf(3, "key"));
    const all = Array.from({ length: 300 }, () => newEphemeral(tpm));
    expect(all.map(({ counter }) => counter)).toEqual(all.map((_, i) => i));
    for (const counter of [0, 100, 171, 300, 301, 172 + 256, 172 ^ 0x8000]) {
      expect(tpm.run(zGen2(key, counter)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    }
    for (const counter of [172, 173, 255, 256, 299]) {
      const fields = fieldsOf(tpm.run(zGen2(key, counter)));
      expect(pointFrom(fields)).toEqual(times(3, own, 3n));
      expect(pointFrom(fields)).toEqual(times(3, all[counter]?.point ?? own, 3n));
      expect(tpm.run(zGen2(key, counter)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    }
    // A new one takes the place of the one 128 before it.
    newEphemeral(tpm);
    newEphemeral(tpm);
    expect(tpm.run(zGen2(key, 174)).rc).toBe(0);
    for (let i = 0; i < 2; i++) newEphemeral(tpm);
    expect(tpm.run(zGen2(key, 175)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    expect(tpm.run(zGen2(key, 301)).rc).toBe(0);
  });

  it("the scalar belongs to the curve, and to the key of a commitment", () => {
    const tpm = TestTpm.started();
    const handles = ["a", "b"].map((label) =>
      loaded(tpm, externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA, label })),
    );
    const key = loaded(tpm, externalEcc({ curve: 4 }));
    const { point, counter } = newEphemeral(tpm, 3);
    const other = pointBytes(4, timesBase(4, 3n));
    const fields = fieldsOf(tpm.run(zGen2(key, counter, other)));
    pointFrom(fields);
    expect(pointFrom(fields)).not.toEqual(times(4, timesBase(4, 3n), point.x));
    const E = handles.map((handle) => committed(tpm, handle, EMPTY_POINT).E);
    expect(E[0]).not.toEqual(E[1]);
  });

  it("go on after a Resume and a Restart, and start anew after a Reset", () => {
    let tpm = TestTpm.started();
    const first = newEphemeral(tpm);
    const used = newEphemeral(tpm);
    let key = loaded(tpm, externalEcc());
    expect(tpm.run(zGen2(key, used.counter)).rc).toBe(0);
    for (const type of [1, 0]) {
      expect(tpm.shutdown(1).rc).toBe(0);
      tpm = tpm.powerCycle();
      expect(tpm.startup(type).rc).toBe(0);
    }
    key = loaded(tpm, externalEcc());
    expect(tpm.run(zGen2(key, used.counter)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
    const fields = fieldsOf(tpm.run(zGen2(key, first.counter)));
    pointFrom(fields);
    expect(pointFrom(fields)).toEqual(times(3, first.point, 3n));
    const third = newEphemeral(tpm);
    expect(third.counter).toBe(2);
    tpm.shutdown(0);
    tpm = tpm.powerCycle();
    tpm.startup(0);
    const again = newEphemeral(tpm);
    expect(again.counter).toBe(0);
    expect(again.point).not.toEqual(first.point);
    key = loaded(tpm, externalEcc());
    expect(tpm.run(zGen2(key, third.counter)).rc).toBe(rc("TPM_RC_VALUE", { parameter: 4 }));
  });

  it("a scalar that was used after TPM2_Shutdown(STATE) does not come back: there is no Resume", () => {
    const uses = [
      () => ephemeral(3),
      (tpm: TestTpm) => zGen2(loaded(tpm, externalEcc()), 0),
      (tpm: TestTpm) =>
        commit(loaded(tpm, externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA })), EMPTY_POINT, none, none),
    ];
    for (const use of uses) {
      const tpm = TestTpm.started();
      newEphemeral(tpm);
      const bytes = use(tpm);
      expect(tpm.shutdown(1).rc).toBe(0);
      const before = tpm.stateHash();
      tpm.storeFails = true;
      expect(tpm.run(bytes).rc).toBe(rc("TPM_RC_NV_UNAVAILABLE"));
      expect(tpm.stateHash()).toBe(before);
      tpm.storeFails = false;
      expect(tpm.run(bytes).rc).toBe(0);
      const after = tpm.powerCycle();
      expect(after.startup(1).rc).toBe(rc("TPM_RC_VALUE", { parameter: 1 }));
      expect(after.startup(0).rc).toBe(0);
    }
  });
});

describe("TPM2_Commit", () => {
  it.each([
    [1, 0x0b, "sha256"],
    [3, 0x0b, "sha256"],
    [3, 0x04, "sha1"],
    [4, 0x0c, "sha384"],
    [0x10, 0x0b, "sha256"],
    [0x11, 0x0b, "sha256"],
    [0x20, 0x0c, "sha384"],
  ] as const)("on curve %i, nameAlg 0x%i: K = [d] B, L = [r] B, E = [r] P1", (curve, nameAlg, hash) => {
    const tpm = TestTpm.started();
    const key = externalEcc({ curve, nameAlg, attributes: SIGNING_KEY, scheme: ECDAA });
    const handle = loaded(tpm, key);
    const { s2, y2, B } = base(curve, hash);
    const same = committed(tpm, handle, pointBytes(curve, B), s2, y2);
    expect(same.K).toEqual(times(curve, B, scalarOf(curve, "key")));
    expect(same.L).toEqual(same.E);
    expect([same.counter, same.rest]).toEqual([0, 0]);
    // Another commitment has another r.
    const next = committed(tpm, handle, pointBytes(curve, B), s2, y2);
    expect([next.K, next.counter]).toEqual([same.K, 1]);
    expect(next.L).not.toEqual(same.L);
    expect(next.L).toEqual(next.E);
    const { K, L, E } = committed(tpm, handle, pointBytes(curve, times(curve, B, 5n)), s2, y2);
    if (!L) throw new Error("an Empty Point");
    expect(K).toEqual(same.K);
    expect(E).toEqual(times(curve, L, 5n));
  });

  it("leaves out what was not asked for", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA }));
    const { s2, y2 } = base(3, "sha256");
    const P1 = pointBytes(3, timesBase(3, 7n));
    const there = ({ K, L, E }: ReturnType<typeof committed>) => [K, L, E].map((point) => point !== null);
    expect(there(committed(tpm, handle, EMPTY_POINT))).toEqual([false, false, true]);
    expect(there(committed(tpm, handle, P1))).toEqual([false, false, true]);
    expect(there(committed(tpm, handle, EMPTY_POINT, s2, y2))).toEqual([true, true, false]);
    expect(there(committed(tpm, handle, P1, s2, y2))).toEqual([true, true, true]);
  });

  it("a failed one does not count", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA }));
    const { s2, y2 } = base(3, "sha256");
    const P1 = pointBytes(3, timesBase(3, 7n));
    const bad = concat(sized(bytesOf(1n, 32)), sized(bytesOf(1n, 32)));
    const before = tpm.stateHash();
    expect(tpm.run(commit(handle, P1, s2, none)).rc).toBe(rc("TPM_RC_SIZE", { parameter: 3 }));
    expect(tpm.run(commit(handle, P1, none, y2)).rc).toBe(rc("TPM_RC_SIZE", { parameter: 3 }));
    expect(tpm.run(commit(handle, bad, s2, y2)).rc).toBe(rc("TPM_RC_ECC_POINT", { parameter: 1 }));
    expect(
      tpm.run(
        commit(
          handle,
          P1,
          s2,
          y2.map((octet) => octet ^ 1),
        ),
      ).rc,
    ).toBe(rc("TPM_RC_ECC_POINT", { parameter: 2 }));
    expect(tpm.stateHash()).toBe(before);
    expect(committed(tpm, handle, P1, s2, y2).counter).toBe(0);
  });

  it("the counter is one with that of TPM2_EC_Ephemeral", () => {
    const tpm = TestTpm.started();
    const handle = loaded(tpm, externalEcc({ attributes: SIGNING_KEY, scheme: ECDAA }));
    expect(newEphemeral(tpm).counter).toBe(0);
    expect(committed(tpm, handle, EMPTY_POINT).counter).toBe(1);
    expect(newEphemeral(tpm).counter).toBe(2);
  });
});
