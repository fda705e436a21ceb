/** What is attested, on the side of the TPM: its keys, its certificate, a quote, the answer to a credential. */
import {
  type Authorization,
  filterPcrs,
  type InputOf,
  marshalValue,
  type PcrDigest,
  type PcrSelection,
  password,
  readPcrs,
  type TpmClient,
  toPcrSelect,
} from "../client/index.ts";
import { type EkTemplate, ekCertificateIndices, ekTemplates, readCertificate } from "../provision/index.ts";
import { hasAttribute } from "../spec/attributes.ts";
import { eccAk, rsaAk } from "./akTemplates.ts";
import { quoteOf, readAttestation } from "./attestation.ts";
import type { PublicArea } from "./attestKey.ts";
import type { CredentialFile } from "./formats.ts";
import { checkQuote, type QuoteEvidence } from "./quote.ts";

/** A key in the TPM. Flush it with FlushContext when it is no longer needed. */
export interface LoadedKey {
  readonly handle: number;
  readonly publicArea: PublicArea;
}

export interface AttesterOptions {
  /** The endorsement hierarchy's. Default: empty. */
  readonly endorsementAuth?: string | undefined;
}

const NOTHING = new Uint8Array(0);
const auth = ({ endorsementAuth = "" }: AttesterOptions) => password(endorsementAuth);

/** The AKs that are made here, from the endorsement seed: the same each time. */
const AK_TEMPLATES = {
  ecc: eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECDSA", "TPM_ALG_SHA256"),
  rsa: rsaAk("TPM_ALG_RSASSA", "TPM_ALG_SHA256"),
} as const;
export type AkKind = keyof typeof AK_TEMPLATES;

/** A key of a hierarchy's seed: the same each time. @param auth the hierarchy's. @throws TpmError */
export async function createPrimary(
  client: TpmClient,
  primaryHandle: InputOf<"TPMI_RH_HIERARCHY">,
  inPublic: InputOf<"TPMT_PUBLIC">,
  auth: Authorization = password(),
): Promise<LoadedKey> {
  const { handles, parameters } = await client.call(
    "CreatePrimary",
    {
      handles: { primaryHandle },
      parameters: {
        inSensitive: { userAuth: NOTHING, data: NOTHING },
        inPublic,
        outsideInfo: NOTHING,
        creationPCR: [],
      },
    },
    { sessions: [auth] },
  );
  return { handle: handles.objectHandle, publicArea: parameters.outPublic as PublicArea };
}

/**
 * An attestation key: a primary key of the endorsement hierarchy, restricted to sign what the TPM itself made. The same one each
 * time, until the endorsement seed changes.
 * @param kind "ecc": ECDSA on P-256; "rsa": RSASSA, 2048 bits; both with SHA-256
 * @throws TpmError
 */
export const createAk = (client: TpmClient, kind: AkKind = "ecc", options: AttesterOptions = {}): Promise<LoadedKey> =>
  createPrimary(client, "TPM_RH_ENDORSEMENT", AK_TEMPLATES[kind], auth(options));

export interface EndorsementKey extends LoadedKey {
  /** Of the EK Credential Profile: "L-2". */
  readonly template: string;
  /** X.509, DER, as it lies in its NV Index; null where there is none. */
  readonly certificate: Uint8Array | null;
}

/**
 * The EK of a template and its certificate.
 * @param name of the template: "L-1"; by default one whose certificate the TPM has, ECC before RSA, else L-2
 * @throws TpmError; RangeError for a template that there is not
 */
export async function createEk(
  client: TpmClient,
  name?: string,
  options: AttesterOptions = {},
): Promise<EndorsementKey> {
  const present = await ekCertificateIndices(client);
  const template = name === undefined ? preferred(present) : ekTemplates.find((each) => each.name === name);
  if (template === undefined)
    throw new RangeError(`There is no EK template "${name}": ${ekTemplates.map((each) => each.name).join(", ")}.`);
  const certificate = present.includes(template.index) ? await readCertificate(client, template.index) : null;
  const key = await createPrimary(client, "TPM_RH_ENDORSEMENT", template.publicArea, auth(options));
  return { ...key, template: template.name, certificate };
}

/** Keys on P-256 are made at once; those of SM2 no verifier may know. */
function preferred(present: readonly number[]): EkTemplate | undefined {
  const order = ["L-2", "H-2", "H-3", "H-4", "L-1", "H-1", "H-6", "H-7", "H-5"];
  const certified = order.map((name) => ekTemplates.find((each) => each.name === name));
  return certified.find((each) => each !== undefined && present.includes(each.index)) ?? certified[0];
}

/** All of the selected PCRs that there are; a TPM answers a few at a time. @throws TpmError */
export async function readAllPcrs(client: TpmClient, selection: readonly PcrSelection[]): Promise<PcrDigest[]> {
  const all: PcrDigest[] = [];
  for (let left = filterPcrs(selection, () => true); left.length > 0; ) {
    const some = await readPcrs(client, left);
    if (some.length === 0) break;
    all.push(...some);
    left = filterPcrs(left, (algorithm, pcr) => !some.some((read) => read.algorithm === algorithm && read.pcr === pcr));
  }
  return all;
}

/** How often PCRs that were extended between the quote and their reading are quoted anew. */
const TRIES = 5;

/**
 * A quote, and the PCRs that it is over.
 * @param nonce 1 to 64 octets of the verifier's
 * @throws TpmError; Error when the PCRs do not stay the same for long enough
 */
export async function createQuote(
  client: TpmClient,
  ak: LoadedKey,
  nonce: Uint8Array,
  selection: readonly PcrSelection[],
): Promise<QuoteEvidence> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { parameters } = await client.call("Quote", {
      handles: { signHandle: ak.handle },
      parameters: {
        qualifyingData: nonce,
        inScheme: { scheme: "TPM_ALG_NULL" },
        PCRselect: selection.map(({ algorithm, pcrs }) => ({ hash: algorithm, pcrSelect: toPcrSelect(pcrs) })),
      },
    });
    const quoted = quoteOf(readAttestation(parameters.quoted))?.selection ?? [];
    const pcrs = await readAllPcrs(client, quoted);
    const signature = marshalValue("TPMT_SIGNATURE", parameters.signature, "signature");
    const evidence = { quote: parameters.quoted, signature, pcrs };
    const { finding } = await checkQuote(evidence, { ak: ak.publicArea, nonce });
    if (!finding.findings.some(({ check, verdict }) => check === "quote.pcrDigest" && verdict === "bad"))
      return evidence;
  }
  throw new Error(`The PCRs changed each of ${TRIES} times between their quote and their reading.`);
}

/**
 * The secret of a credential that was made for this EK and the Name of this AK.
 * @throws TpmError when the credential is not for them: TPM_RC_INTEGRITY, or TPM_RC_VALUE
 */
export async function activateCredential(
  client: TpmClient,
  ek: LoadedKey,
  ak: LoadedKey,
  { credential, secret }: CredentialFile,
  options: AttesterOptions = {},
): Promise<Uint8Array> {
  const handles = { activateHandle: ak.handle, keyHandle: ek.handle };
  const parameters = { credentialBlob: credential, secret };
  const activate = async (...sessions: readonly Authorization[]) =>
    (await client.call("ActivateCredential", { handles, parameters }, { sessions })).parameters.certInfo;
  if (hasAttribute("TPMA_OBJECT", ek.publicArea.objectAttributes, "userWithAuth"))
    return activate(password(), password());
  // PolicyA of the EK Credential Profile: whoever has the endorsement hierarchy's authValue.
  const session = await client.startSession({ type: "TPM_SE_POLICY" });
  try {
    await client.call(
      "PolicySecret",
      {
        handles: { authHandle: "TPM_RH_ENDORSEMENT", policySession: session.handle },
        parameters: { nonceTPM: NOTHING, cpHashA: NOTHING, policyRef: NOTHING, expiration: 0 },
      },
      { sessions: [auth(options)] },
    );
    return await activate(password(), { session });
  } finally {
    await client.call("FlushContext", { parameters: { flushHandle: session.handle } });
  }
}
