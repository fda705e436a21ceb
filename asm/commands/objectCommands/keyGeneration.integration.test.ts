import { createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hex, TestTpm } from "../../testkit/harness.ts";
import { rc } from "../../testkit/names.ts";
import {
  create,
  createLoaded,
  createPrimary,
  ecc,
  evictControl,
  fieldsOf,
  readPublic,
  rsa,
  runCreatePrimary,
  SIGNING,
  STORAGE,
} from "../../testkit/objects.ts";

describe("an RSA key is made in slices", () => {
  /** Its clock goes on by `tick` ms at each look at it. */
  function ticking(tick: number, blob?: Uint8Array): TestTpm {
    const tpm = TestTpm.started(blob ? { blob } : {});
    tpm.tick = tick;
    return tpm;
  }

  for (const bits of [2048, 4096]) {
    it(`of at most 20 ms each: ${bits} bits`, { timeout: 60_000 }, () => {
      const tpm = ticking(4);
      const parent = runCreatePrimary(tpm, ecc(STORAGE));
      const template = rsa(SIGNING, { bits });
      const ends: number[] = [];
      const start = tpm.now;
      const response = tpm.run(create(parent.handle, template), 0, () => ends.push(tpm.now));
      expect(response.rc).toBe(0);
      expect(ends.length).toBeGreaterThan(2);
      // One step of at most a tick is going on when a slice is used up.
      for (const [i, end] of ends.entries()) expect(end - (ends[i - 1] ?? start)).toBeLessThanOrEqual(20);
      const fields = fieldsOf(response);
      fields.sized();
      const n = fields.sized().subarray(-bits / 8);
      const key = { kty: "RSA", n: Buffer.from(n).toString("base64url"), e: "AQAB" };
      expect(createPublicKey({ format: "jwk", key }).asymmetricKeyDetails?.modulusLength).toBe(bits);
    });
  }

  it("a cancelled one leaves the state as it was", () => {
    const tpm = ticking(8);
    const parent = runCreatePrimary(tpm, ecc(STORAGE));
    for (const bytes of [
      create(parent.handle, rsa(SIGNING)),
      createPrimary(rsa(STORAGE)),
      createLoaded(parent.handle, rsa(SIGNING)),
    ]) {
      const before = tpm.stateHash();
      const commits = tpm.commits;
      const response = tpm.run(bytes, 0, (slice) => {
        if (slice === 2) tpm.core.cancel();
      });
      expect(response.rc).toBe(rc("TPM_RC_CANCELED"));
      expect(response.size).toBe(10);
      expect(tpm.slices).toBe(3);
      expect(tpm.stateHash()).toBe(before);
      expect(tpm.commits).toBe(commits);
    }
    expect(tpm.run(create(parent.handle, ecc(SIGNING))).rc).toBe(0);
  });

  it("the power may go at any slice: what was stored is what was stored before", () => {
    class PowerCut extends Error {}
    for (const at of [1, 2, 3]) {
      const tpm = ticking(8);
      const parent = runCreatePrimary(tpm, ecc(STORAGE));
      expect(tpm.run(evictControl(parent.handle, 0x81000001)).rc).toBe(0);
      const stored = hex(tpm.stored ?? new Uint8Array());
      const cut = () =>
        tpm.run(create(0x81000001, rsa(SIGNING)), 0, (slice) => {
          if (slice === at) throw new PowerCut();
        });
      expect(cut).toThrow(PowerCut);
      expect(hex(tpm.stored ?? new Uint8Array())).toBe(stored);
      const again = tpm.powerCycle();
      again.startup();
      expect(hex(fieldsOf(again.run(readPublic(0x81000001))).sized())).toBe(hex(parent.area));
      expect(again.run(create(0x81000001, ecc(SIGNING))).rc).toBe(0);
    }
  });

  it("slices don't change the key", () => {
    const blob = TestTpm.started().save();
    const [whole, sliced] = [TestTpm.started({ blob }), ticking(8, blob)];
    const areas = [whole, sliced].map((tpm) => hex(runCreatePrimary(tpm, rsa(STORAGE)).area));
    expect(sliced.slices).toBeGreaterThan(2);
    expect(whole.slices).toBe(1);
    expect(areas[1]).toBe(areas[0]);
  });
});
