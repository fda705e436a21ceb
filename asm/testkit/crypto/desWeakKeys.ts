/**
 * The keys of DES that a TPM refuses, with odd parity: 4 weak, 12 semi-weak and 48 possibly weak ones. Source: TPM 2.0
 * Library Part 4, CryptDes.c; the first sixteen kinds are also in SP 800-67 rev 2, 3.3.2.
 */
// prettier-ignore
export const DES_WEAK_KEYS: readonly string[] = `
  0101010101010101 01011f1f01010e0e 0101e0e00101f1f1 0101fefe0101fefe 011f011f010e010e 011f1f01010e0e01
  011fe0fe010ef1fe 011ffee0010efef1 01e001e001f101f1 01e01ffe01f10efe 01e0e00101f1f101 01e0fe1f01f1fe0e
  01fe01fe01fe01fe 01fe1fe001fe0ef1 01fee01f01fef10e 01fefe0101fefe01 1f01011f0e01010e 1f011f010e010e01
  1f01e0fe0e01f1fe 1f01fee00e01fef1 1f1f01010e0e0101 1f1f1f1f0e0e0e0e 1f1fe0e00e0ef1f1 1f1ffefe0e0efefe
  1fe001fe0ef101fe 1fe01fe00ef10ef1 1fe0e01f0ef1f10e 1fe0fe010ef1fe01 1ffe01e00efe01f1 1ffe1ffe0efe0efe
  1ffee0010efef101 1ffefe1f0efefe0e e00101e0f10101f1 e0011ffef1010efe e001e001f101f101 e001fe1ff101fe0e
  e01f01fef10e01fe e01f1fe0f10e0ef1 e01fe01ff10ef10e e01ffe01f10efe01 e0e00101f1f10101 e0e01f1ff1f10e0e
  e0e0e0e0f1f1f1f1 e0e0fefef1f1fefe e0fe011ff1fe010e e0fe1f01f1fe0e01 e0fee0fef1fef1fe e0fefee0f1fefef1
  fe0101fefe0101fe fe011fe0fe010ef1 fe01e01ffe01f10e fe01fe01fe01fe01 fe1f01e0fe0e01f1 fe1f1ffefe0e0efe
  fe1fe001fe0ef101 fe1ffe1ffe0efe0e fee0011ffef1010e fee01f01fef10e01 fee0e0fefef1f1fe fee0fee0fef1fef1
  fefe0101fefe0101 fefe1f1ffefe0e0e fefee0e0fefef1f1 fefefefefefefefe
`
  .trim()
  .split(/\s+/);
