/** QEMU's page and ours side by side: the same accesses of any width and alignment, the same answers. */
import { expect, it } from "vitest";
import { isInstalled } from "../node/testkit/installed.ts";
import { randomFrom } from "../testkit/random.ts";
import { startQemu } from "../tis/testdata/qtest.mjs";
import { PPI_BASE_ADDRESS, PPI_PAGE_SIZE } from "./registers.ts";
import { setUp } from "./testkit/bench.ts";

const STEPS = 3000;
const SUFFIX = { 1: "b", 2: "w", 4: "l" } as const;

it.runIf(isInstalled("qemu-system-x86_64", "swtpm")).each(["tpm-tis", "tpm-crb"] as const)(
  "the page behind QEMU's %s is memory as ours",
  async (kind) => {
    const { device } = setUp();
    const below = randomFrom(0x5017);
    const { qtest, stop } = await startQemu(["-machine", "pc,accel=tcg", "-S", "-nodefaults"], kind);
    const hex = (value: number) => `0x${value.toString(16)}`;
    try {
      const differences: string[] = [];
      for (let step = 0; step < STEPS; step++) {
        const size = ([1, 2, 4] as const)[below(3)]!;
        const offset = below(PPI_PAGE_SIZE - size + 1);
        const address = hex(PPI_BASE_ADDRESS + offset);
        if (below(2) === 0) {
          const value = below(2 ** (8 * size));
          await qtest(`write${SUFFIX[size]} ${address} ${hex(value)}`);
          if (size === 1) device.write8(offset, value);
          else if (size === 2) device.write16(offset, value);
          else device.write32(offset, value);
        } else {
          const theirs = Number(BigInt(await qtest(`read${SUFFIX[size]} ${address}`)));
          const ours = size === 1 ? device.read8(offset) : size === 2 ? device.read16(offset) : device.read32(offset);
          if (ours !== theirs) differences.push(`${size} bytes at ${hex(offset)}: ${hex(ours)}, QEMU ${hex(theirs)}`);
        }
      }
      expect(differences).toEqual([]);
      const whole = (await qtest(`read ${hex(PPI_BASE_ADDRESS)} ${hex(PPI_PAGE_SIZE)}`)).trim();
      const ours = Buffer.from(Array.from({ length: PPI_PAGE_SIZE }, (_, at) => device.read8(at)));
      expect(`0x${ours.toString("hex")}`).toBe(whole);
      expect(ours.some((byte) => byte !== 0)).toBe(true);
    } finally {
      stop();
    }
  },
);
