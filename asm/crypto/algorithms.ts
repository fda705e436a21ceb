// TCG Algorithm Registry, section 6.2: the numbers by which kernels are chosen. Nothing else of a TPM is known here.

export const ALG_TDES: u32 = 0x0003;
export const ALG_SHA1: u32 = 0x0004;
export const ALG_AES: u32 = 0x0006;
export const ALG_SHA256: u32 = 0x000b;
export const ALG_SHA384: u32 = 0x000c;
export const ALG_SHA512: u32 = 0x000d;
export const ALG_SM3_256: u32 = 0x0012;
export const ALG_SM4: u32 = 0x0013;
export const ALG_CAMELLIA: u32 = 0x0026;
export const ALG_SHA3_256: u32 = 0x0027;
export const ALG_SHA3_384: u32 = 0x0028;
export const ALG_SHA3_512: u32 = 0x0029;
