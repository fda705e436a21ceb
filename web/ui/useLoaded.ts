import { useEffect, useState } from "preact/hooks";

/**
 * What is fetched when it is first drawn.
 * @param load is called again where `needs` differ
 * @returns null while it is on its way, "failed" when it did not come
 */
export function useLoaded<T extends object>(load: () => Promise<T>, needs: readonly unknown[]): T | "failed" | null {
  const [loaded, setLoaded] = useState<T | "failed" | null>(null);
  useEffect(() => {
    let isGone = false;
    load().then(
      (come) => !isGone && setLoaded(come),
      () => !isGone && setLoaded("failed"),
    );
    return () => {
      isGone = true;
    };
  }, needs);
  return loaded;
}
