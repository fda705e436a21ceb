// Physical presence: whether it is asserted, and which commands need it with platform authorization (Part 1, 13.8).
import { CC_PP_ALLOWED, commandFlags, commandIndex } from "../../generated/commandTable";
import { TPM_CC_NV_UndefineSpaceSpecial, TPM_CC_PP_Commands } from "../../generated/constants";
import { bitIsSet, setBit } from "../../base/index";
import { COMMAND_MAP, PHYSICAL_PRESENCE, PP_COMMANDS } from "../state/index";

/** Bit maps over command codes start here, with the lowest of them: TPM_CC_FIRST. */
export const FIRST_CODE: u32 = TPM_CC_NV_UndefineSpaceSpecial;
/** Codes that fit a bit map. */
export const CODE_COUNT: u32 = COMMAND_MAP << 3;

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

/** TPM2_PP_Commands: commands that do not exist, or that physical presence cannot be asked for, are passed over. */
export function requirePhysicalPresence(code: u32, required: bool): void {
  const index = commandIndex(code);
  if (index >= 0 && commandFlags(index) & CC_PP_ALLOWED) setBit(PP_COMMANDS, code - FIRST_CODE, required);
}

/** What a new TPM has: only TPM2_PP_Commands itself, which can never leave the list. */
export function physicalPresenceDefaults(): void {
  memory.fill(PP_COMMANDS, 0, COMMAND_MAP);
  setBit(PP_COMMANDS, TPM_CC_PP_Commands - FIRST_CODE, true);
}
