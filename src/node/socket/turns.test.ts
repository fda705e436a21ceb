import { Socket } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Turns } from "./turns.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

it("has never more clients at once than may be, and serves those that stay in the order in which they came", async () => {
  const acts = fc.array(fc.tuple(fc.constantFrom("come", "go", "finish"), fc.nat()), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 3 }), acts, async (limit, script) => {
      const turns = new Turns(limit);
      const waiting: { number: number; socket: Socket }[] = [];
      const served: { number: number; done: () => void }[] = [];
      const order: number[] = [];
      let next = 0;
      for (const [act, choice] of script) {
        if (act === "come") {
          const client = { number: next++, socket: new Socket() };
          waiting.push(client);
          void turns.take(client.socket).then((done) => {
            if (done === null) return;
            waiting.splice(waiting.indexOf(client), 1);
            served.push({ number: client.number, done });
            order.push(client.number);
          });
        } else if (act === "go" && waiting.length > 0) {
          waiting.splice(choice % waiting.length, 1)[0]?.socket.destroy();
        } else if (act === "finish" && served.length > 0) {
          served.splice(choice % served.length, 1)[0]?.done();
        }
        await settle();
        await settle();
        expect(served.length).toBe(Math.min(limit, served.length + waiting.length));
      }
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});

it("is everybody's turn once it is lifted", async () => {
  const turns = new Turns(1);
  await turns.take(new Socket());
  const others = [turns.take(new Socket()), turns.take(new Socket())];
  turns.lift();
  for (const done of [...(await Promise.all(others)), await turns.take(new Socket())]) expect(done).not.toBeNull();
});
