/**
 * What the page keeps for each TPM in a place of its own, under its identifier, and what therefore goes with it when it
 * is copied or deleted. Whoever keeps something more adds it here. A new name changes nothing: the identifier stays.
 */
import type { TpmCompanion } from "../../../src/index.ts";
import { bootsCompanion } from "../boots.ts";
import { settingsCompanion } from "../settingsStore.ts";

export const companions: readonly TpmCompanion[] = [settingsCompanion, bootsCompanion];
