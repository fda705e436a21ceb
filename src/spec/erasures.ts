/**
 * Codes of the commands that delete something secret from the permanent state: a seed and all that belongs to it, a key, an
 * NV index (Part 3, 24.4 to 24.6, 28.5, 31.4, 31.5). A list of its own, so that who needs no more does not carry the tables.
 */
export const ERASING_COMMANDS: ReadonlySet<number> = new Set([
  0x11f, // NV_UndefineSpaceSpecial
  0x120, // EvictControl
  0x122, // NV_UndefineSpace
  0x124, // ChangeEPS
  0x125, // ChangePPS
  0x126, // Clear
]);
