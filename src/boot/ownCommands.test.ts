import { describe, expect, test } from "vitest";
import { OwnCommands } from "./ownCommands.ts";

const command = (...bytes: number[]) => Uint8Array.from(bytes);

describe("the host's own commands", () => {
  test("are claimed once each, in any order, while they are awaited", async () => {
    const own = new OwnCommands();
    const seen: boolean[] = [];
    const answer = (bytes: Uint8Array) => {
      seen.push(own.claim(command(9)), own.claim(bytes), own.claim(bytes));
      return Promise.resolve(command(0));
    };
    expect(await own.run(command(1, 2), answer)).toEqual(command(0));
    expect(seen).toEqual([false, true, false]);
  });

  test("two of the same bytes are two commands", async () => {
    const own = new OwnCommands();
    const answers: (() => void)[] = [];
    const wait = () => new Promise<Uint8Array>((resolve) => answers.push(() => resolve(command(0))));
    const both = [own.run(command(7), wait), own.run(command(7), wait)];
    expect([own.claim(command(7)), own.claim(command(7)), own.claim(command(7))]).toEqual([true, true, false]);
    for (const answer of answers) answer();
    await Promise.all(both);
  });

  test("one that was lost with the power is forgotten", async () => {
    const own = new OwnCommands();
    await expect(own.run(command(7), () => Promise.reject(new Error("power")))).rejects.toThrow("power");
    expect(own.claim(command(7))).toBe(false);
  });
});
