/**
 * Commands whose answers by libtpms are on record in libtpms.transcript.txt: one TPM, from before TPM2_Startup, each
 * command in the state that the ones before it left. Mostly what is wrong, one thing at a time.
 */
import { algorithms } from "./transcript/algorithms.ts";
import { eccKeyExchange, ephemeralKeys, rsaEncryption } from "./transcript/asymmetric.ts";
import { attestations } from "./transcript/attestations.ts";
import { type Step, steps } from "./transcript/builders.ts";
import { certificates } from "./transcript/certificates.ts";
import { nvAuthorizations, nvDefinitions, nvLocks, nvPins, nvPolicies, nvRanges, nvTypes } from "./transcript/nv.ts";
import { objectCommands, randomObjects } from "./transcript/objects.ts";
import { pinPolicies } from "./transcript/pinPolicies.ts";
import { capabilities, hashes, pcrs, sequences, startup } from "./transcript/platform.ts";
import { management, policyCommands } from "./transcript/policies.ts";
import { authorizations, contexts, policies, sessions } from "./transcript/sessions.ts";
import { clocks, hierarchies, lockout, parameters, pcrSettings, tests } from "./transcript/settings.ts";
import { signedPolicies, signing, verification } from "./transcript/signing.ts";
import { ciphers, macSequences, macs } from "./transcript/symmetric.ts";

export type { Step };

/** All steps, in order. */
export function transcriptSteps(): Step[] {
  steps.length = 0;
  for (const chapter of [startup, capabilities, algorithms, pcrs, hashes, sequences]) chapter();
  for (const chapter of [nvDefinitions, nvTypes, nvRanges, nvLocks, nvAuthorizations, nvPins, nvPolicies]) chapter();
  pinPolicies();
  // Before there are commitments: a signature with a counter is to fail.
  for (const chapter of [signing, verification, signedPolicies, attestations, certificates]) chapter();
  for (const chapter of [rsaEncryption, eccKeyExchange, ephemeralKeys, ciphers, macs, macSequences]) chapter();
  for (const chapter of [objectCommands, randomObjects]) chapter();
  for (const chapter of [sessions, policies, authorizations, contexts]) chapter();
  for (const chapter of [lockout, pcrSettings, hierarchies, clocks, parameters, tests]) chapter();
  for (const chapter of [policyCommands, management]) chapter();
  return [...steps];
}
