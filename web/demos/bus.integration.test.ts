/** The demo of a bus that is no secret, on a real PC. */
import { expect, test } from "vitest";
import { Bus } from "./engine/bus.ts";
import { SECRET } from "./engine/lines.ts";
import { demoBench } from "./testkit/demoBench.ts";

const bench = demoBench((ground) => new Bus(ground));
const { state, wrong } = bench;

test("without a PC there is nothing to listen to, which is said", async () => {
  await bench.demo.plain();
  expect(state().failure).toBe("interrupted");
});

test("in the clear the secret is read", async () => {
  await bench.ground.boot({});
  await bench.demo.prepare();
  expect(wrong()).toEqual([null, null]);
  await bench.demo.plain();
  expect(wrong()).toEqual([null, null]);
  const { octets, readable } = state().plain!.response;
  const read = readable.map(({ offset, size }) => Buffer.from(octets.subarray(offset, offset + size)).toString());
  expect(read).toEqual([SECRET]);
});

test("in a salted session neither is, and the PC has the secret", async () => {
  await bench.demo.salted();
  expect(wrong()).toEqual([null, null]);
  expect(state().salted?.command.readable).toEqual([]);
  expect(state().salted?.response.readable).toEqual([]);
});
