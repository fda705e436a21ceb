/**
 * A whole measured boot where the page's thread has a sixth of its speed and two other processes want the processor. BUSY_BOOTS
 * says how many boots; `npm run soak -- busy` has more of them than `npm test`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { expect, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

const { BUSY_BOOTS = "1" } = process.env;
const BOOTS = Number(BUSY_BOOTS);
const THROTTLING = 6;
const PROCESSES = 2;
/** Milliseconds. How long a boot takes here is not the question. */
const PATIENCE = 450_000;
/** It is busy for 50 ms again and again, and ends with whoever has started it, killed or not. */
const BUSY = `process.stdin.resume().on("close", () => process.exit());
(function spin() {
  const end = Date.now() + 50;
  while (Date.now() < end);
  setImmediate(spin);
})();`;

// A boot, and commands that may each take as long as one: IMA hashes every program at its first start.
test.setTimeout(4 * PATIENCE);
let busy: ChildProcess[] = [];
test.beforeEach(() => {
  busy = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, ["-e", BUSY], { stdio: ["pipe", "ignore", "inherit"] }),
  );
});
test.afterEach(() => {
  for (const process of busy) process.kill();
});

for (let boot = 1; boot <= BOOTS; boot++) {
  test(`on a busy machine, with a throttled processor, a boot is whole (${boot} of ${BOOTS})`, {
    tag: "@alone",
  }, async ({ page }) => {
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: THROTTLING });
    const guest = await new Guest(page).open(PATIENCE);
    await expect(page.locator("[data-state=tpm] dd")).toHaveText("ready");
    await expect(page.locator("[data-replay=match]")).toBeVisible();
    await expect(page.locator("[data-notice=findings]")).toHaveCount(0);
    expect(await guest.sh("cat /sys/class/tpm/tpm0/pcr-sha256/0")).not.toBe("00".repeat(32));
    const kernel = await guest.sh("dmesg");
    expect(kernel).toContain("tpm_tis");
    expect(kernel).not.toMatch(/timed out|failure mode|probe failed|firmware bug/i);
    // The firmware that gives up turns the hierarchies off.
    await guest.sh("tpm2_changeauth -c owner mine && tpm2_changeauth -c owner -p mine");
    expect(busy.map(({ exitCode }) => exitCode)).toEqual(busy.map(() => null));
  });
}
