/** The options of `tabtpm verify`, each once. */
import { EVIDENCE_FILES } from "../../attest/evidenceFiles.ts";
import { optionLines, type TableOption } from "../optionRow.ts";

interface VerifyOption extends TableOption {
  /** The file of a folder of evidence that it names. */
  readonly file?: string;
}

/** In the order of the help. */
export const VERIFY_OPTIONS = {
  from: { value: "DIR", help: "a folder of `tabtpm attest`: all files in it that are not named otherwise" },
  quote: { value: "FILE", help: "what was signed: tpm2_quote -m", file: EVIDENCE_FILES.quote },
  signature: { value: "FILE", help: "its signature: tpm2_quote -s", file: EVIDENCE_FILES.signature },
  pcrs: { value: "FILE", help: "the PCRs that were quoted: tpm2_quote -o", file: EVIDENCE_FILES.pcrs },
  ak: {
    value: "FILE",
    help: "the AK's public area: tpm2_createak -u, tpm2_readpublic -o; or PEM",
    file: EVIDENCE_FILES.ak,
  },
  nonce: { value: "HEX", help: "what was given for this quote: tpm2_quote -q" },
  log: {
    value: "FILE",
    help: "the firmware's event log: /sys/kernel/security/tpm0/binary_bios_measurements",
    file: EVIDENCE_FILES.eventLog,
  },
  ima: {
    value: "FILE",
    help: "IMA's list: /sys/kernel/security/ima/{ascii,binary}_runtime_measurements",
    file: EVIDENCE_FILES.ima,
  },
  ek: { value: "FILE", help: "the EK's public area: tpm2_createek -u", file: EVIDENCE_FILES.ek },
  "ek-certificate": {
    value: "FILE",
    help: "its certificate, and in PEM those between it and the root: tpm2_getekcertificate",
    file: EVIDENCE_FILES.ekCertificate,
  },
  roots: { value: "FILE", help: "certificates of authorities whose EK certificates are trusted, PEM or DER" },
  "make-credential": {
    value: "FILE",
    help: "check nothing, but write a credential for --ek and --ak (or --from), and print its secret",
  },
  secret: {
    value: "HEX",
    help: "what --make-credential printed for this EK and this AK: no answer is good for others",
  },
  answer: {
    value: "HEX",
    help: "what the TPM made of the credential: tabtpm attest --credential, tpm2_activatecredential",
  },
  policy: { value: "FILE", help: "what the machine may be, in JSON; without one nothing is good" },
  "learn-policy": { value: "FILE", help: "write a policy that this machine, as it is now, meets" },
  brief: { help: "print what is not good, and nothing else" },
  json: { help: "print the findings as JSON" },
  help: { short: "h", help: "this text" },
} as const satisfies Readonly<Record<string, VerifyOption>>;

export type VerifyName = keyof typeof VERIFY_OPTIONS;
export const verifyRows = Object.entries<VerifyOption>(VERIFY_OPTIONS) as [VerifyName, VerifyOption][];

/** Exit codes: 0 is good. 1 and 2 are those of every command, failed and usage. */
export const EXIT_BAD = 3;
export const EXIT_UNKNOWN = 4;

export const VERIFY_HELP = `Usage: tabtpm verify --from DIR --nonce HEX --policy FILE
       tabtpm verify --quote FILE --signature FILE --pcrs FILE --ak FILE --nonce HEX [--log FILE] [--ima FILE]
                     [--policy FILE] [--learn-policy FILE] [--brief] [--json]
       tabtpm verify --from DIR --make-credential FILE

Checks what a TPM attests: its quote, the logs that say how its PCRs came to their values, and whether a policy allows
that. Prints a tree of findings, each good, bad or unknown, with what was expected and what was seen.

${optionLines(verifyRows)}

Exit codes: 0 good; ${EXIT_BAD} something is bad; ${EXIT_UNKNOWN} nothing is bad, but something is unknown; 1 a file can't be read; 2 usage.
`;
