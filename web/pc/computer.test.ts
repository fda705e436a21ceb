import { expect, test, vi } from "vitest";
import type { Machine } from "../../src/index.ts";
import { Computer } from "./computer.ts";

function setUp() {
  const events: string[] = [];
  const make = async (plan: string) => {
    if (plan === "impossible") throw new Error("no such PC");
    events.push(`make ${plan}`);
    return {
      serial: { text: () => `${plan}.`, send: (text: string) => events.push(`${plan} gets ${text}`) },
      resizeTerminal: (rows: number, columns: number) => events.push(`${plan} is ${rows}x${columns}`),
      powerOn: async () => void events.push(`${plan} on`),
      powerOff: async () => void events.push(`${plan} off`),
      destroy: async () => void events.push(`${plan} gone`),
    } as unknown as Machine;
  };
  const onMachine = vi.fn();
  const computer = new Computer<string>({ make, isSame: (a, b) => a === b, onMachine });
  return { computer, events, onMachine };
}

test("another plan is another machine, which knows the terminal's size; the text of the one before stays", async () => {
  const { computer, events, onMachine } = setUp();
  computer.resizeTerminal(24, 80);
  await computer.powerOn("a");
  await computer.powerOn("a");
  computer.resizeTerminal(30, 90);
  await computer.powerOn("b");
  expect(events).toEqual([
    "make a",
    "a is 24x80",
    "a on",
    "a on",
    "a is 30x90",
    "a gone",
    "make b",
    "b is 30x90",
    "b on",
  ]);
  expect(computer.text()).toBe("a.b.");
  expect(computer.plan).toBe("b");
  expect(onMachine).toHaveBeenCalledTimes(2);
});

test("what is typed before there is a machine is typed when one has power", async () => {
  const { computer, events } = setUp();
  const typed = computer.type("x");
  await computer.powerOn("a");
  await typed;
  expect(events).toEqual(["make a", "a on", "a gets x"]);
});

test("a machine that can't be made leaves none, and the next plan is tried afresh", async () => {
  const { computer, events } = setUp();
  await computer.powerOn("a");
  await expect(computer.powerOn("impossible")).rejects.toThrow("no such PC");
  expect(computer.machine).toBeNull();
  expect(computer.plan).toBeNull();
  expect(computer.text()).toBe("a.");
  await computer.powerOn("a");
  expect(events).toEqual(["make a", "a on", "a gone", "make a", "a on"]);
});

test("one that is asked for while another is being made waits for it: there is never more than one machine", async () => {
  const { computer, events } = setUp();
  await computer.powerOn("a");
  events.splice(0);
  const failed = expect(computer.powerOn("impossible")).rejects.toThrow("no such PC");
  await Promise.all([computer.powerOn("b"), computer.powerOn("b"), computer.powerOn("c")]);
  await failed;
  expect(events).toEqual(["a gone", "make b", "b on", "b on", "b gone", "make c", "c on"]);
});

test("one that is being made is there when it is to be switched off: nobody works on its TPM beside it", async () => {
  const { computer, events } = setUp();
  await computer.powerOff();
  const on = computer.powerOn("a");
  await computer.powerOff();
  await on;
  expect(events).toEqual(["make a", "a on", "a off"]);
});
