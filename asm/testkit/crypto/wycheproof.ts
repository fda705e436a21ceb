/** Wycheproof's vectors for what the kernels can do; started by scripts/wycheproof.mjs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadNumbers } from "./bignum/numbers.ts";
import { CURVES } from "./ecc/curves.ts";
import { loadEcc, toBigInt } from "./ecc/ecc.ts";
import { SIZES } from "./rsa/keys.ts";
import { loadKey, loadPublicKey, STATUS } from "./rsa/rsa.ts";

/** Texts are hexadecimal, where they are no words; which there are depends on the file. */
interface Vector {
  tcId: number;
  comment: string;
  flags: readonly string[];
  result: "valid" | "invalid" | "acceptable";
  msg: string;
  sig: string;
  ct: string;
  label: string;
  public: string;
  private: string;
  shared: string;
  key: string;
  tag: string;
}
interface Group {
  tests: readonly Vector[];
  sha: string;
  mgf: string;
  mgfSha: string;
  curve: string;
  publicKey: { curve: string; wx: string; wy: string; modulus: string; publicExponent: string };
  privateKey: { modulus: string; publicExponent: string; prime1: string };
  /** Bits. */
  tagSize: number;
}
/** Whether the kernels accept the vector (and compute what it says); undefined where they have no such thing. */
type Judge = (group: Group, vector: Vector) => boolean | undefined;

const HASHES: Readonly<Record<string, number>> = {
  "SHA-1": 0x0004,
  "SHA-256": 0x000b,
  "SHA-384": 0x000c,
  "SHA-512": 0x000d,
  "SHA3-256": 0x0027,
  "SHA3-384": 0x0028,
  "SHA3-512": 0x0029,
};
const EC_CURVES: Readonly<Record<string, string>> = {
  secp256r1: "NIST P-256",
  secp384r1: "NIST P-384",
  secp521r1: "NIST P-521",
};
const AES = 0x0006;
/** Octets: no key is longer. */
const LARGEST_KEY = 512;
const isSizeOfKey = (n: Uint8Array) => SIZES.includes(n.length * 8);

const ecc = await loadEcc();
const rsa = await loadNumbers();
const hex = (text: string) => Buffer.from(text, "hex");
/** Octets of a number without the zeros in front of it. */
const number = (text: string) => {
  const bytes = hex(text.length % 2 ? `0${text}` : text);
  const start = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(start < 0 ? bytes.length : start);
};
const exponent = (text: string) => Number(toBigInt(number(text)));

/** In the kernels' memory, as their own hash makes it. */
function digest(kernels: typeof ecc | typeof rsa, algorithm: number, message: string): { at: number; size: number } {
  const size = kernels.call.hashDigestSize(algorithm);
  const at = kernels.take(size);
  const data = hex(message);
  kernels.call.hash(algorithm, kernels.put(data), data.length, at);
  return { at, size };
}

const curveOf = (name: string) => CURVES.find((each) => each.name === EC_CURVES[name]);

const ecdsa: Judge = (group, vector) => {
  const curve = curveOf(group.publicKey.curve);
  const algorithm = HASHES[group.sha];
  if (curve === undefined || algorithm === undefined) return undefined;
  const { size } = curve;
  const signature = hex(vector.sig);
  // What the TPM takes is two numbers, not a signature's octets.
  if (signature.length !== 2 * size) return false;
  const pad = (coordinate: string) => Buffer.concat([Buffer.alloc(size), number(coordinate)]).subarray(-size);
  const point = ecc.put(Buffer.concat([pad(group.publicKey.wx), pad(group.publicKey.wy)]));
  const { at, size: digestSize } = digest(ecc, algorithm, vector.msg);
  const at0 = ecc.put(signature);
  return ecc.operations.ecdsaVerify(curve.id, point, at, digestSize, at0, at0 + size) === 0;
};

const ecdh: Judge = (group, vector) => {
  const curve = curveOf(group.curve);
  if (curve === undefined) return undefined;
  const { size } = curve;
  const point = hex(vector.public);
  // Of points the TPM has both coordinates.
  if (point.length !== 2 * size + 1 || point[0] !== 4) return false;
  const scalar = Buffer.concat([Buffer.alloc(size), number(vector.private)]).subarray(-size);
  const out = ecc.take(2 * size);
  const status = ecc.operations.eccMultiply(curve.id, ecc.put(scalar), ecc.put(point.subarray(1)), out);
  return status === 0 && ecc.get(out, size).equals(hex(vector.shared));
};

const rsassa: Judge = (group, vector) => {
  const algorithm = HASHES[group.sha];
  const n = number(group.publicKey.modulus);
  if (algorithm === undefined || !isSizeOfKey(n)) return undefined;
  const [key, signature] = [loadPublicKey(rsa, n, exponent(group.publicKey.publicExponent)), hex(vector.sig)];
  const { at, size } = digest(rsa, algorithm, vector.msg);
  return rsa.operations.rsassaVerify(key, algorithm, at, size, rsa.put(signature), signature.length) === STATUS.success;
};

const rsapss: Judge = (group, vector) => {
  const algorithm = HASHES[group.sha];
  // The TPM's mask is made with the hash of the message.
  if (algorithm === undefined || group.mgfSha !== group.sha || group.mgf !== "MGF1") return undefined;
  const n = number(group.publicKey.modulus);
  // A TPM's verifier takes a salt of any size (Part 1, B.7).
  if (!isSizeOfKey(n) || vector.comment.startsWith("s_len changed")) return undefined;
  const [key, signature] = [loadPublicKey(rsa, n, exponent(group.publicKey.publicExponent)), hex(vector.sig)];
  const { at, size } = digest(rsa, algorithm, vector.msg);
  return rsa.operations.rsapssVerify(key, algorithm, at, size, rsa.put(signature), signature.length) === STATUS.success;
};

/** A decryption: did it give the message of the vector? */
function decrypts(group: Group, vector: Vector, run: (key: number, out: number, sizeAt: number) => number) {
  const { modulus, publicExponent, prime1 } = group.privateKey;
  if (!isSizeOfKey(number(modulus))) return undefined;
  const key = loadKey(rsa, number(modulus), exponent(publicExponent), number(prime1));
  const [out, sizeAt] = [rsa.take(LARGEST_KEY), rsa.take(4)];
  if (run(key, out, sizeAt) !== STATUS.success) return false;
  return rsa.get(out, rsa.get(sizeAt, 4).readUInt32LE()).equals(hex(vector.msg));
}
const drbg = () => rsa.drbg(Buffer.alloc(48, 7));

const rsaes: Judge = (group, vector) => {
  const ciphertext = hex(vector.ct);
  return decrypts(group, vector, (key, out, sizeAt) =>
    rsa.operations.rsaesDecrypt(key, drbg(), rsa.put(ciphertext), ciphertext.length, out, LARGEST_KEY, sizeAt),
  );
};

const oaep: Judge = (group, vector) => {
  const algorithm = HASHES[group.sha];
  if (algorithm === undefined || group.mgfSha !== group.sha) return undefined;
  const [ciphertext, label] = [hex(vector.ct), hex(vector.label)];
  return decrypts(group, vector, (key, out, sizeAt) =>
    rsa.operations.oaepDecrypt(
      ...[key, drbg(), algorithm, rsa.put(label), label.length],
      ...[rsa.put(ciphertext), ciphertext.length, out, LARGEST_KEY, sizeAt],
    ),
  );
};

const mac =
  (algorithm: number, isCmac: boolean): Judge =>
  (group, vector) => {
    const { call, constants } = ecc;
    const [key, message, tag] = [hex(vector.key), hex(vector.msg), hex(vector.tag)];
    const context = ecc.take(isCmac ? constants.CMAC_CONTEXT_SIZE : constants.HMAC_CONTEXT_SIZE);
    const begun = isCmac
      ? call.cmacInit(context, AES, ecc.put(key), key.length * 8)
      : call.hmacInit(context, algorithm, ecc.put(key), key.length);
    if (!begun) return false;
    const [update, final] = isCmac ? [call.cmacUpdate, call.cmacFinal] : [call.hmacUpdate, call.hmacFinal];
    update(context, ecc.put(message), message.length);
    const out = ecc.take(64);
    final(context, out);
    return ecc.get(out, group.tagSize / 8).equals(tag);
  };

/** By the algorithm that a file names. */
const JUDGES: readonly (readonly [RegExp, (hash: string) => Judge])[] = [
  [/^ecdsa_secp(256|384|521)r1_.*_p1363_test\.json$/, () => ecdsa],
  [/^ecdh_secp(256|384|521)r1_ecpoint_test\.json$/, () => ecdh],
  [/^rsa_signature_.*_test\.json$/, () => rsassa],
  [/^rsa_pss_.*_test\.json$/, () => rsapss],
  [/^rsa_pkcs1_\d+_test\.json$/, () => rsaes],
  [/^rsa_oaep_.*_test\.json$/, () => oaep],
  [/^aes_cmac_test\.json$/, () => mac(AES, true)],
  [/^hmac_(sha\w+)_test\.json$/, (hash) => mac(HASHES[hashName(hash)] ?? 0, false)],
];

/** "sha3_256" -> "SHA3-256" */
const hashName = (file: string) =>
  file
    .toUpperCase()
    .replace(/^SHA(\d{3}|1)$/, "SHA-$1")
    .replace("_", "-");

/** @param folder of the vectors. @returns whether all came out as they say */
export async function wycheproof(folder: string): Promise<boolean> {
  const sum = { files: 0, right: 0, wrong: 0, without: 0 };
  for (const file of readdirSync(folder).sort()) {
    const found = JUDGES.map(([name, judge]) => [name.exec(file), judge] as const).find(([match]) => match !== null);
    if (found === undefined) continue;
    const [match, judgeOf] = found;
    const judge = judgeOf(match![1] ?? "");
    if (file.startsWith("hmac_") && HASHES[hashName(match![1]!)] === undefined) continue;
    const counts = { right: 0, wrong: 0, without: 0 };
    const { testGroups } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { testGroups: Group[] };
    for (const group of testGroups) {
      for (const vector of group.tests) {
        ecc.reset();
        rsa.reset();
        const accepted = judge(group, vector);
        if (accepted === undefined) counts.without++;
        else if (vector.result === "acceptable" || accepted === (vector.result === "valid")) counts.right++;
        else {
          counts.wrong++;
          const { tcId, comment, flags, result } = vector;
          console.log(`  ${file} ${tcId}: ${result}, but ${accepted ? "accepted" : "refused"}: ${comment} (${flags})`);
        }
      }
    }
    if (counts.right + counts.wrong === 0) continue;
    sum.files++;
    for (const name of ["right", "wrong", "without"] as const) sum[name] += counts[name];
    console.log(`${file}: ${counts.right} right, ${counts.wrong} wrong, ${counts.without} of what there is not here`);
  }
  console.log(
    `${sum.files} files, ${sum.right} vectors right, ${sum.wrong} wrong, ${sum.without} of what there is not here`,
  );
  return sum.files > 0 && sum.wrong === 0;
}
