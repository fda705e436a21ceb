import { describe, expect, it } from "vitest";
import { concat, hex, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { ALG, CC, RH } from "../../testkit/names.ts";
import { flush, keyedHash, OBJECT, runCreatePrimary, SIGNING, sensitive } from "../../testkit/objects.ts";
import { AuthSession, CONTINUE, call, DECRYPT, digest, ENCRYPT, hmac, type Use } from "../../testkit/sessions.ts";

const AUTH = Uint8Array.of(1, 2, 3, 4);
const KEY = text("a key of its own");
const DATA = text("both ways in secret");
const empty = new Uint8Array(0);

/** Attributes of the session that authorises, and of those behind it: Part 1, 19.6.5. */
const LAYOUTS: [string, number[]][] = [
  ["one beside it decrypts and encrypts: its nonce once", [0, DECRYPT | ENCRYPT]],
  ["one decrypts, another encrypts: both nonces, in that order", [0, DECRYPT, ENCRYPT]],
  ["one encrypts, another decrypts: the nonce of the latter comes first", [0, ENCRYPT, DECRYPT]],
  ["it does both itself: no nonce but its own", [DECRYPT | ENCRYPT]],
  ["it decrypts, another encrypts", [DECRYPT, ENCRYPT]],
  ["it encrypts, another decrypts", [ENCRYPT, DECRYPT]],
];

describe("nonces in the HMAC of the first session", () => {
  for (const [name, attributes] of LAYOUTS) {
    it(name, async () => {
      const tpm = TestTpm.started();
      const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
      const scheme = concat(u16(ALG.HMAC), u16(ALG.SHA256));
      const attributesOfKey = SIGNING & ~OBJECT.sensitiveDataOrigin;
      const key = runCreatePrimary(tpm, keyedHash(attributesOfKey, { scheme }), RH.OWNER, sensitive(AUTH, KEY));
      const uses: Use[] = [];
      for (const [i, more] of attributes.entries()) {
        // Those behind the first have keys, and so HMACs of their own, which cover their own nonces only.
        const session = await AuthSession.start(run, {
          symmetric: i === 1 ? { algorithm: "aes", bits: 128 } : { algorithm: "xor", hash: ALG.SHA256 },
          ...(i > 0 && { bind: { handle: RH.OWNER, auth: empty } }),
        });
        uses.push({ session, attributes: CONTINUE | more, ...(i === 0 && { entity: { auth: AUTH } }) });
      }
      const signed = {
        code: CC.HMAC,
        handles: [key.handle],
        names: [key.name],
        parameters: [sized(DATA), u16(ALG.NULL)],
      };
      for (let round = 0; round < 2; round++) {
        const { response, parameters } = await call(run, { ...signed, uses });
        expect(response.rc).toBe(0);
        expect(hex(parameters)).toBe(hex(sized(hmac(ALG.SHA256, KEY, DATA))));
      }
    });
  }

  it("a second authorization, and a first session that is none, cover no nonce but their own", async () => {
    const tpm = TestTpm.started();
    const run = (bytes: Uint8Array) => tpm.run(bytes).bytes;
    const scheme = concat(u16(ALG.HMAC), u16(ALG.SHA256));
    const key = runCreatePrimary(tpm, keyedHash(SIGNING, { scheme }), RH.OWNER, sensitive(AUTH));
    const symmetric = { algorithm: "xor", hash: ALG.SHA256 } as const;
    const bind = { handle: RH.OWNER, auth: empty };
    const [first, second] = [await AuthSession.start(run), await AuthSession.start(run)];
    const secret = await AuthSession.start(run, { symmetric, bind });
    const entity = { auth: AUTH };
    // TPM2_Certify: of the key, by the key.
    const certified = await call(run, {
      code: CC.Certify,
      handles: [key.handle, key.handle],
      names: [key.name, key.name],
      parameters: [sized(DATA), u16(ALG.NULL)],
      uses: [
        { session: first, entity },
        { session: second, entity },
        { session: secret, attributes: CONTINUE | DECRYPT | ENCRYPT },
      ],
    });
    expect(certified.response.rc).toBe(0);
    expect(hex(certified.parameters)).toContain(hex(DATA));
    expect(tpm.run(flush(second.handle)).rc).toBe(0);
    // TPM2_Hash has no authorization.
    const other = await AuthSession.start(run, { symmetric, bind });
    const hashed = await call(run, {
      code: CC.Hash,
      parameters: [sized(DATA), u16(ALG.SHA256), u32(RH.NULL)],
      uses: [
        { session: secret, attributes: CONTINUE | DECRYPT },
        { session: other, attributes: CONTINUE | ENCRYPT },
      ],
    });
    expect(hashed.response.rc).toBe(0);
    expect(hex(hashed.parameters.subarray(2, 34))).toBe(hex(digest(ALG.SHA256, DATA)));
  });
});
