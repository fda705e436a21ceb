/**
 * What changes often, told seldom: the guest shares the thread, and each telling draws the page.
 * @param tell gets the newest value. After a rest that is `soon` milliseconds later, so that what comes together is told together;
 * while values keep coming, once in `calm` milliseconds.
 * @param now milliseconds of a clock that never goes back
 * @returns takes each value
 */
export function calmly<T>(
  tell: (value: T) => void,
  { soon, calm, now = () => performance.now() }: { soon: number; calm: number; now?: () => number },
): (value: T) => void {
  let told = Number.NEGATIVE_INFINITY;
  let next: { value: T } | null = null;
  return (value) => {
    if (next !== null) {
      next.value = value;
      return;
    }
    next = { value };
    setTimeout(
      () => {
        const { value: newest } = next ?? { value };
        next = null;
        told = now();
        tell(newest);
      },
      Math.max(soon, told + calm - now()),
    );
  };
}
