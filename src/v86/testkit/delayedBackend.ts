import type { TpmBackend } from "../../engine/backend.ts";

/**
 * A backend whose answers take their time.
 * @param delays milliseconds by the number of the command, from 1.
 */
export function delayed(tpm: TpmBackend, delays: ReadonlyMap<number, number>): TpmBackend {
  let commands = 0;
  const execute: TpmBackend["execute"] = async (command, options) => {
    const delay = delays.get(++commands) ?? 0;
    const response = await tpm.execute(command, options);
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    return response;
  };
  return new Proxy(tpm, {
    get(target, name) {
      if (name === "execute") return execute;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
