import { afterAll, beforeAll } from "vitest";
import type { Demo, DemoState } from "../engine/demo.ts";
import type { DemoGround } from "../engine/ground.ts";
import { type NodeGround, nodeGround } from "./nodeGround.ts";

/** A demo, and the PC that it has; both are there while tests run. */
export interface DemoBench<Engine extends Demo<DemoState>> {
  readonly ground: NodeGround;
  readonly demo: Engine;
  state(): Engine["store"]["value"];
  /** What has not come about, and what went wrong. */
  wrong(): readonly [DemoState["failure"], DemoState["problem"]];
}

/** For a file of tests: to be called once, at its top. */
export function demoBench<Engine extends Demo<DemoState>>(make: (ground: DemoGround) => Engine): DemoBench<Engine> {
  let ground: NodeGround;
  let demo: Engine;
  beforeAll(async () => {
    ground = await nodeGround();
    demo = make(ground);
  });
  afterAll(async () => {
    demo.close();
    await ground.close();
  });
  return {
    get ground() {
      return ground;
    },
    get demo() {
      return demo;
    },
    state: () => demo.store.value,
    wrong: () => [demo.store.value.failure, demo.store.value.problem],
  };
}
