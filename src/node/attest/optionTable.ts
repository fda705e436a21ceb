/** The options of `tabtpm attest`, each once. */
import { EVIDENCE_FILES } from "../../attest/evidenceFiles.ts";
import { optionLines, type TableOption } from "../optionRow.ts";

/** In the order of the help. */
export const ATTEST_OPTIONS = {
  tcti: {
    value: "TCTI",
    help: "where the TPM is, as for tpm2-tools: swtpm:host=H,port=P, swtpm:path=P, mssim:..., device:/dev/tpmrm0",
  },
  to: { value: "DIR", help: "the folder that gets the files" },
  nonce: { value: "HEX", help: "what the verifier gave for this quote; without one there are keys only" },
  pcrs: { value: "LIST", help: "what is quoted, such as sha256:0,1,2+sha1:all (default: sha256:all)" },
  log: { value: "FILE", help: "the firmware's event log, which goes along" },
  ima: { value: "FILE", help: "IMA's list, which goes along" },
  credential: {
    value: "FILE",
    help: "a credential of the verifier's (tpm2_makecredential -o): prints its secret in hex",
  },
  key: { value: "KIND", help: "the AK: ecc (P-256, ECDSA; default) or rsa (2048 bits, RSASSA)" },
  ek: { value: "NAME", help: "the EK's template: L-1, L-2, H-1 ... (default: one that the TPM has a certificate of)" },
  "endorsement-auth": { value: "TEXT", help: "the authValue of the endorsement hierarchy (default: empty)" },
  help: { short: "h", help: "this text" },
} as const satisfies Readonly<Record<string, TableOption>>;

export type AttestName = keyof typeof ATTEST_OPTIONS;
export const attestRows = Object.entries<TableOption>(ATTEST_OPTIONS) as [AttestName, TableOption][];

const { ak, ek, ekCertificate, quote, signature, pcrs, eventLog, ima } = EVIDENCE_FILES;

export const ATTEST_HELP = `Usage: tabtpm attest --tcti TCTI --to DIR [--nonce HEX] [--pcrs LIST] [--log FILE] [--ima FILE]
       tabtpm attest --tcti TCTI --credential FILE

Lets a TPM attest what it is and what its PCRs hold, in a folder for "tabtpm verify --from DIR": ${ek}, ${ekCertificate} and
${ak}, and with a nonce ${quote}, ${signature}, ${pcrs}, ${eventLog} and ${ima}, in the formats of tpm2-tools. The AK is made of
the TPM's endorsement seed, the same one each time, and stays nowhere. The TPM must have been started.

${optionLines(attestRows)}
`;
