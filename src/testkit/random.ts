/** Marsaglia's xorshift32, so that every run is the same. @returns a function that gives 0..bound-1 */
export function randomFrom(seed: number): (bound: number) => number {
  let x = seed;
  return (bound) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % bound;
  };
}
