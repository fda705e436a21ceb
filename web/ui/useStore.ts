import { useEffect, useState } from "preact/hooks";
import type { Store } from "../state/store.ts";

/** The store's value; the component is drawn anew when it changes. */
export function useStore<T extends object>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    const update = () => setValue(store.value);
    update();
    return store.subscribe(update);
  }, [store]);
  return value;
}
