/** All rows, in the order of Part 3. */
import type { Chapter } from "../row.ts";
import {
  capabilityCommands,
  clocksAndTimers,
  contextManagement,
  dictionaryAttackFunctions,
  hierarchyCommands,
  miscellaneousManagementFunctions,
} from "./management.ts";
import { attachedComponents, authenticatedCountdownTimer, nonvolatileStorage } from "./nv.ts";
import { duplicationCommands, objectCommands } from "./objects.ts";
import { enhancedAuthorizationCommands, integrityCollection } from "./policies.ts";
import {
  asymmetricPrimitives,
  hashHmacEventSequences,
  randomNumberGenerator,
  symmetricPrimitives,
} from "./primitives.ts";
import { sessionCommands, startUp, testing } from "./sessions.ts";
import { attestationCommands, commandAudit, ephemeralEcKeys, signingAndSignatureVerification } from "./signing.ts";

export const chaptersOfRows: readonly Chapter[] = [
  startUp,
  testing,
  sessionCommands,
  objectCommands,
  duplicationCommands,
  asymmetricPrimitives,
  symmetricPrimitives,
  randomNumberGenerator,
  hashHmacEventSequences,
  attestationCommands,
  ephemeralEcKeys,
  signingAndSignatureVerification,
  commandAudit,
  integrityCollection,
  enhancedAuthorizationCommands,
  hierarchyCommands,
  dictionaryAttackFunctions,
  miscellaneousManagementFunctions,
  contextManagement,
  clocksAndTimers,
  capabilityCommands,
  nonvolatileStorage,
  attachedComponents,
  authenticatedCountdownTimer,
];
