import { type AlgorithmName, type CurveName, TPM_ECC } from "../spec/algorithms.ts";
import type { InspectedPublic } from "./inspection.ts";
import { RecordReader } from "./recordReader.ts";

const curveNames = new Map<number, string>(Object.entries(TPM_ECC).map(([name, id]) => [id, name]));

/** Schemes that have no hash of their own. */
const BARE: ReadonlySet<AlgorithmName> = new Set<AlgorithmName>(["TPM_ALG_RSAES"]);

/**
 * A TPMT_PUBLIC (Part 2, 12.2.4).
 * @throws TpmCoreError when it is none.
 */
export function readPublic(area: Uint8Array): InspectedPublic {
  const reader = new RecordReader(area);
  const type = reader.algorithm();
  const nameAlg = reader.algorithm();
  const attributes = reader.u32();
  const authPolicy = reader.sized();
  const common = { nameAlg, attributes, authPolicy, area };
  const none = { keyBits: null, curve: null, scheme: null, symmetric: null };
  let found: InspectedPublic;
  switch (type) {
    case "TPM_ALG_KEYEDHASH": {
      const scheme = reader.optionalAlgorithm();
      if (scheme !== null) reader.algorithm();
      if (scheme === "TPM_ALG_XOR") reader.algorithm();
      found = { ...common, ...none, type, scheme };
      break;
    }
    case "TPM_ALG_SYMCIPHER":
      found = { ...common, ...none, type, ...readSymmetric(reader) };
      break;
    case "TPM_ALG_RSA": {
      const { symmetric } = readSymmetric(reader);
      const scheme = readScheme(reader);
      const keyBits = reader.u16();
      // The public exponent; 0 stands for 65537.
      reader.u32();
      found = { ...common, ...none, type, symmetric, scheme, keyBits };
      break;
    }
    case "TPM_ALG_ECC": {
      const { symmetric } = readSymmetric(reader);
      const scheme = readScheme(reader);
      const id = reader.u16();
      const curve = (curveNames.get(id) as CurveName | undefined) ?? reader.damaged(`0x${id.toString(16)} is no curve`);
      readScheme(reader);
      // unique is a point: x here, y below.
      reader.sized();
      found = { ...common, ...none, type, symmetric, scheme, curve };
      break;
    }
    default:
      return reader.damaged(`${type} is no type of an object`);
  }
  // unique
  reader.sized();
  reader.end();
  return found;
}

/** TPMT_SYM_DEF_OBJECT. */
function readSymmetric(reader: RecordReader): { symmetric: AlgorithmName | null; keyBits: number | null } {
  const symmetric = reader.optionalAlgorithm();
  if (symmetric === null) return { symmetric, keyBits: null };
  const keyBits = reader.u16();
  reader.algorithm();
  return { symmetric, keyBits };
}

/** TPMT_RSA_SCHEME, TPMT_ECC_SCHEME or TPMT_KDF_SCHEME: with a hash, and a count for ECDAA. */
function readScheme(reader: RecordReader): AlgorithmName | null {
  const scheme = reader.optionalAlgorithm();
  if (scheme === null || BARE.has(scheme)) return scheme;
  reader.algorithm();
  if (scheme === "TPM_ALG_ECDAA") reader.u16();
  return scheme;
}
