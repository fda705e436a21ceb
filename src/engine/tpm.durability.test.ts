import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fault, FaultyStore } from "../store/faulty.ts";
import { MemoryMedium, MemoryStore } from "../store/memory.ts";
import type { Tpm } from "./api.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { command, decode, fakeCore, OP } from "./testkit/fakeCore.ts";

/** One thing that happens to a TPM; the number is how many turns of the event loop pass before the next. */
const action = fc.tuple(
  fc.constantFrom("increment", "slow", "read", "trap", "cancel", "off", "on", "reset", "restart") as fc.Arbitrary<
    "increment" | "slow" | "read" | "trap" | "cancel" | "off" | "on" | "reset" | "restart"
  >,
  fc.nat(3),
);
const fault = fc.constantFrom("ok", "ok", "ok", "abort", "quota", "slow", "die-before", "die-after") as fc.Arbitrary<
  Exclude<Fault, Promise<void>> | "slow"
>;

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(BACKENDS)("TPM, %s: whatever happens", (_name, make) => {
  it("an acknowledged change is there after a restart, a refused one is not, and nothing else is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 25 }),
        fc.array(fault, { maxLength: 12 }),
        async (actions, faults) => {
          const medium = new MemoryMedium();
          /** Bounds of the permanent counter, from the responses alone. */
          let [least, most] = [0, 0];
          let commits = 0;
          let tpm: Tpm;
          let store: FaultyStore;
          const violations: string[] = [];
          /** Calls of the present process. */
          let pending: Promise<unknown>[] = [];

          const start = async (isCareful: boolean) => {
            store = new FaultyStore(new MemoryStore(medium), () => {
              // The first commit makes the TPM; what happens to that one is tested elsewhere.
              const planned = isCareful ? "ok" : (faults[commits++] ?? "ok");
              return planned === "slow" ? turn().then(() => undefined) : planned;
            });
            tpm = make({ store, newCore: async () => fakeCore() });
            pending = [];
            await tpm.ready;
            void tpm.powerOn().catch(() => {});
          };
          const track = (promise: Promise<unknown>) => {
            pending.push(promise.catch(() => {}));
          };
          const increment = (op: number) => {
            most++;
            track(
              tpm.execute(command(op, 3)).then((response) => {
                const { responseCode, counter } = decode(response);
                if (responseCode === 0) least = Math.max(least, counter);
                else most--;
              }),
            );
          };

          medium.blob = null;
          await start(true);
          await tpm!.close();
          await start(false);

          for (const [kind, turns] of actions) {
            switch (kind) {
              case "increment":
                increment(OP.increment);
                break;
              case "slow":
                increment(OP.slow);
                break;
              case "read": {
                const asked = tpm!;
                track(
                  asked.execute(command(OP.read)).then((response) => {
                    const { responseCode, counter } = decode(response);
                    if (responseCode !== 0 || asked !== tpm) return;
                    if (counter < least || counter > most) violations.push(`read ${counter}, not ${least}..${most}`);
                  }),
                );
                break;
              }
              case "trap":
                track(tpm!.execute(command(OP.trap)));
                break;
              case "cancel":
                tpm!.cancel();
                break;
              case "off":
                track(tpm!.powerOff());
                break;
              case "on":
              case "reset":
                track(tpm!.powerOn());
                break;
              case "restart":
                // The process dies: nobody closes anything, and what is in flight never comes.
                medium.owner = null;
                await start(false);
                break;
            }
            for (let i = 0; i < turns; i++) await turn();
          }

          const died = store!.died.then(() => "died");
          const settled = Promise.all(pending).then(() => "settled");
          await Promise.race([died, settled]);
          await turn();
          medium.owner = null;
          await start(true);
          await tpm!.powerOn();
          const { responseCode, counter } = decode(await tpm!.execute(command(OP.read)));
          expect(violations).toEqual([]);
          expect(responseCode).toBe(0);
          expect(counter).toBeGreaterThanOrEqual(least);
          expect(counter).toBeLessThanOrEqual(most);
          await tpm!.close();
        },
      ),
      { numRuns: 150 },
    );
  });
});
