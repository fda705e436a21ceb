/** A TPM that attests, for tests: the project's own, started, and keys of any scheme. */
import { type InputOf, type PcrSelection, TpmClient } from "../../client/index.ts";
import { createTpm } from "../../node/index.ts";
import { createPrimary, createQuote, type LoadedKey } from "../attester.ts";
import type { QuoteEvidence } from "../quote.ts";

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
  createAk(
    inPublic: InputOf<"TPMT_PUBLIC">,
    hierarchy: "TPM_RH_ENDORSEMENT" | "TPM_RH_OWNER" = "TPM_RH_ENDORSEMENT",
  ): Promise<LoadedKey> {
    return createPrimary(this.client, hierarchy, inPublic);
  }

  quote(ak: LoadedKey, nonce: Uint8Array, selection: readonly PcrSelection[]): Promise<QuoteEvidence> {
    return createQuote(this.client, ak, nonce, selection);
  }
}
