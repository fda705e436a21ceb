/** Part 3, chapters 18 to 21: attestation, ephemeral keys, signatures, command audit. */
import {
  certify,
  certifyCreation,
  certifyX509,
  getCommandAuditDigest,
  getSessionAuditDigest,
  getTime,
  quote,
} from "../../../asm/testkit/attestation.ts";
import { partial } from "../../../asm/testkit/certificates.ts";
import { externalEcc, pointBytes, SIGNING_KEY, timesBase } from "../../../asm/testkit/externalKeys.ts";
import { command, concat, password, sized, u16, u32 } from "../../../asm/testkit/harness.ts";
import { ALG, CURVE, RH } from "../../../asm/testkit/names.ts";
import { ecc, fieldsOf, loadExternal, type Primary, rsa, SIGNING } from "../../../asm/testkit/objects.ts";
import { knownEcc, knownRsa, scheme, sign, verifySignature } from "../../../asm/testkit/signatures.ts";
import { NUL, n16, none, start } from "../../../asm/testkit/transcript/builders.ts";
import { type Chapter, carried, plain, row, type Setup } from "../row.ts";
import { begun, DIGEST, ECDSA, orphan, PCRS, primary, RSASSA } from "./setup.ts";

const byEcdsa = { scheme: ECDSA };
/** One command by a P-256 key. */
const withKey = (make: (key: Primary) => Uint8Array) => async (setup: Setup) => [
  make(await primary(setup, ecc(SIGNING))),
];
const AUDIT = 0x81;

async function auditSession(setup: Setup): Promise<number> {
  const session = await begun(setup, start(RH.NULL, RH.NULL, n16, none, 0, NUL, ALG.SHA256));
  await setup.send(command(0x181, [], [], [{ handle: session, attributes: AUDIT }]));
  return session;
}

export const attestationCommands: Chapter = {
  number: 18,
  rows: [
    row(
      "Certify, ECDSA P-256",
      withKey(({ handle }) => certify(handle, handle, byEcdsa)),
    ),
    row(
      "CertifyCreation, ECDSA P-256",
      withKey(({ handle, creationHash, ticket }) => certifyCreation(handle, handle, creationHash, ticket, byEcdsa)),
    ),
    row(
      "Quote, ECDSA P-256",
      withKey(({ handle }) => quote(handle, PCRS, byEcdsa)),
    ),
    row("GetSessionAuditDigest, ECDSA P-256", async (setup) => {
      const { handle } = await primary(setup, ecc(SIGNING));
      return [getSessionAuditDigest(handle, await auditSession(setup), byEcdsa)];
    }),
    row(
      "GetCommandAuditDigest, ECDSA P-256",
      withKey(({ handle }) => getCommandAuditDigest(handle, byEcdsa)),
    ),
    row(
      "GetTime, ECDSA P-256",
      withKey(({ handle }) => getTime(handle, byEcdsa)),
    ),
    row("CertifyX509, ECDSA P-256", async (setup) => {
      const { area, sensitive } = knownEcc();
      const key = await begun(setup, loadExternal(area, RH.NULL, sensitive));
      return [certifyX509(key, key, partial(), byEcdsa)];
    }),
    row("CertifyX509, RSASSA-1024", async (setup) => {
      const { area, sensitive } = knownRsa();
      const key = await begun(setup, loadExternal(area, RH.NULL, sensitive));
      return [certifyX509(key, key, partial(), { scheme: RSASSA })];
    }),
  ],
};

/** TPMT_SIG_SCHEME with a count that the answer to Commit gives. */
const ecdaa = scheme(ALG.ECDAA);
const anonymousKey = externalEcc({ attributes: SIGNING_KEY, scheme: ecdaa });
const P1 = pointBytes(CURVE.NIST_P256, timesBase(CURVE.NIST_P256, 9n));
const commit = (key: number) => command(0x18b, [key], [sized(P1), sized([]), sized([])], [password()]);
/** Behind K and L, which are empty, and E. */
const COMMIT_COUNTER = 14 + 6 + 6 + sized(P1).length;
/** At the end of inScheme. */
const SIGN_COUNTER = 10 + 4 + (4 + 9) + sized(DIGEST).length + 4;

export const ephemeralEcKeys: Chapter = {
  number: 19,
  rows: [
    row("Commit P-256", async (setup) => [commit(await begun(setup, anonymousKey))]),
    plain("EC_Ephemeral P-256", command(0x18e, [], [u16(CURVE.NIST_P256)])),
  ],
};

const verifying = (template: Uint8Array, inScheme: Uint8Array) => async (setup: Setup) => {
  const { handle } = await primary(setup, template);
  const signature = fieldsOf(await setup.send(sign(handle, DIGEST, inScheme))).rest();
  return [verifySignature(handle, DIGEST, signature)];
};

export const signingAndSignatureVerification: Chapter = {
  number: 20,
  rows: [
    row("VerifySignature P-256", verifying(ecc(SIGNING), ECDSA), { goal: 150 }),
    row("VerifySignature RSASSA-2048", verifying(rsa(SIGNING), RSASSA)),
    row("Sign ECDSA P-256", async (setup) => [sign((await orphan(setup, ecc(SIGNING))).handle, DIGEST, ECDSA)], {
      goal: 100,
    }),
    row("Sign RSASSA-2048", async (setup) => [sign((await primary(setup, rsa(SIGNING))).handle, DIGEST, RSASSA)], {
      goal: 1200,
    }),
    row("Commit and Sign ECDAA P-256", async (setup) => {
      const key = await begun(setup, anonymousKey);
      return [commit(key), carried(sign(key, DIGEST, ecdaa), SIGN_COUNTER, COMMIT_COUNTER, 2)];
    }),
  ],
};

const audited = (set: number[], clear: number[]) => {
  const list = (codes: number[]) => concat(u32(codes.length), ...codes.map(u32));
  return command(0x140, [RH.OWNER], [u16(ALG.NULL), list(set), list(clear)], [password()]);
};
const GET_RANDOM = 0x17b;

export const commandAudit: Chapter = {
  number: 21,
  rows: [
    plain("SetCommandCodeAuditStatus, twice: sets and clears", [audited([GET_RANDOM], []), audited([], [GET_RANDOM])]),
  ],
};
