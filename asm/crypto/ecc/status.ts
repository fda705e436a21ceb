// What an ECC function answers.

export const ECC_SUCCESS: u32 = 0;
/** The curve is not implemented. */
export const ECC_CURVE: u32 = 1;
/** A point is not on the curve: a coordinate is not below p, or the equation does not hold. */
export const ECC_POINT: u32 = 2;
/** A scalar is not in 1 .. n - 1, or does not work with the scheme. */
export const ECC_SCALAR: u32 = 3;
/** The result is the point at infinity, or there is none. */
export const ECC_NO_RESULT: u32 = 4;
/** The signature is not valid. */
export const ECC_SIGNATURE: u32 = 5;
/** The random number generator must be reseeded first. */
export const ECC_RANDOM: u32 = 6;
/** The hash is not implemented. */
export const ECC_HASH: u32 = 7;
