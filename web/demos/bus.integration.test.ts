/** The demo of a bus that is no secret, on a real PC. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bus } from "./engine/bus.ts";
import { SECRET } from "./engine/lines.ts";
import { type NodeGround, nodeGround } from "./testkit/nodeGround.ts";

let ground: NodeGround;
let bus: Bus;
beforeAll(async () => {
  ground = await nodeGround();
  bus = new Bus(ground);
});
afterAll(async () => {
  bus.close();
  await ground.close();
});
const state = () => bus.store.value;
const wrong = () => [state().failure, state().problem];

test("without a PC there is nothing to listen to, which is said", async () => {
  await bus.plain();
  expect(state().failure).toBe("interrupted");
});

test("in the clear the secret is read", async () => {
  await ground.boot({});
  await bus.prepare();
  expect(wrong()).toEqual([null, null]);
  await bus.plain();
  expect(wrong()).toEqual([null, null]);
  const { octets, readable } = state().plain!.response;
  const read = readable.map(({ offset, size }) => Buffer.from(octets.subarray(offset, offset + size)).toString());
  expect(read).toEqual([SECRET]);
});

test("in a salted session neither is, and the PC has the secret", async () => {
  await bus.salted();
  expect(wrong()).toEqual([null, null]);
  expect(state().salted?.command.readable).toEqual([]);
  expect(state().salted?.response.readable).toEqual([]);
});
