/** Lines for tpm2-tools that fit what is chosen: for the console, where the user looks at them before Enter. */
import {
  attributeField,
  hasAttribute,
  type InspectedNvIndex,
  type InspectedObject,
  TPM_NT,
} from "../../../src/index.ts";
import { bankLabel, hexHandle, type Subject } from "./tree.ts";

/** Behind an authValue that is set: the user puts it there. */
const auth = (authSet: boolean, option: string): string => (authSet ? ` ${option} AUTH` : "");

/** As tpm2-tools call the hierarchies. */
const LETTERS = { owner: "o", endorsement: "e", platform: "p", null: "n" } as const;

/** @returns lines without Enter, the most fitting first. */
export function triesOf(subject: Subject): string[] {
  switch (subject.kind) {
    case "hierarchy": {
      const letter = LETTERS[subject.of.name];
      return subject.of.enabled
        ? [`tpm2_createprimary -C ${letter}${auth(subject.of.authSet, "-P")} -G ecc -c primary.ctx`]
        : [];
    }
    case "object":
      return objectTries(subject.of);
    case "sequence":
      return [];
    case "session":
      return ["tpm2_getcap handles-loaded-session"];
    case "saved":
      return ["tpm2_getcap handles-saved-session"];
    case "index":
      return indexTries(subject.of);
    case "pcr": {
      const bank = bankLabel(subject.bank).toLowerCase();
      const read = `tpm2_pcrread ${bank}:${subject.pcr}`;
      const extend = `echo abc | ${bank}sum | head -c ${2 * subject.value.length}`;
      const canReset = subject.pcr === 16 || subject.pcr === 23;
      // The others are measurements: to extend them by hand is to break what is sealed to them.
      return canReset && /^sha\d+$/.test(bank)
        ? [read, `tpm2_pcrextend ${subject.pcr}:${bank}=$(${extend})`, `tpm2_pcrreset ${subject.pcr}`]
        : [read];
    }
    case "lockout":
      return [`tpm2_dictionarylockout -c${auth(subject.of.authSet, "-p")}`, "tpm2_getcap properties-variable"];
    default:
      return [];
  }
}

function objectTries({ handle, publicArea, authSet, hasSensitive }: InspectedObject): string[] {
  const { attributes, type } = publicArea;
  const is = (name: "restricted" | "decrypt" | "sign") => hasAttribute("TPMA_OBJECT", attributes, name);
  // What the kernel's resource manager has swapped out is not there; what is there it does not show.
  const direct = handle >>> 24 === 0x80 ? " -T device:/dev/tpm0" : "";
  const on = ` -c ${hexHandle(handle)}`;
  const with_ = auth(authSet, "-p");
  const read = `tpm2_readpublic${direct}${on}`;
  if (!hasSensitive) return [read];
  if (is("restricted") && is("decrypt"))
    return [`tpm2_create${direct} -C ${hexHandle(handle)}${auth(authSet, "-P")} -G ecc -u key.pub -r key.priv`, read];
  if (type === "TPM_ALG_KEYEDHASH")
    return [is("sign") ? `tpm2_hmac${direct}${on}${with_} /etc/hostname` : `tpm2_unseal${direct}${on}${with_}`, read];
  if (is("restricted") && is("sign")) return [`tpm2_quote${direct}${on}${with_} -l sha256:0,16`, read];
  if (is("sign")) return [`tpm2_sign${direct}${on}${with_} -g sha256 -o signature /etc/hostname`, read];
  if (is("decrypt") && type === "TPM_ALG_RSA") return [`tpm2_rsaencrypt${direct}${on} -o secret /etc/hostname`, read];
  return [read];
}

function indexTries({ handle, attributes, authSet }: InspectedNvIndex): string[] {
  const is = (name: "OWNERREAD" | "AUTHREAD" | "OWNERWRITE" | "AUTHWRITE" | "WRITTEN") =>
    hasAttribute("TPMA_NV", attributes, name);
  const index = hexHandle(handle);
  const by = (byAuth: boolean) => (byAuth ? ` -C ${index}${auth(authSet, "-P")}` : " -C o");
  const isCounter = attributeField("TPMA_NV", attributes, "TPM_NT") === TPM_NT.TPM_NT_COUNTER;
  return [
    ...(is("WRITTEN") && (is("AUTHREAD") || is("OWNERREAD")) ? [`tpm2_nvread ${index}${by(is("AUTHREAD"))}`] : []),
    ...(isCounter && (is("AUTHWRITE") || is("OWNERWRITE")) ? [`tpm2_nvincrement ${index}${by(is("AUTHWRITE"))}`] : []),
    `tpm2_nvreadpublic ${index}`,
  ];
}
