const DIGITS = 16;

/** The beginning of a digest in hex. */
export const shortHex = (hex: string): string => hex.slice(0, DIGITS);
