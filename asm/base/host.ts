// What the core needs from outside: nothing but randomness and time.

/** Fills `size` bytes with output of the platform's CSPRNG, synchronously. */
@external("host", "entropy")
export declare function entropy(pointer: usize, size: u32): void;

/** Milliseconds of a clock that never goes back. Its origin means nothing. */
@external("host", "now")
export declare function now(): f64;
