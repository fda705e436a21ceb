/** What CMD_GET_INFO tells about the TPM: taken from a TPM of the same profile, whether or not this one is started. */

import type { TpmProfile } from "../../public.ts";
import { createTpm } from "../index.ts";

const SPECIFICATION = 1;
const ATTRIBUTES = 2;
const FEATURES = 4;

const TPM_CAP_ALGS = 0;
const TPM_CAP_TPM_PROPERTIES = 6;
/** TPM_PT */
const LEVEL = 0x101;
const REVISION = 0x102;
const MANUFACTURER = 0x105;
const FIRMWARE_VERSION_1 = 0x10b;
const TPM_ALG_RSA = 0x0001;
const TPM_ALG_CAMELLIA = 0x0026;

/** The properties of a TPM of this profile that CMD_GET_INFO is about. */
export interface TpmDescription {
  level: number;
  revision: number;
  manufacturer: number;
  firmwareVersion: number;
  rsaKeySizes: number[];
  camelliaKeySizes: number[];
}

/** @returns JSON in swtpm's form, of the parts that `flags` asks for. */
export function formatInfo(description: TpmDescription, flags: number): string {
  const { level, revision, manufacturer, firmwareVersion, rsaKeySizes, camelliaKeySizes } = description;
  const id = (value: number) => `id:${value.toString(16).toUpperCase().padStart(8, "0")}`;
  return JSON.stringify({
    ...(flags & SPECIFICATION && { TPMSpecification: { family: "2.0", level, revision } }),
    ...(flags & ATTRIBUTES && {
      TPMAttributes: { manufacturer: id(manufacturer), version: id(firmwareVersion), model: "tabtpm" },
    }),
    ...(flags & FEATURES && {
      TPMFeatures: {
        ...(rsaKeySizes.length > 0 && { RSAKeySizes: rsaKeySizes }),
        ...(camelliaKeySizes.length > 0 && { CamelliaKeySizes: camelliaKeySizes }),
      },
    }),
  });
}

/** Asks a throw-away TPM, so that the one that is served notices nothing. */
export async function describeTpm(profile: TpmProfile): Promise<TpmDescription> {
  const tpm = createTpm({ profile });
  try {
    await tpm.powerOn();
    const run = async (code: number, ...words: [value: number, bytes: number][]) => {
      const size = 10 + words.reduce((sum, [, bytes]) => sum + bytes, 0);
      const command = Buffer.alloc(size);
      command.writeUInt16BE(0x8001);
      command.writeUInt32BE(size, 2);
      command.writeUInt32BE(code, 6);
      let at = 10;
      for (const [value, bytes] of words) at = command.writeUIntBE(value, at, bytes);
      return Buffer.from(await tpm.execute(command));
    };
    await run(0x144, [0, 2]);
    const capability = (kind: number, first: number) => run(0x17a, [kind, 4], [first, 4], [1, 4]);
    const property = async (number: number) => (await capability(TPM_CAP_TPM_PROPERTIES, number)).readUInt32BE(23);
    const has = async (algorithm: number) => {
      const response = await capability(TPM_CAP_ALGS, algorithm);
      return response.length >= 21 && response.readUInt16BE(19) === algorithm;
    };
    /** TPM2_TestParms says which key sizes there are. */
    const keySizes = async (algorithm: number, sizes: number[], parms: (bits: number) => [number, number][]) => {
      if (!(await has(algorithm))) return [];
      const answers = await Promise.all(sizes.map((bits) => run(0x18a, [algorithm, 2], ...parms(bits))));
      return sizes.filter((_, i) => answers[i]?.readUInt32BE(6) === 0);
    };
    return {
      level: await property(LEVEL),
      revision: await property(REVISION),
      manufacturer: await property(MANUFACTURER),
      firmwareVersion: await property(FIRMWARE_VERSION_1),
      // No symmetric algorithm, no scheme, default exponent.
      rsaKeySizes: await keySizes(TPM_ALG_RSA, [1024, 2048, 3072, 4096], (bits) => [
        [0x10, 2],
        [0x10, 2],
        [bits, 2],
        [0, 4],
      ]),
      camelliaKeySizes: await keySizes(TPM_ALG_CAMELLIA, [128, 192, 256], (bits) => [
        [bits, 2],
        [0x43, 2],
      ]),
    };
  } finally {
    await tpm.close();
  }
}
