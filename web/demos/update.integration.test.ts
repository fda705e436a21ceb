/** The demo of an update that is allowed, on a real PC. */
import { beforeAll, expect, test } from "vitest";
import { readHead } from "../../src/node/index.ts";
import { SECRET } from "./engine/lines.ts";
import { Update } from "./engine/update.ts";
import { demoBench } from "./testkit/demoBench.ts";

const bench = demoBench((ground) => new Update(ground));
const { state, wrong } = bench;
/** Names of the commands that made something. */
const made: string[] = [];
beforeAll(() => {
  bench.ground.tpm.on("command", ({ command, response }) => {
    const { name } = readHead(command, response);
    if (name.startsWith("Create")) made.push(name);
  });
});

test("a secret that is sealed to the maker's key opens with the kernel that was approved", async () => {
  await bench.demo.seal();
  expect(wrong()).toEqual([null, null]);
  expect(state().sealed?.authPolicy).toMatch(/^[0-9a-f]{64}$/);
  expect(bench.ground.text()).toContain(`\r\n${SECRET}\r\n`);
  expect(made.splice(0)).toHaveLength(2);
});

test("another kernel opens it only once it is approved, and nothing is sealed anew", async () => {
  await bench.demo.update();
  expect(wrong()).toEqual([null, null]);
  const { command, response } = state().refused!.refused!;
  expect(readHead(command, response).name).toBe("PolicyAuthorize");
  await bench.demo.approve();
  expect(wrong()).toEqual([null, null]);
  expect(state().approved).toEqual({ isOpen: true, refused: null });
  expect(made).toEqual([]);
});

test("a third kernel, which nobody approved, does not", async () => {
  await bench.demo.other();
  expect(wrong()).toEqual([null, null]);
  expect(state().other).toMatchObject({ isOpen: false });
});
