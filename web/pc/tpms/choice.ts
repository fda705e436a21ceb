/** Which of the browser's TPMs a visit uses: the one that its address names, else the one that was chosen last. */
import { NamedTpms } from "../../../src/index.ts";

const KEY = "tabtpm.tpm";
/** The TPM of a browser that has chosen none: the one of earlier versions, which knew no other. */
export const FIRST_TPM = "default";
const PARAMETER = "tpm";

export interface TpmChoice {
  /** The identifier, which names its database. */
  readonly id: string;
  /** The name in the address that no TPM has. */
  readonly missing?: string;
  /** The one that was chosen last is not in the browser any more. */
  readonly isGone?: true;
}

export type Memory = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Where the browser blocks site data, even to look for it throws. */
export function pageMemory(): Memory | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** The identifier of the TPM that was chosen last. */
export function keptTpm(memory = pageMemory()): string {
  try {
    return memory?.getItem(KEY) || FIRST_TPM;
  } catch {
    return FIRST_TPM;
  }
}

/** @returns whether the next visit will find it. */
export function keepTpm(id: string, memory = pageMemory()): boolean {
  try {
    memory?.setItem(KEY, id);
    return memory?.getItem(KEY) === id;
  } catch {
    return false;
  }
}

/**
 * What a visit uses; at once where neither the address nor an earlier visit names one, so that nothing waits.
 * @param address the page's.
 */
export function tpmOfVisit(
  address: string,
  tpms: Pick<NamedTpms, "find" | "read"> = new NamedTpms(),
  memory = pageMemory(),
): TpmChoice | Promise<TpmChoice> {
  const name = new URL(address).searchParams.get(PARAMETER);
  const kept = keptTpm(memory);
  if (name === null) return kept === FIRST_TPM ? { id: kept } : ifThere(kept, tpms, memory);
  return tpms.find(name).then(
    (tpm) => (tpm === null ? missing(name, tpms, memory) : { id: tpm.id }),
    // What keeps the list from being read keeps the TPM from being opened as well, and is said there.
    () => ({ id: kept }),
  );
}

/** Another tab may have deleted it since it was chosen: a fresh one in its place would look as if it had lost its keys. */
async function ifThere(id: string, tpms: Pick<NamedTpms, "read">, memory: Memory | null): Promise<TpmChoice> {
  const isThere = await tpms.read(id).then(
    (stored) => stored !== null,
    () => true,
  );
  if (isThere) return { id };
  keepTpm(FIRST_TPM, memory);
  return { id: FIRST_TPM, isGone: true };
}

async function missing(name: string, tpms: Pick<NamedTpms, "read">, memory: Memory | null): Promise<TpmChoice> {
  const kept = keptTpm(memory);
  return { ...(kept === FIRST_TPM ? { id: kept } : await ifThere(kept, tpms, memory)), missing: name };
}

/** The address that uses what was chosen last; one that names a TPM where that can't be kept. */
export function addressOfTpm(address: string, name: string | null): string {
  const url = new URL(address);
  url.searchParams.delete(PARAMETER);
  if (name !== null) url.searchParams.set(PARAMETER, name);
  return url.href;
}
