// What an RSA function answers.

export const RSA_SUCCESS: u32 = 0;
/** Key generation has more to do: call rsaKeygenStep again. */
export const RSA_UNFINISHED: u32 = 1;
/** The size of an input does not fit the key, the hash or the scheme. */
export const RSA_SIZE: u32 = 2;
/** A number is not below the modulus, or the padding or the signature is wrong. */
export const RSA_VALUE: u32 = 3;
/** The hash is not implemented, or too long for the key. */
export const RSA_HASH: u32 = 4;
/** The random number generator must be reseeded first. */
export const RSA_RANDOM: u32 = 5;
/** The result of a private operation was wrong (the parts of the key don't fit, or a fault): it was thrown away. */
export const RSA_FAULT: u32 = 6;
/** The key has no private part. */
export const RSA_NO_PRIVATE_KEY: u32 = 7;
