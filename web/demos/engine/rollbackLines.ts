/** What the demo of a copied TPM types into the guest's shell. */
import { FOLDER, SECRET, updateFolderLine } from "./lines.ts";

/** The counter, in the owner's range. */
export const COUNTER = 0x0180de05;
const counter = "0x180de05";
/** Of the secret that is tied to the counter's value. */
export const COUNTED_HANDLE = 0x8100de05;
const handle = "0x8100de05";
/** What the guest remembers of the counter on its disk, and what it finds by it, from /mnt on. */
export const SEEN_FILE = "boot-demo/seen";
export const VERDICT_FILE = "boot-demo/verdict";

/** @param isThere what an earlier run has left in the TPM. */
export const countedLines = (isThere: { readonly counter: boolean; readonly secret: boolean }): readonly string[] => [
  updateFolderLine,
  ...(isThere.counter ? [`tpm2_nvundefine -Q -C o ${counter}`] : []),
  `tpm2_nvdefine -Q ${counter} -C o -a 'nt=counter|ownerread|ownerwrite|authread|authwrite'; tpm2_nvincrement ${counter}`,
  `tpm2_nvread ${counter} -s 8 -o count; cp count seen`,
  "tpm2_startauthsession -Q -S /tmp/s",
  `tpm2_policynv -Q -S /tmp/s -i count -L /tmp/policy ${counter} eq; tpm2_flushcontext /tmp/s`,
  "tpm2_createprimary -Q -C o -G ecc -c /tmp/p",
  `printf '${SECRET}' | tpm2_create -Q -C /tmp/p -L /tmp/policy -i - -u /tmp/pub -r /tmp/priv -c /tmp/key`,
  ...(isThere.secret ? [`tpm2_evictcontrol -Q -C o -c ${handle}`] : []),
  `tpm2_evictcontrol -Q -C o -c /tmp/key ${handle}`,
];

/** The keys that tell who a TPM is: a primary key of the owner's, and the EK. */
export const identityLines: readonly string[] = [
  `cd ${FOLDER}; tpm2_createprimary -Q -C o -G ecc -c /tmp/p; tpm2_createek -Q -G ecc -c /tmp/ek -u /tmp/ek.pub`,
];

export const openCountedLines: readonly string[] = [
  `cd ${FOLDER}; tpm2_startauthsession -Q --policy-session -S /tmp/s`,
  `tpm2_policynv -Q -S /tmp/s -i count ${counter} eq && tpm2_unseal -c ${handle} -p session:/tmp/s; tpm2_flushcontext /tmp/s`,
];

/** What a verifier is told. A real one would ask for it under a signature, with a nonce of its own. */
export const reportLines: readonly string[] = [`tpm2_nvread ${counter} -s 8; tpm2_readclock`];

export const incrementLine = `tpm2_nvincrement ${counter}`;
/** The guest counts, and remembers it. */
export const countLines: readonly string[] = [`cd ${FOLDER}; ${incrementLine}; tpm2_nvread ${counter} -s 8 -o seen`];
/** The guest compares the counter with what it remembers. */
export const checkLines: readonly string[] = [
  `cd ${FOLDER}; tpm2_nvread ${counter} -s 8 -o now`,
  '[ "$(sha256sum <now)" = "$(sha256sum <seen)" ] && echo same >verdict || echo different >verdict; cat verdict',
];
/** @param clock milliseconds; only forward. */
export const setClockLine = (clock: bigint): string => `tpm2_setclock ${clock}`;
