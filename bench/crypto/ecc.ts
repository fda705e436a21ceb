/** ECC on the eight curves. */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import { type ECDSA, ecdh, ecdsa } from "@noble/curves/abstract/weierstrass.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { CURVES, type Curve } from "../../asm/testkit/crypto/ecc/curves.ts";
import { type Ecc, inverse, loadEcc, toBigInt } from "../../asm/testkit/crypto/ecc/ecc.ts";
import { multiplyPoint } from "./bigint.ts";
import { type Goal, type Row, same, succeed } from "./row.ts";

const SHA256 = 0x000b;

const GOALS: Record<string, Goal> = {
  "NIST P-256 ECDSA signature": { value: 80, text: "P-256 sign <= 80 us" },
  "NIST P-256 ECDSA verification": { value: 130, text: "P-256 verify <= 130 us" },
  "NIST P-256 ECDH": { value: 130, text: "P-256 ECDH <= 130 us" },
  "NIST P-384 ECDSA signature": { value: 300, text: "P-384 sign <= 300 us" },
};

const NOBLE: Record<string, ECDSA> = { "NIST P-256": p256, "NIST P-384": p384, "NIST P-521": p521 };

export async function eccRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const curve of CURVES) rows.push(...curveRows(await loadEcc(), curve));
  for (const row of rows) {
    const goal = GOALS[row.name];
    if (goal) row.goal = goal;
  }
  return rows;
}

/** A key pair of node:crypto; SM2 there is for GM/T signatures only and has no ECDSA. */
function nodeKeys(curve: Curve): { privateKey: KeyObject; publicKey: KeyObject } | undefined {
  if (!curve.node || curve.node === "SM2") return undefined;
  const pair = generateKeyPairSync("ec", {
    namedCurve: curve.node,
    privateKeyEncoding: { type: "pkcs8", format: "der" },
    publicKeyEncoding: { type: "spki", format: "der" },
  });
  return {
    privateKey: createPrivateKey({ key: pair.privateKey, type: "pkcs8", format: "der" }),
    publicKey: createPublicKey({ key: pair.publicKey, type: "spki", format: "der" }),
  };
}

/** node:crypto's ECDH; newer versions of OpenSSL have none on SM2. */
function nodeExchange(curve: Curve, secret: Uint8Array, point: Uint8Array) {
  if (!curve.node) return undefined;
  try {
    const exchange = createECDH(curve.node);
    exchange.setPrivateKey(secret);
    exchange.computeSecret(point);
    return exchange;
  } catch (error) {
    if (curve.node === "SM2") return undefined;
    throw error;
  }
}

function curveRows(ecc: Ecc, curve: Curve): Row[] {
  const { operations: call } = ecc;
  const { id, size, n, Point } = curve;
  const drbg = ecc.drbg();
  const [d, Q, r, s] = [ecc.take(size), ecc.take(2 * size), ecc.take(size), ecc.take(size)];
  const product = ecc.take(2 * size);
  const message = randomBytes(32);
  const digest = ecc.put(sha256(message));
  succeed("eccGenerateKey", call.eccGenerateKey(id, drbg, d, Q));
  succeed("ecdsaSign", call.ecdsaSign(id, d, drbg, digest, 32, r, s));
  succeed("ecdsaVerify", call.ecdsaVerify(id, Q, digest, 32, r, s));
  succeed("eccMultiply", call.eccMultiply(id, d, Q, product));

  const noble = NOBLE[curve.name] ?? ecdsa(Point, sha256);
  const exchange = NOBLE[curve.name] ?? ecdh(Point);
  const secret = ecc.get(d, size);
  const { x, y } = ecc.getPoint(Q, size);
  const point = Point.fromAffine({ x, y }).toBytes(false);
  const scalar = toBigInt(secret);
  const signature = ecc.get(r, size).length ? Buffer.concat([ecc.get(r, size), ecc.get(s, size)]) : undefined;
  same(
    `${curve.name} ECDH`,
    ecc.get(product, size),
    exchange.getSharedSecret(secret, point, false).subarray(1, 1 + size),
  );

  const keys = nodeKeys(curve);
  const nodeEcdh = nodeExchange(curve, secret, point);
  if (nodeEcdh) same(`${curve.name} ECDH in node`, ecc.get(product, size), nodeEcdh.computeSecret(point));
  const made = keys && sign("sha256", message, keys.privateKey);

  const domain = Point.CURVE();
  const hash = toBigInt(sha256(message));
  const group = "ECC";
  const rows: Row[] = [
    {
      group,
      name: `${curve.name} ECDSA signature`,
      tabtpm: () => {
        call.ecdsaSign(id, d, drbg, digest, 32, r, s);
      },
      ...(keys && { node: () => sign("sha256", message, keys.privateKey) }),
      noble: () => noble.sign(message, secret, { lowS: false }),
      bigint: () => {
        const k = (toBigInt(randomBytes(size + 8)) % (n - 1n)) + 1n;
        const R = multiplyPoint(domain, k, domain.Gx, domain.Gy) % n;
        return (inverse(k, n) * (hash + R * scalar)) % n;
      },
    },
    {
      group,
      name: `${curve.name} ECDSA verification`,
      tabtpm: () => call.ecdsaVerify(id, Q, digest, 32, r, s),
      ...(keys && made && { node: () => verify("sha256", message, keys.publicKey, made) }),
      ...(signature && { noble: () => noble.verify(signature, message, point, { lowS: false }) }),
    },
    {
      group,
      name: `${curve.name} ECDH`,
      tabtpm: () => call.eccMultiply(id, d, Q, product),
      ...(nodeEcdh && { node: () => nodeEcdh.computeSecret(point) }),
      noble: () => exchange.getSharedSecret(secret, point),
      bigint: () => multiplyPoint(domain, scalar, x, y),
    },
    {
      group,
      name: `${curve.name} key generation`,
      tabtpm: () => call.eccGenerateKey(id, drbg, product, product),
      ...(keys && curve.node && { node: () => generateKeyPairSync("ec", { namedCurve: curve.node as string }) }),
      noble: () => exchange.keygen(),
    },
  ];
  if (curve.name === "SM2 P-256") {
    rows.push({
      group,
      name: "SM2 P-256 SM2 signature",
      tabtpm: () => call.sm2Sign(id, d, drbg, digest, 32, product, product),
    });
  }
  if (curve.name === "BN P-256") {
    rows.push({
      group,
      name: "BN P-256 ECDAA signature (without commit)",
      tabtpm: () => call.ecdaaSign(id, d, d, drbg, SHA256, digest, 32, product, product, product),
    });
  }
  return rows;
}
