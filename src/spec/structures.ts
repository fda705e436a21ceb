/** Part 2, clauses 10 and 13 to 16: structures that do not depend on the kind of key. */
import { alias, buffer, list, sized, structure, type TypeRows, union } from "./rows.ts";

export const basicStructures = {
  TPMS_EMPTY: structure("10.1"),
  TPMS_ALGORITHM_DESCRIPTION: structure("10.2", "alg: TPM_ALG_ID", "attributes: TPMA_ALGORITHM"),
  TPMU_HA: union(
    "10.3.1",
    "sha1: BYTE[20] <TPM_ALG_SHA1>",
    "sha256: BYTE[32] <TPM_ALG_SHA256>",
    "sha384: BYTE[48] <TPM_ALG_SHA384>",
    "sha512: BYTE[64] <TPM_ALG_SHA512>",
    "sm3_256: BYTE[32] <TPM_ALG_SM3_256>",
    "sha3_256: BYTE[32] <TPM_ALG_SHA3_256>",
    "sha3_384: BYTE[48] <TPM_ALG_SHA3_384>",
    "sha3_512: BYTE[64] <TPM_ALG_SHA3_512>",
    "null <TPM_ALG_NULL>",
  ),
  TPMT_HA: structure("10.3.2", "hashAlg: +TPMI_ALG_HASH", "digest: TPMU_HA[hashAlg]"),

  TPM2B_DIGEST: buffer("10.4.2", "sizeof(TPMU_HA)"),
  TPM2B_DATA: buffer("10.4.3", "sizeof(TPMT_HA)"),
  TPM2B_NONCE: alias("10.4.4", "TPM2B_DIGEST"),
  TPM2B_AUTH: alias("10.4.5", "TPM2B_DIGEST"),
  TPM2B_OPERAND: alias("10.4.6", "TPM2B_DIGEST"),
  TPM2B_EVENT: buffer("10.4.7", "1024"),
  TPM2B_MAX_BUFFER: buffer("10.4.8", "MAX_DIGEST_BUFFER"),
  TPM2B_MAX_NV_BUFFER: buffer("10.4.9", "MAX_NV_BUFFER_SIZE"),
  TPM2B_TIMEOUT: buffer("10.4.10", "sizeof(UINT64)"),
  TPM2B_IV: buffer("10.4.11", "MAX_SYM_BLOCK_SIZE"),
  TPMU_NAME: union("10.5.2", "digest: TPMT_HA", "handle: TPM_HANDLE"),
  TPM2B_NAME: buffer("10.5.3", "sizeof(TPMU_NAME)", { field: "name" }),

  TPMS_PCR_SELECT: structure(
    "10.6.1",
    "sizeofSelect: UINT8{PCR_SELECT_MIN:PCR_SELECT_MAX} #TPM_RC_VALUE",
    "pcrSelect: BYTE[sizeofSelect]",
  ),
  TPMS_PCR_SELECTION: structure(
    "10.6.2",
    "hash: TPMI_ALG_HASH",
    "sizeofSelect: UINT8{PCR_SELECT_MIN:PCR_SELECT_MAX} #TPM_RC_VALUE",
    "pcrSelect: BYTE[sizeofSelect]",
  ),

  TPMT_TK_CREATION: structure(
    "10.7.3",
    "tag: TPM_ST{TPM_ST_CREATION} #TPM_RC_TAG",
    "hierarchy: TPMI_RH_HIERARCHY+",
    "digest: TPM2B_DIGEST",
  ),
  TPMT_TK_VERIFIED: structure(
    "10.7.4",
    "tag: TPM_ST{TPM_ST_VERIFIED} #TPM_RC_TAG",
    "hierarchy: TPMI_RH_HIERARCHY+",
    "digest: TPM2B_DIGEST",
  ),
  TPMT_TK_AUTH: structure(
    "10.7.5",
    "tag: TPM_ST{TPM_ST_AUTH_SIGNED|TPM_ST_AUTH_SECRET} #TPM_RC_TAG",
    "hierarchy: TPMI_RH_HIERARCHY+",
    "digest: TPM2B_DIGEST",
  ),
  TPMT_TK_HASHCHECK: structure(
    "10.7.6",
    "tag: TPM_ST{TPM_ST_HASHCHECK} #TPM_RC_TAG",
    "hierarchy: TPMI_RH_HIERARCHY+",
    "digest: TPM2B_DIGEST",
  ),

  TPMS_ALG_PROPERTY: structure("10.8.1", "alg: TPM_ALG_ID", "algProperties: TPMA_ALGORITHM"),
  TPMS_TAGGED_PROPERTY: structure("10.8.2", "property: TPM_PT", "value: UINT32"),
  TPMS_TAGGED_PCR_SELECT: structure(
    "10.8.3",
    "tag: TPM_PT_PCR",
    "sizeofSelect: UINT8{PCR_SELECT_MIN:PCR_SELECT_MAX} #TPM_RC_VALUE",
    "pcrSelect: BYTE[sizeofSelect]",
  ),
  TPMS_TAGGED_POLICY: structure("10.8.4", "handle: TPM_HANDLE", "policyHash: TPMT_HA"),
  TPMS_ACT_DATA: structure("10.8.5", "handle: TPM_HANDLE", "timeout: UINT32", "attributes: TPMA_ACT"),

  TPML_CC: list("10.9.1", "commandCodes: TPM_CC", ":MAX_CAP_CC"),
  TPML_CCA: list("10.9.2", "commandAttributes: TPMA_CC", ":MAX_CAP_CC"),
  TPML_ALG: list("10.9.3", "algorithms: TPM_ALG_ID", ":MAX_ALG_LIST_SIZE"),
  TPML_HANDLE: list("10.9.4", "handle: TPM_HANDLE", ":MAX_CAP_HANDLES"),
  // The minimum is TPM2_PolicyOR's. In the response of TPM2_PCR_Read the list may be shorter: limits bind commands only.
  TPML_DIGEST: list("10.9.5", "digests: TPM2B_DIGEST", "2:8"),
  TPML_DIGEST_VALUES: list("10.9.6", "digests: TPMT_HA", ":HASH_COUNT"),
  TPML_PCR_SELECTION: list("10.9.7", "pcrSelections: TPMS_PCR_SELECTION", ":HASH_COUNT"),
  TPML_ALG_PROPERTY: list("10.9.8", "algProperties: TPMS_ALG_PROPERTY", ":MAX_CAP_ALGS"),
  TPML_TAGGED_TPM_PROPERTY: list("10.9.9", "tpmProperty: TPMS_TAGGED_PROPERTY", ":MAX_TPM_PROPERTIES"),
  TPML_TAGGED_PCR_PROPERTY: list("10.9.10", "pcrProperty: TPMS_TAGGED_PCR_SELECT", ":MAX_PCR_PROPERTIES"),
  TPML_ECC_CURVE: list("10.9.11", "eccCurves: TPM_ECC_CURVE", ":MAX_ECC_CURVES"),
  TPML_TAGGED_POLICY: list("10.9.12", "policies: TPMS_TAGGED_POLICY", ":MAX_TAGGED_POLICIES"),
  TPML_ACT_DATA: list("10.9.13", "actData: TPMS_ACT_DATA", ":MAX_ACT_DATA"),

  TPMU_CAPABILITIES: union(
    "10.10.1",
    "algorithms: TPML_ALG_PROPERTY <TPM_CAP_ALGS>",
    "handles: TPML_HANDLE <TPM_CAP_HANDLES>",
    "command: TPML_CCA <TPM_CAP_COMMANDS>",
    "ppCommands: TPML_CC <TPM_CAP_PP_COMMANDS>",
    "auditCommands: TPML_CC <TPM_CAP_AUDIT_COMMANDS>",
    "assignedPCR: TPML_PCR_SELECTION <TPM_CAP_PCRS>",
    "tpmProperties: TPML_TAGGED_TPM_PROPERTY <TPM_CAP_TPM_PROPERTIES>",
    "pcrProperties: TPML_TAGGED_PCR_PROPERTY <TPM_CAP_PCR_PROPERTIES>",
    "eccCurves: TPML_ECC_CURVE <TPM_CAP_ECC_CURVES>",
    "authPolicies: TPML_TAGGED_POLICY <TPM_CAP_AUTH_POLICIES>",
    "actData: TPML_ACT_DATA <TPM_CAP_ACT>",
  ),
  TPMS_CAPABILITY_DATA: structure("10.10.2", "capability: TPM_CAP", "data: TPMU_CAPABILITIES[capability]"),

  TPMS_CLOCK_INFO: structure(
    "10.11.1",
    "clock: UINT64",
    "resetCount: UINT32",
    "restartCount: UINT32",
    "safe: TPMI_YES_NO",
  ),
  TPMS_TIME_INFO: structure("10.11.6", "time: UINT64", "clockInfo: TPMS_CLOCK_INFO"),

  TPMS_AUTH_COMMAND: structure(
    "10.13.2",
    "sessionHandle: TPMI_SH_AUTH_SESSION+",
    "nonce: TPM2B_NONCE",
    "sessionAttributes: TPMA_SESSION",
    // A password, or what a weak one can be guessed from: also in a policy session, after TPM2_PolicyPassword.
    "secret hmac: TPM2B_AUTH",
  ),
  TPMS_AUTH_RESPONSE: structure(
    "10.13.3",
    "nonce: TPM2B_NONCE",
    "sessionAttributes: TPMA_SESSION",
    "secret hmac: TPM2B_AUTH",
  ),
} satisfies TypeRows;

/** Part 2, 10.12: what the attestation commands sign. */
export const attestationStructures = {
  TPMS_TIME_ATTEST_INFO: structure("10.12.2", "time: TPMS_TIME_INFO", "firmwareVersion: UINT64"),
  TPMS_CERTIFY_INFO: structure("10.12.3", "name: TPM2B_NAME", "qualifiedName: TPM2B_NAME"),
  TPMS_QUOTE_INFO: structure("10.12.4", "pcrSelect: TPML_PCR_SELECTION", "pcrDigest: TPM2B_DIGEST"),
  TPMS_COMMAND_AUDIT_INFO: structure(
    "10.12.5",
    "auditCounter: UINT64",
    "digestAlg: TPM_ALG_ID",
    "auditDigest: TPM2B_DIGEST",
    "commandDigest: TPM2B_DIGEST",
  ),
  TPMS_SESSION_AUDIT_INFO: structure("10.12.6", "exclusiveSession: TPMI_YES_NO", "sessionDigest: TPM2B_DIGEST"),
  TPMS_CREATION_INFO: structure("10.12.7", "objectName: TPM2B_NAME", "creationHash: TPM2B_DIGEST"),
  TPMS_NV_CERTIFY_INFO: structure(
    "10.12.8",
    "indexName: TPM2B_NAME",
    "offset: UINT16",
    "secret nvContents: TPM2B_MAX_NV_BUFFER",
  ),
  TPMS_NV_DIGEST_CERTIFY_INFO: structure("10.12.9", "indexName: TPM2B_NAME", "secret nvDigest: TPM2B_DIGEST"),
  TPMU_ATTEST: union(
    "10.12.11",
    "certify: TPMS_CERTIFY_INFO <TPM_ST_ATTEST_CERTIFY>",
    "creation: TPMS_CREATION_INFO <TPM_ST_ATTEST_CREATION>",
    "quote: TPMS_QUOTE_INFO <TPM_ST_ATTEST_QUOTE>",
    "commandAudit: TPMS_COMMAND_AUDIT_INFO <TPM_ST_ATTEST_COMMAND_AUDIT>",
    "sessionAudit: TPMS_SESSION_AUDIT_INFO <TPM_ST_ATTEST_SESSION_AUDIT>",
    "time: TPMS_TIME_ATTEST_INFO <TPM_ST_ATTEST_TIME>",
    "nv: TPMS_NV_CERTIFY_INFO <TPM_ST_ATTEST_NV>",
    "nvDigest: TPMS_NV_DIGEST_CERTIFY_INFO <TPM_ST_ATTEST_NV_DIGEST>",
  ),
  TPMS_ATTEST: structure(
    "10.12.12",
    "magic: TPM_GENERATED",
    "type: TPMI_ST_ATTEST",
    "qualifiedSigner: TPM2B_NAME",
    "extraData: TPM2B_DATA",
    "clockInfo: TPMS_CLOCK_INFO",
    "firmwareVersion: UINT64",
    "attested: TPMU_ATTEST[type]",
  ),
  TPM2B_ATTEST: buffer("10.12.13", "sizeof(TPMS_ATTEST)", { field: "attestationData" }),
} satisfies TypeRows;

/** Part 2, clauses 13 to 16: NV storage, contexts, creation data, attached components. */
export const storageStructures = {
  TPMS_NV_PIN_COUNTER_PARAMETERS: structure("13.3", "pinCount: UINT32", "pinLimit: UINT32"),
  TPMS_NV_PUBLIC: structure(
    "13.5",
    "nvIndex: TPMI_RH_NV_INDEX",
    "nameAlg: TPMI_ALG_HASH",
    "attributes: TPMA_NV",
    "authPolicy: TPM2B_DIGEST",
    "dataSize: UINT16{:MAX_NV_INDEX_SIZE} #TPM_RC_SIZE",
  ),
  TPM2B_NV_PUBLIC: sized("13.6", "nvPublic: TPMS_NV_PUBLIC"),

  TPM2B_CONTEXT_SENSITIVE: buffer("14.2", "MAX_CONTEXT_SIZE"),
  TPMS_CONTEXT_DATA: structure("14.3", "integrity: TPM2B_DIGEST", "encrypted: TPM2B_CONTEXT_SENSITIVE"),
  TPM2B_CONTEXT_DATA: buffer("14.4", "sizeof(TPMS_CONTEXT_DATA)"),
  TPMS_CONTEXT: structure(
    "14.5",
    "sequence: UINT64",
    "savedHandle: TPMI_DH_SAVED",
    "hierarchy: TPMI_RH_HIERARCHY+",
    "contextBlob: TPM2B_CONTEXT_DATA",
  ),

  TPMS_CREATION_DATA: structure(
    "15.1",
    "pcrSelect: TPML_PCR_SELECTION",
    "pcrDigest: TPM2B_DIGEST",
    "locality: TPMA_LOCALITY",
    "parentNameAlg: TPM_ALG_ID",
    "parentName: TPM2B_NAME",
    "parentQualifiedName: TPM2B_NAME",
    "outsideInfo: TPM2B_DATA",
  ),
  TPM2B_CREATION_DATA: sized("15.2", "creationData: TPMS_CREATION_DATA"),

  TPMS_AC_OUTPUT: structure("16.3", "tag: TPM_AT", "data: UINT32"),
  TPML_AC_CAPABILITIES: list("16.4", "acCapabilities: TPMS_AC_OUTPUT", ":MAX_AC_CAPABILITIES"),
} satisfies TypeRows;
