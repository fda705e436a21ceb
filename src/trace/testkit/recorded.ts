/** For tests: what a TPM in this thread answers, as events in their order. */
import { createTpm, type InputOf, marshalCommand, TpmClient } from "../../node/index.ts";
import type { TraceEvent } from "../index.ts";

export interface Recorder {
  readonly client: TpmClient;
  readonly events: TraceEvent[];
  execute(command: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A TPM that has been started; each command is noted, the first of them TPM2_Startup. */
export async function recorder(): Promise<Recorder> {
  const tpm = createTpm({ store: { kind: "memory" } });
  const events: TraceEvent[] = [];
  tpm.on("command", (event) => void events.push(event));
  await tpm.powerOn();
  await tpm.execute(marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } }));
  return {
    client: new TpmClient(tpm),
    events,
    execute: (command) => tpm.execute(command),
    close: () => tpm.close(),
  };
}

const nothing = new Uint8Array(0);

/** What a key protects its children with. */
const cipher = (isStorage: boolean): InputOf<"TPMT_SYM_DEF_OBJECT"> =>
  isStorage ? { algorithm: "TPM_ALG_AES", keyBits: 128, mode: "TPM_ALG_CFB" } : { algorithm: "TPM_ALG_NULL" };

/** An ECC P-256 key that takes little time to make. @param attributes TPMA_OBJECT */
export const eccTemplate = (attributes: number, isStorage = false): InputOf<"TPMT_PUBLIC"> => ({
  type: "TPM_ALG_ECC",
  nameAlg: "TPM_ALG_SHA256",
  objectAttributes: attributes,
  authPolicy: nothing,
  parameters: {
    symmetric: cipher(isStorage),
    scheme: { scheme: "TPM_ALG_NULL" },
    curveID: "TPM_ECC_NIST_P256",
    kdf: { scheme: "TPM_ALG_NULL" },
  },
  unique: { x: nothing, y: nothing },
});

export const rsaTemplate = (attributes: number, isStorage = false): InputOf<"TPMT_PUBLIC"> => ({
  type: "TPM_ALG_RSA",
  nameAlg: "TPM_ALG_SHA256",
  objectAttributes: attributes,
  authPolicy: nothing,
  parameters: {
    symmetric: cipher(isStorage),
    scheme: { scheme: "TPM_ALG_NULL" },
    keyBits: 2048,
    exponent: 0,
  },
  unique: nothing,
});

/** Parameters of TPM2_CreatePrimary. */
export const primary = (publicArea: InputOf<"TPMT_PUBLIC">, auth = nothing) => ({
  inSensitive: { userAuth: auth, data: nothing },
  inPublic: publicArea,
  outsideInfo: nothing,
  creationPCR: [],
});
