import { describe, expect, it } from "vitest";
import { TpmPoweredOffError } from "./backend.ts";
import { PowerSwitch } from "./powerSwitch.ts";

function make() {
  const lost: string[] = [];
  const told: string[] = [];
  const power = new PowerSwitch({ lose: ({ message }) => lost.push(message), onPower: (now) => told.push(now) });
  return { power, lost, told };
}
const FAILURE = new Error("the state is damaged");

describe("the power switch", () => {
  it("is on when power was applied and the TPM is loaded, in either order", () => {
    const { power } = make();
    power.init();
    expect([power.isOn, power.power]).toEqual([true, "off"]);
    power.requirePower();
    power.loaded();
    expect(power.power).toBe("on");
    power.cut("The test cut it");
    expect([power.isOn, power.power]).toEqual([false, "off"]);
    power.init();
    expect(power.power).toBe("on");
  });

  it("loses what is pending at _TPM_Init and at a cut, with the reason", () => {
    const { power, lost } = make();
    power.init();
    power.cut("The test cut it");
    expect(lost).toEqual(["_TPM_Init: the command is lost.", "The test cut it: the command is lost."]);
  });

  it("refuses without power, after a failure and after the end, each in its own words", () => {
    const { power } = make();
    expect(() => power.requirePower()).toThrow("call powerOn() first");
    power.fail(FAILURE);
    expect(() => power.requirePower()).toThrow(FAILURE);
    expect(() => power.init()).toThrow(FAILURE);
    power.requireOpen();
    void power.close(async () => {});
    for (const use of [() => power.requireOpen(), () => power.requirePower(), () => power.init()]) {
      expect(use).toThrow("was closed");
      expect(use).toThrow(TpmPoweredOffError);
    }
  });

  it("a failure takes the power, and whoever loads the TPM again must apply it again", () => {
    const { power, lost } = make();
    power.loaded();
    power.init();
    power.fail(FAILURE);
    expect([power.power, power.isOn, power.failure]).toEqual(["failed", false, FAILURE]);
    expect(lost.at(-1)).toBe(FAILURE.message);
    power.loaded();
    expect([power.power, power.failure]).toEqual(["off", null]);
  });

  it("a TPM that failed is not on before it is loaded again", () => {
    const { power } = make();
    power.loaded();
    power.fail(FAILURE);
    power.cut("The test cut it");
    expect(power.power).toBe("failed");
  });

  it("numbers power cycles: a later one, a cut and a failure overtake", () => {
    const { power } = make();
    for (const overtake of [() => power.init(), () => power.cut("The test cut it"), () => power.fail(FAILURE)]) {
      const cycle = power.init();
      expect(power.isOvertaken(cycle)).toBe(false);
      overtake();
      expect(power.isOvertaken(cycle)).toBe(true);
    }
  });

  it("tells of changes when asked to; a reset is none", () => {
    const { power, told } = make();
    power.loaded();
    power.tell();
    power.init();
    expect(told).toEqual([]);
    power.tell();
    power.init();
    power.tell();
    power.fail(FAILURE);
    power.tell();
    power.loaded();
    power.tell();
    expect(told).toEqual(["on", "failed", "off"]);
  });

  it("closes once", async () => {
    const { power } = make();
    power.loaded();
    power.init();
    let closed = 0;
    const work = async () => {
      closed++;
    };
    const closing = power.close(work);
    expect([power.isClosing, power.power]).toEqual([true, "off"]);
    expect(power.close(work)).toBe(closing);
    await closing;
    expect(closed).toBe(1);
  });
});
