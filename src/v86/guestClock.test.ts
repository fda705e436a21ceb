import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GuestClock, runWithClock } from "./guestClock.ts";

/** A host whose time is set by hand, and the clock of a guest on it. */
function setUp(start = 1000) {
  const host = { time: start };
  const clock = new GuestClock(() => host.time);
  return { host, clock, passed: () => clock.now() - start };
}

describe("the guest's clock", () => {
  it("is the host's while the guest executes", () => {
    const { host, passed } = setUp();
    for (let i = 0; i < 1000; i++) {
      host.time += 1.5;
      expect(passed()).toBeCloseTo(1.5 * (i + 1));
    }
  });

  it("goes on by 10 ms when the host was away for longer, and makes up for it at 5 %", () => {
    const { host, clock, passed } = setUp();
    host.time += 510;
    expect(passed()).toBe(10);
    expect(clock.lag).toBe(500);
    host.time += 4;
    expect(passed()).toBeCloseTo(14.2);
    for (let i = 0; i < 2500; i++) {
      host.time += 4;
      clock.now();
    }
    expect(clock.lag).toBe(0);
    expect(clock.now()).toBeCloseTo(host.time);
  });

  it("goes on through a sleep that the guest asked for, and not longer", () => {
    const { host, clock, passed } = setUp();
    clock.sleep(100);
    host.time += 100;
    expect(passed()).toBe(100);
    clock.sleep(100);
    host.time += 5000;
    expect(passed()).toBe(210);
    host.time += 1000;
    expect(passed()).toBe(220);
  });

  it("is not changed by a resume while it goes on: the sleep that the guest asked for stays allowed", () => {
    const { host, clock, passed } = setUp();
    clock.sleep(100);
    clock.resume();
    host.time += 100;
    expect(passed()).toBe(100);
    expect(clock.lag).toBe(0);
  });

  it("stands still from stand to resume, whoever looks", () => {
    const { host, clock, passed } = setUp();
    host.time += 3;
    clock.stand();
    host.time += 3000;
    const stood = passed();
    expect(stood).toBe(0);
    clock.sleep(100);
    host.time += 3000;
    clock.resume();
    expect(passed()).toBe(stood);
    host.time += 2;
    expect(passed()).toBeCloseTo(2.1);
    expect(clock.lag).toBeCloseTo(6002.9);
  });

  it("does not make up for more than 30 s, but says how far it is behind", () => {
    const { host, clock, passed } = setUp();
    host.time += 30_010;
    passed();
    expect([clock.lag, clock.behind]).toEqual([30_000, 0]);
    host.time += 3_600_010;
    expect(passed()).toBe(20);
    expect([clock.lag, clock.behind]).toEqual([0, 3_630_000]);
    host.time += 1;
    expect(passed()).toBe(21);
  });

  it("has the host's time again when it is synchronised, or set free", () => {
    const { host, clock } = setUp();
    host.time += 100_000;
    clock.now();
    host.time += 1000;
    clock.stand();
    host.time += 1000;
    clock.synchronise();
    expect(clock.now()).toBe(host.time);
    expect([clock.lag, clock.behind]).toEqual([0, 0]);
    host.time += 500;
    expect(clock.now()).toBe(host.time - 490);
    clock.stand();
    clock.free();
    expect(clock.now()).toBe(host.time);
  });

  it("never goes back, never jumps, and never passes the host", () => {
    const act = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.double({ min: 0, max: 40, noNaN: true }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("pass" as const),
          ms: fc.double({ min: 0, max: 50_000, noNaN: true }),
        }),
      },
      fc.record({
        kind: fc.constantFrom("stand" as const, "resume" as const, "sleep" as const),
        ms: fc.integer({ min: 0, max: 100 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const { host, clock } = setUp();
        let last = clock.now();
        let standing = false;
        let asked = 0;
        const wrong: string[] = [];
        for (const { kind, ms } of acts) {
          switch (kind) {
            case "pass":
              host.time += ms;
              break;
            case "sleep":
              clock.sleep(ms);
              asked = ms;
              break;
            case "stand":
              clock.stand();
              standing = true;
              break;
            case "resume":
              clock.resume();
              if (standing) asked = 0;
              standing = false;
              break;
          }
          if (kind !== "pass") continue;
          const now = clock.now();
          if (now < last) wrong.push(`went back from ${last} to ${now}`);
          if (now - last > (standing ? 0 : 10 + asked) + 1e-6) wrong.push(`jumped from ${last} to ${now}`);
          if (Math.abs(host.time - now - clock.lag - clock.behind) > 1e-3) wrong.push(`lost time at ${now}`);
          if (!standing) asked = 0;
          last = now;
        }
        expect(wrong).toEqual([]);
      }),
    );
  });
});

describe("v86's devices", () => {
  it("see the clock of the machine whose turn it is, and the host's between turns", () => {
    const source = { microtick: () => 7 };
    const [one, two] = [setUp(100), setUp(200)];
    const seen = runWithClock(source, one.clock, () => [
      source.microtick(),
      runWithClock(source, two.clock, () => source.microtick()),
      source.microtick(),
    ]);
    expect(seen).toEqual([100, 200, 100]);
    expect(source.microtick()).toBe(7);
    expect(() =>
      runWithClock(source, one.clock, () => {
        throw new Error("a trap");
      }),
    ).toThrow("a trap");
    expect(source.microtick()).toBe(7);
  });

  it("refuse a v86 that asks for the time in another way", async () => {
    const { clock } = setUp();
    const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    await expect(clock.instantiate(module)({ env: {} })).rejects.toThrow("microtick");
    await expect(clock.instantiate(module)({})).rejects.toThrow("microtick");
  });
});
