/** Handles in the words of a language. */
import { TPM_HT, TPM_RH } from "../../spec/handles.ts";
import { nameHandle } from "../names.ts";

export interface HandleWords {
  /** Permanent handles by their names in Part 2; others keep that name. */
  readonly permanent: Readonly<Record<string, string>>;
  readonly pcr: string;
  readonly index: string;
  readonly hmac: string;
  readonly policy: string;
  readonly object: string;
  readonly persistent: string;
  readonly component: string;
  readonly handle: string;
}

/** @returns what names a handle: "object 80000001". */
export function handleNames(words: HandleWords): (handle: number) => string {
  const permanent = new Map(
    Object.entries(TPM_RH).flatMap(([name, handle]) =>
      name in words.permanent ? [[handle as number, words.permanent[name] as string] as const] : [],
    ),
  );
  const kinds = new Map<number, string>([
    [TPM_HT.TPM_HT_NV_INDEX, words.index],
    [TPM_HT.TPM_HT_HMAC_SESSION, words.hmac],
    [TPM_HT.TPM_HT_POLICY_SESSION, words.policy],
    [TPM_HT.TPM_HT_TRANSIENT, words.object],
    [TPM_HT.TPM_HT_PERSISTENT, words.persistent],
    [TPM_HT.TPM_HT_AC, words.component],
  ]);
  return (handle) => {
    const type = handle >>> 24;
    if (type === TPM_HT.TPM_HT_PCR) return `${words.pcr} ${handle}`;
    const kind = kinds.get(type);
    const digits = handle.toString(16).padStart(8, "0");
    if (kind !== undefined) return `${kind} ${digits}`;
    const name = permanent.get(handle) ?? nameHandle(handle);
    return name.startsWith("0x") ? `${words.handle} ${digits}` : name;
  };
}
