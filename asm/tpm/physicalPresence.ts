// Physical presence: whether it is asserted, and which commands need it with platform authorization (Part 1, 13.8).
import { TPM_CC_PP_Commands } from "../generated/constants";
import { bitIsSet, setBit } from "./bytes";
import { PHYSICAL_PRESENCE, PP_COMMANDS } from "./state";

/** Bit maps over command codes start here: TPM_CC_FIRST. */
export const FIRST_CODE: u32 = 0x11f;
/** Codes that fit a bit map of 32 bytes. */
export const CODE_COUNT: u32 = 256;

export function physicalPresenceAsserted(): bool {
  return load<u8>(PHYSICAL_PRESENCE) != 0;
}

/** The platform's signal, which can come at any time between two commands. */
export function setPhysicalPresence(asserted: bool): void {
  store<u8>(PHYSICAL_PRESENCE, asserted as u8);
}

export function physicalPresenceRequired(code: u32): bool {
  const bit = code - FIRST_CODE;
  return bit < CODE_COUNT && bitIsSet(PP_COMMANDS, bit);
}

/** What a new TPM has: only TPM2_PP_Commands itself, which can never leave the list. */
export function physicalPresenceDefaults(): void {
  memory.fill(PP_COMMANDS, 0, 32);
  setBit(PP_COMMANDS, TPM_CC_PP_Commands - FIRST_CODE, true);
}
