import { createTpm, provisionedState } from "../../node/index.ts";
import { createAuthority } from "../../provision/certificates.ts";

/** The state of a new TPM that has EK certificates, signed by an authority of its own. */
export async function certifiedState(): Promise<Uint8Array> {
  const tpm = createTpm({ store: { kind: "memory" } });
  await tpm.ready;
  try {
    return await provisionedState(tpm, { authority: await createAuthority() });
  } finally {
    await tpm.close();
  }
}
