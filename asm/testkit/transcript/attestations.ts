/** Attestations, by keys that are the same on every TPM. */
import {
  certify,
  certifyCreation,
  getCommandAuditDigest,
  getSessionAuditDigest,
  getTime,
  nvCertify,
  quote,
} from "../attestation.ts";
import { concat, password, sized, text, u16, u32 } from "../harness.ts";
import { ALG, RH } from "../names.ts";
import { defineSpace, nvWrite, OPEN, undefineSpace } from "../nv.ts";
import { createPrimary, ecc, SIGNING, STORAGE, symCipher } from "../objects.ts";
import { EXTERNAL_SIGN, knownEcc, knownHmac, knownRsa, scheme } from "../signatures.ts";
import { add, flush, NUL, n16, none, selection, start } from "./builders.ts";
import { ATTEST_HEAD, external, KEY, OTHER, publicOnly, withKey } from "./knownKeys.ts";

export function attestations(): void {
  const quoted = selection([ALG.SHA256, [0, 1, 16]], [ALG.SHA1, [23]]);
  const audit = (key: number, o: Parameters<typeof getTime>[1] = {}) => getCommandAuditDigest(key, o);
  const everywhere = (
    name: string,
    key: number,
    o: { scheme?: Uint8Array } = {},
    options: { to?: number; from?: number } = {},
  ) => {
    add(`Certify by ${name}`, certify(KEY, key, o), options);
    add(`Quote by ${name}`, quote(key, quoted, o), key === RH.NULL ? {} : options);
    add(`GetTime by ${name}`, getTime(key, o), options);
    add(`GetCommandAuditDigest by ${name}`, audit(key, o), options);
    add(
      `CertifyCreation by ${name}`,
      certifyCreation(key, KEY, new Uint8Array(32), concat(u16(0x8021), u32(RH.OWNER), sized(new Uint8Array(64))), o),
    );
    add(`GetSessionAuditDigest by ${name}`, getSessionAuditDigest(key, 0x02000000, o));
    add(`NV_Certify by ${name}`, nvCertify(key, 0x01800042, 0x01800042, 8, 0, o), options);
    add(`NV_Certify of all by ${name}`, nvCertify(key, 0x01800042, 0x01800042, 0, 0, o), options);
  };
  add("define the certified index", defineSpace({ handle: 0x01800042, attributes: OPEN, size: 40 }));
  add("load the ECC key", external(knownEcc()));
  add("NV_Certify before it was written", nvCertify(KEY, 0x01800042, 0x01800042, 8, 0, { scheme: scheme(ALG.ECDSA) }));
  add("write the certified index", nvWrite(0x01800042, 0x01800042, new Uint8Array(40).fill(7)));
  add("start a session to audit", start(RH.NULL, RH.NULL, n16, none, 0, NUL, ALG.SHA256), { to: 16 });
  everywhere("no key", RH.NULL, {}, ATTEST_HEAD);
  everywhere("no key with a scheme", RH.NULL, { scheme: scheme(ALG.ECDSA) }, ATTEST_HEAD);
  everywhere("a key without scheme", KEY);
  everywhere("a key with a scheme not its own", KEY, { scheme: scheme(ALG.RSASSA) });
  for (const id of [ALG.ECDSA, ALG.SM2, ALG.ECSCHNORR])
    for (const algorithm of [ALG.SHA256, ALG.SHA512])
      everywhere(`the ECC key, ${id.toString(16)}, ${algorithm}`, KEY, { scheme: scheme(id, algorithm) }, ATTEST_HEAD);
  everywhere("the owner", RH.OWNER);
  everywhere("an object that is not there", OTHER, { scheme: scheme(ALG.ECDSA) });
  // What the attestation is about stands after the signer, the caller's data, the clock and the firmware version.
  const signed = { scheme: scheme(ALG.ECDSA), qualifyingData: text("data") };
  const about = 14 + 2 + 6 + (2 + 34) + (2 + 4) + 25;
  add("Certify: magic to the caller's data", certify(KEY, KEY, signed), { from: 14, to: about - 25 });
  add("Certify: Name and Qualified Name", certify(KEY, KEY, signed), { from: about, to: about + 72 });
  add("Quote: selection and digest", quote(KEY, quoted, signed), { from: about, to: about + quoted.length + 34 });
  add("Quote of nothing", quote(KEY, selection(), signed), { from: about, to: about + 38 });
  add("Quote of PCRs that there are not", quote(KEY, selection([ALG.SHA256, [0], 4]), signed));
  add("NV_Certify: Name, offset and contents", nvCertify(KEY, RH.OWNER, 0x01800042, 8, 3, signed), {
    from: about,
    to: about + 48,
  });
  add("NV_Certify: Name and digest", nvCertify(KEY, RH.OWNER, 0x01800042, 0, 0, signed), {
    from: about,
    to: about + 70,
  });
  for (const [size, offset] of [
    [41, 0],
    [1, 40],
    [0, 40],
    [0, 41],
    [0xffff, 0xffff],
    [40, 0],
  ] as const)
    add(
      `NV_Certify ${size} at ${offset}`,
      nvCertify(KEY, RH.OWNER, 0x01800042, size, offset, signed),
      size + offset <= 40 ? ATTEST_HEAD : {},
    );
  add("NV_Certify by the platform", nvCertify(KEY, RH.PLATFORM, 0x01800042, 8, 0, signed));
  add("NV_Certify of no index", nvCertify(KEY, RH.OWNER, 0x01800043, 8, 0, signed));
  for (const privacyAdmin of [RH.OWNER, RH.PLATFORM, RH.NULL]) {
    add(`GetTime for ${privacyAdmin.toString(16)}`, getTime(KEY, { ...signed, privacyAdmin }));
    add(
      `GetCommandAuditDigest for ${privacyAdmin.toString(16)}`,
      getCommandAuditDigest(KEY, { ...signed, privacyAdmin }),
    );
    add(
      `GetSessionAuditDigest for ${privacyAdmin.toString(16)}`,
      getSessionAuditDigest(KEY, 0x02000000, { ...signed, privacyAdmin }),
    );
  }
  add("GetSessionAuditDigest of no session", getSessionAuditDigest(KEY, 0x02000001, signed));
  add("GetSessionAuditDigest of a policy session", getSessionAuditDigest(KEY, 0x03000000, signed));
  add("Certify with one session", certify(KEY, KEY, { ...signed, sessions: [password()] }));
  add("Certify, wrong auth of the object", certify(KEY, KEY, { ...signed, sessions: [password([1]), password()] }));
  add("Certify, wrong auth of the key", certify(KEY, KEY, { ...signed, sessions: [password(), password([1])] }));
  add(
    "Certify with 66 bytes of data",
    certify(KEY, KEY, { ...signed, qualifyingData: new Uint8Array(66) }),
    ATTEST_HEAD,
  );
  add("Certify with 67 bytes of data", certify(KEY, KEY, { ...signed, qualifyingData: new Uint8Array(67) }));
  add("flush the ECC key", flush(KEY));
  for (const [name, load] of [
    ["a storage key", createPrimary(ecc(STORAGE))],
    ["a cipher", createPrimary(symCipher(SIGNING))],
  ] as const)
    withKey(name, load, () => everywhere(name, KEY), { to: 14 });
  withKey("the RSA key", external(knownRsa()), () => {
    for (const id of [ALG.RSASSA, ALG.RSAPSS])
      everywhere(`RSA, ${id.toString(16)}`, KEY, { scheme: scheme(id) }, ATTEST_HEAD);
  });
  withKey("the HMAC key", external(knownHmac()), () => everywhere("the HMAC key", KEY, {}, ATTEST_HEAD));
  withKey("the ECDAA key", external(knownEcc(0x10, EXTERNAL_SIGN, scheme(ALG.ECDAA))), () => {
    everywhere("the ECDAA key", KEY);
    everywhere("the ECDAA key without commitment", KEY, { scheme: scheme(ALG.ECDAA, ALG.SHA256, 0x7777) });
  });
  withKey("a public key", publicOnly(knownEcc()), () => everywhere("a public key", KEY, { scheme: scheme(ALG.ECDSA) }));
  add("flush the session to audit", flush(0x02000000));
  add("undefine the certified index", undefineSpace(RH.OWNER, 0x01800042));
}
