// Response codes with the number of the handle, session or parameter that is wrong (Part 2, 6.6). Numbers are 1-based.

/** Only Format-One codes carry a number; others are given back unchanged (Part 2, 6.6.2: bit 7). */
function isFormatOne(rc: u32): bool {
  return (rc & 0x80) != 0;
}

export function rcHandle(rc: u32, number: u32): u32 {
  return isFormatOne(rc) ? rc + (number << 8) : rc;
}

export function rcParameter(rc: u32, number: u32): u32 {
  return isFormatOne(rc) ? rc + 0x40 + (number << 8) : rc;
}

export function rcSession(rc: u32, number: u32): u32 {
  return isFormatOne(rc) ? rc + 0x800 + (number << 8) : rc;
}
