import { type ResponseCodeName, responseCodeParts, TPM_RC } from "../responseCodes.ts";

type About = { readonly handle: number } | { readonly session: number } | { readonly parameter: number };

/** A response code, of format one with what it is about (from 1 on): `rc("TPM_RC_SIZE", { parameter: 1 })` is 0x1d5. */
export function rc(name: ResponseCodeName, about?: About): number {
  if (about === undefined) return TPM_RC[name];
  const { TPM_RC_H, TPM_RC_S, TPM_RC_P, TPM_RC_1 } = responseCodeParts;
  const [kind, number] =
    "handle" in about
      ? [TPM_RC_H, about.handle]
      : "session" in about
        ? [TPM_RC_S, about.session]
        : [TPM_RC_P, about.parameter];
  return TPM_RC[name] + kind + number * TPM_RC_1;
}
