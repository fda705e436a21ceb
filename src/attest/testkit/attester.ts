/** A TPM that attests, for tests: the project's own, started, and keys of any scheme. */
import { type InputOf, Marshaller, type PcrSelection, readPcrs, TpmClient, toPcrSelect } from "../../client/index.ts";
import { createTpm } from "../../node/index.ts";
import { attributeBits } from "../../spec/attributes.ts";
import type { PublicArea } from "../attestKey.ts";
import type { QuoteEvidence } from "../quote.ts";

const NOTHING = new Uint8Array(0);
export const AK_ATTRIBUTES = attributeBits(
  "TPMA_OBJECT",
  "fixedTPM",
  "fixedParent",
  "sensitiveDataOrigin",
  "userWithAuth",
  "restricted",
  "sign",
);

type Template = InputOf<"TPMT_PUBLIC">;

/** @param scheme "TPM_ALG_ECDSA" and the like */
export function eccAk(
  curveID: "TPM_ECC_NIST_P256" | "TPM_ECC_NIST_P384" | "TPM_ECC_SM2_P256" | "TPM_ECC_BN_P256",
  scheme: string,
  hashAlg: string,
  attributes = AK_ATTRIBUTES,
): Template {
  return {
    type: "TPM_ALG_ECC",
    nameAlg: "TPM_ALG_SHA256",
    objectAttributes: attributes,
    authPolicy: NOTHING,
    parameters: {
      symmetric: { algorithm: "TPM_ALG_NULL" },
      scheme: { scheme, details: { hashAlg } },
      curveID,
      kdf: { scheme: "TPM_ALG_NULL" },
    },
    unique: { x: NOTHING, y: NOTHING },
  } as unknown as Template;
}

export function rsaAk(scheme: string, hashAlg: string): Template {
  return {
    type: "TPM_ALG_RSA",
    nameAlg: "TPM_ALG_SHA256",
    objectAttributes: AK_ATTRIBUTES,
    authPolicy: NOTHING,
    parameters: {
      symmetric: { algorithm: "TPM_ALG_NULL" },
      scheme: { scheme, details: { hashAlg } },
      keyBits: 2048,
      exponent: 0,
    },
    unique: NOTHING,
  } as unknown as Template;
}

export interface LoadedAk {
  readonly handle: number;
  readonly area: PublicArea;
}

export class Attester {
  readonly client: TpmClient;

  constructor(client: TpmClient) {
    this.client = client;
  }

  static async start(): Promise<Attester> {
    const tpm = createTpm();
    await tpm.powerOn();
    const attester = new Attester(new TpmClient(tpm));
    await attester.client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    return attester;
  }

  /** A primary key. */
  async createAk(
    inPublic: Template,
    hierarchy: "TPM_RH_ENDORSEMENT" | "TPM_RH_OWNER" = "TPM_RH_ENDORSEMENT",
  ): Promise<LoadedAk> {
    const { handles, parameters } = await this.client.call("CreatePrimary", {
      handles: { primaryHandle: hierarchy },
      parameters: {
        inSensitive: { userAuth: NOTHING, data: NOTHING },
        inPublic,
        outsideInfo: NOTHING,
        creationPCR: [],
      },
    });
    return { handle: handles.objectHandle, area: parameters.outPublic as PublicArea };
  }

  async quote(ak: LoadedAk, nonce: Uint8Array, selection: readonly PcrSelection[]): Promise<QuoteEvidence> {
    const { parameters } = await this.client.call("Quote", {
      handles: { signHandle: ak.handle },
      parameters: {
        qualifyingData: nonce,
        inScheme: { scheme: "TPM_ALG_NULL" },
        PCRselect: selection.map(({ algorithm, pcrs }) => ({ hash: algorithm, pcrSelect: toPcrSelect(pcrs) })),
      },
    });
    const marshaller = new Marshaller();
    marshaller.value("TPMT_SIGNATURE", parameters.signature, "signature");
    const pcrs = [];
    for (const { algorithm, pcrs: some } of selection)
      for (const pcr of some) pcrs.push(...(await readPcrs(this.client, [{ algorithm, pcrs: [pcr] }])));
    return { quote: parameters.quoted, signature: marshaller.finish(), pcrs };
  }
}
