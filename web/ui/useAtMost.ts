import { useEffect, useRef, useState } from "preact/hooks";

/**
 * A value that changes often, as it is to be drawn: at once where it has been still, and no more often than every `interval` milliseconds:
 * the guest shares the thread.
 */
export function useAtMost<T>(value: T, interval: number): T {
  const [shown, setShown] = useState(value);
  const since = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (Object.is(value, shown)) return;
    const timer = setTimeout(
      () => {
        since.current = performance.now();
        setShown(() => value);
      },
      Math.max(0, since.current + interval - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [value, shown, interval]);
  return shown;
}
