/** Provisioning: EK certificates, signed by a demo CA, where a TPM's clients look for them. */
export type { DemoAuthority, PlatformIdentity, TpmIdentity } from "./certificates.ts";
export { type NewIdentityOptions, newIdentityState } from "./newIdentity.ts";
export {
  ekCertificateIndices,
  PLATFORM_CERTIFICATE_INDEX,
  readCertificate,
  readEkCertificates,
  type StoredCertificate,
} from "./nvIndex.ts";
export { toPem } from "./pem.ts";
export {
  type ProvisionOptions,
  type ProvisionProgress,
  provision,
  provisionedState,
  reconfiguredState,
} from "./provision.ts";
export { type EkTemplate, ekTemplates } from "./templates.ts";
