/** RSA, and the multiplication that it is made of. */
import {
  constants,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import { loadNumbers, randomBigInt, toBigInt, toBytes } from "../../asm/testkit/crypto/bignum/numbers.ts";
import { testKey } from "../../asm/testkit/crypto/rsa/keys.ts";
import { loadKey, nodeKey, STATUS } from "../../asm/testkit/crypto/rsa/rsa.ts";
import { crt, power } from "./bigint.ts";
import { type Row, same, succeed } from "./row.ts";

const E = 65537;
const SHA256 = 0x000b;

export async function rsaRows(): Promise<Row[]> {
  return [...(await multiplicationRows()), ...(await keyRows()), ...(await generationRows())];
}

async function multiplicationRows(): Promise<Row[]> {
  const numbers = await loadNumbers();
  const { operations: call } = numbers;
  return [1024, 2048].flatMap((bits): Row[] => {
    const n = randomBigInt(bits) | (1n << BigInt(bits - 1)) | 1n;
    const [a, b] = [randomBigInt(bits) % n, randomBigInt(bits) % n];
    const limbs = call.limbsFor(bits);
    const modulus = numbers.modulus(n, bits);
    const [atA, atB, r] = [numbers.putNumber(a, limbs), numbers.putNumber(b, limbs), numbers.number(limbs)];
    return [
      {
        group: "RSA",
        name: `modular multiplication, ${bits} bits`,
        tabtpm: () => call.montMultiply(r, atA, atB, modulus),
        bigint: () => (a * b) % n,
      },
      {
        group: "RSA",
        name: `modular squaring, ${bits} bits`,
        tabtpm: () => call.montSquare(r, atA, modulus),
        bigint: () => (a * a) % n,
      },
    ];
  });
}

async function keyRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const bits of [1024, 2048, 3072, 4096]) {
    const numbers = await loadNumbers();
    const { operations: call } = numbers;
    const { n, p } = testKey(bits);
    const size = n.length;
    const key = loadKey(numbers, n, E, p);
    const other = nodeKey(n, E, p);
    const drbg = numbers.drbg(randomBytes(48));
    const value = toBytes(randomBigInt(bits) % toBigInt(n), size);
    const [input, output] = [numbers.put(value), numbers.take(size)];
    const [N, P] = [toBigInt(n), toBigInt(p)];
    const raw = { key: other.private, padding: constants.RSA_NO_PADDING };
    const textbook = crt(P, N / P, BigInt(E));
    const number = toBigInt(value);
    succeed("rsaPrivate", call.rsaPrivate(key, drbg, input, size, output));
    same(`RSA-${bits}`, numbers.get(output, size), privateEncrypt(raw, value));
    same(`RSA-${bits} with BigInt`, numbers.get(output, size), toBytes(textbook(number), size));
    rows.push({
      group: "RSA",
      name: `RSA-${bits} private operation`,
      tabtpm: () => call.rsaPrivate(key, drbg, input, size, output),
      node: () => privateEncrypt(raw, value),
      bigint: () => textbook(number),
      ...(bits === 2048 && { goal: { value: 1100, text: "RSA-2048 private operation <= 1.1 ms" } }),
    });
    const raised = { key: other.public, padding: constants.RSA_NO_PADDING };
    rows.push({
      group: "RSA",
      name: `RSA-${bits} public operation`,
      tabtpm: () => call.rsaPublic(key, input, size, output),
      node: () => publicEncrypt(raised, value),
      bigint: () => power(number, BigInt(E), N),
    });
    if (bits === 2048) rows.push(...schemeRows(numbers, key, drbg, other, n, p));
  }
  return rows;
}

function schemeRows(
  numbers: Awaited<ReturnType<typeof loadNumbers>>,
  key: number,
  drbg: number,
  other: { private: KeyObject; public: KeyObject },
  n: Buffer,
  p: Buffer,
): Row[] {
  const { operations: call, values } = numbers;
  const size = n.length;
  const message = randomBytes(32);
  const messageAt = numbers.put(message);
  const [digest, signature, out, outSize] = [numbers.take(32), numbers.take(size), numbers.take(size), numbers.take(4)];
  call.hash(SHA256, messageAt, 32, digest);
  succeed("rsassaSign", call.rsassaSign(key, drbg, SHA256, digest, 32, signature));
  const made = numbers.get(signature, size);
  same("RSASSA", made, sign("sha256", message, other.private));
  const oaep = { key: other.private, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  const ciphertext = publicEncrypt({ ...oaep, key: other.public }, message);
  const ciphertextAt = numbers.put(ciphertext);
  const decrypt = () => call.oaepDecrypt(key, drbg, SHA256, 0, 0, ciphertextAt, size, out, size, outSize);
  succeed("oaepDecrypt", decrypt());
  same("OAEP", numbers.get(out, 32), message);
  const pss = { key: other.private, padding: constants.RSA_PKCS1_PSS_PADDING };
  const loaded = numbers.take(values.RSA_KEY_SIZE);
  const [nAt, pAt] = [numbers.put(n), numbers.put(p)];
  const jwk = other.private.export({ format: "jwk" });
  return [
    {
      group: "RSA",
      name: "RSASSA-2048 SHA-256 signature",
      tabtpm: () => {
        call.hash(SHA256, messageAt, 32, digest);
        call.rsassaSign(key, drbg, SHA256, digest, 32, signature);
      },
      node: () => sign("sha256", message, other.private),
    },
    {
      group: "RSA",
      name: "RSASSA-2048 SHA-256 verification",
      tabtpm: () => {
        call.hash(SHA256, messageAt, 32, digest);
        call.rsassaVerify(key, SHA256, digest, 32, signature, size);
      },
      node: () => verify("sha256", message, other.public, made),
    },
    {
      group: "RSA",
      name: "RSAPSS-2048 SHA-256 signature",
      tabtpm: () => call.rsapssSign(key, drbg, SHA256, digest, 32, 32, out),
      node: () => sign("sha256", message, pss),
    },
    {
      group: "RSA",
      name: "OAEP-2048 SHA-256 decryption",
      tabtpm: decrypt,
      node: () => privateDecrypt(oaep, ciphertext),
    },
    {
      group: "RSA",
      name: "RSA-2048 loading a private key",
      tabtpm: () => call.rsaLoadPrivate(loaded, nAt, size, E, pAt, size / 2),
      node: () => createPrivateKey({ key: jwk, format: "jwk" }),
    },
  ];
}

async function generationRows(): Promise<Row[]> {
  const numbers = await loadNumbers();
  const { operations: call, values } = numbers;
  const [context, key] = [numbers.take(values.RSA_KEYGEN_SIZE), numbers.take(values.RSA_KEY_SIZE)];
  const drbg = numbers.drbg(randomBytes(48));
  const generate = (bits: number) => {
    call.rsaKeygenStart(context, bits, E);
    let status: number;
    do status = call.rsaKeygenStep(context, drbg, key);
    while (status === STATUS.unfinished);
    succeed("rsaKeygenStep", status);
  };
  return [1024, 2048, 3072].map((bits) => ({
    group: "RSA",
    name: `RSA-${bits} key generation (mean)`,
    samples: bits === 3072 ? 16 : 100,
    tabtpm: () => generate(bits),
    node: () => generateKeyPairSync("rsa", { modulusLength: bits }),
    ...(bits === 2048 && { goal: { value: 50_000, text: "RSA-2048 key generation, mean <= 50 ms" } }),
  }));
}
