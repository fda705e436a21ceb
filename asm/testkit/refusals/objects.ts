/** Refusals of objects and of what is done with them. */

import { externalCipher, externalKeyedHash, SIGNING_KEY } from "../externalKeys.ts";
import { command, concat, sized, TestTpm, u16, u32 } from "../harness.ts";
import { ALG, CC, RH } from "../names.ts";
import {
  AES_128_CFB,
  commandCodePolicy,
  create,
  createLoaded,
  createPrimary,
  duplicateObject,
  ecc,
  handleAndFields,
  keyedHash,
  load,
  loadExternal,
  NULL_ALGORITHM,
  OBJECT,
  policyCommandCode,
  publicArea,
  readPublic,
  runCreatePrimary,
  SEALED,
  STORAGE,
  sensitive,
  startPolicy,
  symCipher,
  unseal,
} from "../objects.ts";
import { must, type RefusalCases, refused } from "./refused.ts";

const storage = ecc(STORAGE);
const XOR_SHA256 = concat(u16(ALG.XOR), u16(ALG.SHA256), u16(ALG.KDF1_SP800_108));
const handleOf = (tpm: TestTpm, bytes: Uint8Array) => handleAndFields(tpm.run(bytes)).handle;
const started = (use: (tpm: TestTpm) => Uint8Array) => () => {
  const tpm = TestTpm.started();
  return { tpm, command: use(tpm) };
};
const sequence = (tpm: TestTpm) => handleOf(tpm, command(CC.HashSequenceStart, [], [sized([]), u16(ALG.SHA256)]));
/** TPM2_Duplicate, authorised, of an object with these attributes. */
const duplicating = (attributes: number, newParent: number, symmetric: Uint8Array = NULL_ALGORITHM) =>
  started((tpm) => {
    const policy = commandCodePolicy(CC.Duplicate);
    const area = keyedHash(attributes, { policy });
    const { handle } = runCreatePrimary(tpm, area, RH.OWNER, sensitive([], [9]));
    const session = handleOf(tpm, startPolicy());
    must(tpm, policyCommandCode(session, CC.Duplicate));
    const parent = newParent === RH.NULL ? RH.NULL : runCreatePrimary(tpm, storage).handle;
    return duplicateObject(handle, parent, session, new Uint8Array(0), symmetric);
  });

export const objectRefusals: RefusalCases = {
  STORAGE_NOT: started((tpm) =>
    command(
      CC.MakeCredential,
      [runCreatePrimary(tpm, keyedHash(SEALED), RH.OWNER, sensitive([], [9])).handle],
      [sized([1]), sized([1])],
    ),
  ),
  OBJECT_IS_SEQUENCE: started((tpm) => readPublic(sequence(tpm))),
  SEAL_NOTHING: refused(createPrimary(keyedHash(SEALED | OBJECT.sensitiveDataOrigin))),
  STORAGE_OTHER_SYMMETRIC: started((tpm) => {
    const { handle } = runCreatePrimary(tpm, storage);
    const parameters = concat(u16(ALG.AES), u16(256), u16(ALG.CFB), NULL_ALGORITHM, u16(3), NULL_ALGORITHM);
    return create(handle, ecc(STORAGE, { parameters }));
  }),
  WEAK_KEY: refused(externalCipher({ algorithm: ALG.TDES, bits: 192, key: new Uint8Array(24).fill(1) })),
  PRIVATE_EMPTY: started((tpm) => load(runCreatePrimary(tpm, storage).handle, new Uint8Array(0), keyedHash(SEALED))),
  SENSITIVE_TYPE: refused(
    loadExternal(
      ecc(SIGNING_KEY),
      RH.NULL,
      sized(concat(u16(ALG.RSA), sized([]), sized([]), sized(new Uint8Array(128)))),
    ),
  ),
  SENSITIVE_SEED: refused(
    loadExternal(
      symCipher(SIGNING_KEY | OBJECT.decrypt, { unique: sized(new Uint8Array(32)) }),
      RH.NULL,
      sized(concat(u16(ALG.SYMCIPHER), sized([]), sized(new Uint8Array(31)), sized(new Uint8Array(16).fill(7)))),
    ),
  ),
  UNSEAL_ATTRIBUTES: started((tpm) => unseal(handleOf(tpm, externalKeyedHash()))),
  DERIVED_RSA: started((tpm) => {
    const attributes = STORAGE;
    const parent = keyedHash(attributes, { scheme: XOR_SHA256 });
    const { handle } = runCreatePrimary(tpm, parent);
    const template = publicArea({
      type: ALG.RSA,
      attributes: SIGNING_KEY,
      parameters: concat(NULL_ALGORITHM, NULL_ALGORITHM, u16(2048), u32(0)),
      unique: concat(sized([1]), sized([2])),
    });
    return createLoaded(handle, template);
  }),
  DUPLICATE_FIXED: duplicating(SEALED, RH.NULL),
  DUPLICATE_INNER: duplicating(OBJECT.noDA | OBJECT.encryptedDuplication, 1),
  DUPLICATE_OUTER: duplicating(OBJECT.noDA | OBJECT.encryptedDuplication, RH.NULL, AES_128_CFB),
};
