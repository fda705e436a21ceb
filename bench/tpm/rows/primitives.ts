/** Part 3, chapters 14 to 17: asymmetric and symmetric primitives, random numbers, sequences. */
import {
  bytesOf,
  externalCipher,
  externalEcc,
  externalKeyedHash,
  externalRsa,
  padOaep,
  pointBytes,
  rsaPublicOperation,
  SIGNING_KEY,
  scalarOf,
  timesBase,
} from "../../../asm/testkit/externalKeys.ts";
import { command, concat, password, sized, u8, u16, u32 } from "../../../asm/testkit/harness.ts";
import { ALG, CURVE, RH } from "../../../asm/testkit/names.ts";
import { fieldsOf, NULL_ALGORITHM } from "../../../asm/testkit/objects.ts";
import { type Call, type Chapter, carried, onHandle, plain, row, type Setup } from "../row.ts";
import { begun, DIGEST } from "./setup.ts";

const OAEP = concat(u16(0x17), u16(ALG.SHA256));
const ECDH = 0x19;
const CMAC = 0x3f;
/** TPMS_ECC_POINT of another's P-256 key */
const theirs = pointBytes(CURVE.NIST_P256, timesBase(CURVE.NIST_P256, scalarOf(CURVE.NIST_P256, "theirs")));
const MESSAGE = bytesOf(7n, 32);
const KILOBYTE = new Uint8Array(1024);

/** One command on an external key. */
const on = (key: Uint8Array, call: (handle: number) => Uint8Array | Call) => async (setup: Setup) => {
  const made = call(await begun(setup, key));
  return made instanceof Uint8Array ? [made] : made;
};
const decrypting = (cipherText: Uint8Array, scheme: Uint8Array) => (handle: number) =>
  command(0x159, [handle], [sized(cipherText), scheme, sized([])], [password()]);
const encrypting = (scheme: Uint8Array) => (handle: number) =>
  command(0x174, [handle], [sized(MESSAGE), scheme, sized([])]);
const raw = rsaPublicOperation(2048, MESSAGE);
const padded = rsaPublicOperation(2048, padOaep(2048, "sha256", new Uint8Array(0), MESSAGE));

/** Where the counter lies: behind a point in the answer of EC_Ephemeral, at the end of ZGen_2Phase. */
const POINT = sized(theirs);
const ephemeral = command(0x18e, [], [u16(CURVE.NIST_P256)]);
const COUNTER = 10 + POINT.length;

const kdf2 = concat(u16(0x21), u16(ALG.SHA256));

export const asymmetricPrimitives: Chapter = {
  number: 14,
  rows: [
    row("RSA_Encrypt 2048, raw", on(externalRsa(), encrypting(NULL_ALGORITHM))),
    row("RSA_Encrypt 2048, OAEP", on(externalRsa(), encrypting(OAEP))),
    row("RSA_Decrypt 2048, raw", on(externalRsa(), decrypting(raw, NULL_ALGORITHM))),
    row("RSA_Decrypt 2048, OAEP", on(externalRsa(), decrypting(padded, OAEP))),
    row(
      "ECDH_KeyGen P-256",
      on(externalEcc(), (handle) => command(0x163, [handle])),
    ),
    row(
      "ECDH_ZGen P-256",
      on(externalEcc(), (handle) => command(0x154, [handle], [POINT], [password()])),
    ),
    plain("ECC_Parameters P-256", command(0x178, [], [u16(CURVE.NIST_P256)])),
    row(
      "EC_Ephemeral and ZGen_2Phase, P-256, ECDH",
      on(externalEcc(), (handle) => {
        const zGen = command(0x18d, [handle], [POINT, POINT, u16(ECDH), u16(0)], [password()]);
        return [ephemeral, carried(zGen, zGen.length - 2, COUNTER, 2)];
      }),
    ),
    row(
      "ECC_Encrypt P-256",
      on(externalEcc(), (handle) => command(0x199, [handle], [sized(MESSAGE), kdf2])),
      { on: "tabtpm" },
    ),
    row(
      "ECC_Decrypt P-256",
      async (setup) => {
        const handle = await begun(setup, externalEcc());
        const made = fieldsOf(await setup.send(command(0x199, [handle], [sized(MESSAGE), kdf2]))).rest();
        return [command(0x19a, [handle], [made, kdf2], [password()])];
      },
      { on: "tabtpm" },
    ),
  ],
};

const IV = bytesOf(9n, 16);
const crypt = (handle: number) =>
  command(0x164, [handle], [u8(0), u16(ALG.CFB), sized(IV), sized(KILOBYTE)], [password()]);
const crypt2 = (handle: number) =>
  command(0x193, [handle], [sized(KILOBYTE), u8(0), u16(ALG.CFB), sized(IV)], [password()]);
const mac = (scheme: number) => (handle: number) =>
  command(0x155, [handle], [sized(KILOBYTE), u16(scheme)], [password()]);
const cmacKey = externalCipher({ attributes: SIGNING_KEY, mode: CMAC });

export const symmetricPrimitives: Chapter = {
  number: 15,
  rows: [
    row("EncryptDecrypt, AES-128-CFB, 1,024 octets", on(externalCipher(), crypt)),
    row("EncryptDecrypt2, AES-128-CFB, 1,024 octets", on(externalCipher(), crypt2)),
    plain("Hash, SHA-256, 1,024 octets", command(0x17d, [], [sized(KILOBYTE), u16(ALG.SHA256), u32(RH.NULL)])),
    row("HMAC, SHA-256, 1,024 octets", on(externalKeyedHash(), mac(ALG.SHA256))),
    row("MAC, CMAC of AES-128, 1,024 octets", on(cmacKey, mac(CMAC))),
  ],
};

export const randomNumberGenerator: Chapter = {
  number: 16,
  rows: [
    plain("GetRandom, 32 octets", command(0x17b, [], [u16(32)]), { goal: 4 }),
    plain("StirRandom, 32 octets", command(0x146, [], [sized(DIGEST)])),
  ],
};

const update = (data: Uint8Array) => command(0x15c, [0], [sized(data)], [password()]);
const complete = () => command(0x13e, [0], [sized([]), u32(RH.NULL)], [password()]);
const hashStart = (algorithm: number) => command(0x186, [], [sized([]), u16(algorithm)]);
/** A sequence of updates, by hand: the answer to an update says nothing of the handle. */
function sequence(begin: Uint8Array, data: Uint8Array, pieces = 1): Call {
  const [middle, end] = [update(data), complete()];
  return [begin, onHandle(middle, end), ...Array.from({ length: pieces - 1 }, () => middle), end];
}
const macStart = (scheme: number) => (handle: number) =>
  sequence(command(0x15b, [handle], [sized([]), u16(scheme)], [password()]), DIGEST);
const PCR = 16;
const completeEvent = command(0x185, [PCR, 0], [sized(DIGEST)], [password(), password()]);

export const hashHmacEventSequences: Chapter = {
  number: 17,
  rows: [
    row("HMAC_Start, SequenceUpdate and SequenceComplete", on(externalKeyedHash(), macStart(ALG.SHA256))),
    row("MAC_Start (CMAC), SequenceUpdate and SequenceComplete", on(cmacKey, macStart(CMAC))),
    plain("HashSequenceStart, SequenceUpdate and SequenceComplete", sequence(hashStart(ALG.SHA256), DIGEST)),
    plain("hash sequence over 1 MiB, SHA-256", sequence(hashStart(ALG.SHA256), KILOBYTE, 1024), { goal: 3500 }),
    plain("HashSequenceStart and EventSequenceComplete", [hashStart(ALG.NULL), carried(completeEvent, 14, 10, 4)]),
  ],
};
