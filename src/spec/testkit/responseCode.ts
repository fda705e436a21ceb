import { type formatOneCodes, type ResponseCodeName, responseCodeParts, TPM_RC } from "../responseCodes.ts";

type FormatOneName = keyof typeof formatOneCodes;
/** Which handle, session or parameter of the command a response code is about, counted from 1. */
type About = { readonly handle: number } | { readonly session: number } | { readonly parameter: number };

/**
 * TPM_RC (Part 2, 6.6): `rc("TPM_RC_SIZE", { parameter: 1 })` is 0x1d5.
 * @param about for codes of format one, which may name a handle, session or parameter
 */
export function rc(...[name, about]: [name: ResponseCodeName] | [name: FormatOneName, about: About]): number {
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
