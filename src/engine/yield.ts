/**
 * Lets the event loop turn once, so that messages (cancel, power off) arrive between two slices of a long command.
 * Timers won't do: browsers clamp nested ones to 4 ms.
 */
export const yieldToEvents: () => Promise<void> = makeYield();

function makeYield(): () => Promise<void> {
  // In a page, v86 may have polyfilled or borrowed timers; the real thing exists in Node only.
  if (typeof setImmediate === "function") {
    const immediate = setImmediate;
    return () => new Promise((resolve) => immediate(resolve));
  }
  const waiting: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
}
