import { describe, expect, it } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { type RefusedCommand, SharedChip } from "./index.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex");
const STARTUP = bytes("80010000000c000001440000");
const GET_RANDOM = bytes("80010000000c0000017b0010");
/** TPM2_Clear with platform authorisation, as a firmware would. */
const CLEAR = bytes("80020000001b000001264000000c0000000940000009000000000000".slice(0, 54));

function shared(allowed: string[] = []) {
  const chip = new FakeBackend();
  const refused: RefusedCommand[] = [];
  const tpm = new SharedChip(chip, { allowed, onRefused: (each) => refused.push(each) });
  return { chip, refused, tpm };
}

describe("SharedChip", () => {
  it("answers the guest's Startup once for each _TPM_Init, and the chip hears nothing of it", async () => {
    const { chip, tpm } = shared();
    expect(hex(await tpm.execute(STARTUP))).toBe("80010000000a00000000");
    expect(hex(await tpm.execute(STARTUP))).toBe("80010000000a00000100");
    await tpm.powerOn();
    expect(hex(await tpm.execute(STARTUP))).toBe("80010000000a00000000");
    expect(chip.executed).toEqual([]);
  });

  it("sends what is harmless, as the guest gave it, whatever happens to the guest's bytes meanwhile", async () => {
    const { chip, refused, tpm } = shared();
    const command = GET_RANDOM.slice();
    const answered = tpm.execute(command);
    command.set(CLEAR.subarray(0, command.length));
    expect(chip.executed.map((each) => hex(each.command))).toEqual([hex(GET_RANDOM)]);
    await chip.answer(bytes("80010000000a00000000"));
    expect(hex(await answered)).toBe("80010000000a00000000");
    expect(refused).toEqual([]);
  });

  it("refuses what harms, and says what and why; two reasons need two allowances", async () => {
    const { chip, refused, tpm } = shared();
    expect(hex(await tpm.execute(CLEAR))).toBe("80010000000a00000143");
    expect(refused).toEqual([{ name: "TPM2_Clear", responseCode: 0x143, why: "--allow Clear would let it through" }]);
    expect(hex(await shared(["Clear"]).tpm.execute(CLEAR))).toBe("80010000000a00000185");
    const both = shared(["Clear", "TPM_RH_PLATFORM"]);
    void both.tpm.execute(CLEAR);
    expect(both.chip.executed.map(({ command }) => hex(command))).toEqual([hex(CLEAR)]);
    expect(chip.executed).toEqual([]);
  });

  it("gives a guest locality 0 and no dynamic launch", async () => {
    const { chip, tpm } = shared();
    expect(hex(await tpm.execute(GET_RANDOM, { locality: 2 }))).toBe("80010000000a00000907");
    await expect(tpm.hashStart()).rejects.toThrow("dynamic launch");
    await expect(tpm.hashData()).rejects.toThrow("dynamic launch");
    await expect(tpm.hashEnd()).rejects.toThrow("dynamic launch");
    expect(await tpm.resetEstablished()).toBe(false);
    expect([tpm.established, chip.executed, chip.establishmentResets]).toEqual([false, [], []]);
  });
});
