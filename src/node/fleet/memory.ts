/** Memory of TPMs that sleep goes back to the system: the engine would keep it until something else wants it. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects, some tens of milliseconds long, once the last TPM of many has gone to sleep; at most so often. */
const PAUSE_MS = 5000;

let collect: (() => void) | undefined;

/** The engine's own collector, which it hands out to who asks for it by a flag. */
function collector(): () => void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  return collect;
}

export class Tidying {
  readonly #collect: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param collect of the engine, by default. */
  constructor(collect: () => void = () => collector()()) {
    this.#collect = collect;
  }

  /** A TPM has left memory. */
  left(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#collect();
    }, PAUSE_MS).unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
