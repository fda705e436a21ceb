/** The demo of an update that is allowed, on a real PC. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readHead } from "../../src/node/index.ts";
import { SECRET } from "./engine/lines.ts";
import { Update } from "./engine/update.ts";
import { type NodeGround, nodeGround } from "./testkit/nodeGround.ts";

let ground: NodeGround;
let update: Update;
/** Names of the commands that made something. */
const made: string[] = [];
beforeAll(async () => {
  ground = await nodeGround();
  update = new Update(ground);
  ground.tpm.on("command", ({ command, response }) => {
    const { name } = readHead(command, response);
    if (name.startsWith("Create")) made.push(name);
  });
});
afterAll(async () => {
  update.close();
  await ground.close();
});
const state = () => update.store.value;
const wrong = () => [state().failure, state().problem];

test("a secret that is sealed to the maker's key opens with the kernel that was approved", async () => {
  await update.seal();
  expect(wrong()).toEqual([null, null]);
  expect(state().sealed?.authPolicy).toMatch(/^[0-9a-f]{64}$/);
  expect(ground.text()).toContain(`\r\n${SECRET}\r\n`);
  expect(made.splice(0)).toHaveLength(2);
});

test("another kernel opens it only once it is approved, and nothing is sealed anew", async () => {
  await update.update();
  expect(wrong()).toEqual([null, null]);
  const { command, response } = state().refused!.refused!;
  expect(readHead(command, response).name).toBe("PolicyAuthorize");
  await update.approve();
  expect(wrong()).toEqual([null, null]);
  expect(state().approved).toEqual({ isOpen: true, refused: null });
  expect(made).toEqual([]);
});

test("a third kernel, which nobody approved, does not", async () => {
  await update.other();
  expect(wrong()).toEqual([null, null]);
  expect(state().other).toMatchObject({ isOpen: false });
});
