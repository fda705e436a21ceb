/**
 * How a TPM's power goes when its page is reloaded or closed, or the PC is reset, with the guest at its prompt: after TPM2_Shutdown,
 * which is best effort. ORDERLY_TIMES says how often each; `npm run soak -- orderly` has more of them than `npm test`.
 */
import { expect, type Page, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

const { ORDERLY_TIMES = "1" } = process.env;
const TIMES = Number(ORDERLY_TIMES);
/** 48 of 50: below that nobody may claim it. */
const SHARE = 0.96;

/** TPMA_STARTUP_CLEAR.orderly of the power cycle before this one; asked again until the firmware has started the TPM. */
const wasOrderly = (page: Page) =>
  page.evaluate(async () => {
    await window.tabtpm.ready;
    // TPM2_GetCapability(TPM_CAP_TPM_PROPERTIES, TPM_PT_STARTUP_CLEAR, 1)
    const ask = Uint8Array.of(0x80, 1, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0, 0, 0, 6, 0, 0, 2, 1, 0, 0, 0, 1);
    for (;;) {
      const answer = await window.tabtpm.tpm.execute(ask);
      const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
      if (view.getUint32(6) === 0) return view.getUint32(view.byteLength - 4) >>> 31 === 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

/** @returns the page that has the PC afterwards. */
const ways: Record<string, (page: Page) => Promise<Page>> = {
  reload: async (page) => {
    await page.reload();
    return page;
  },
  close: async (page) => {
    const context = page.context();
    await page.close();
    const next = await context.newPage();
    await next.goto("./");
    return next;
  },
  reset: async (page) => {
    const boots = () => page.evaluate(() => window.tabtpm.serial.text().split("SeaBIOS (version").length);
    const before = await boots();
    await page.getByRole("button", { name: "Reset" }).click();
    await expect.poll(boots).toBeGreaterThan(before);
    return page;
  },
};

for (const [name, act] of Object.entries(ways)) {
  test(`${name}, ${TIMES} times: the TPM has heard TPM2_Shutdown`, async ({ page }, info) => {
    info.setTimeout(120_000 * (TIMES + 1));
    let now = page;
    let orderly = 0;
    await new Guest(now).open();
    for (let time = 0; time < TIMES; time++) {
      // Somewhere between two looks of the page at the PCRs.
      await now.waitForTimeout((time * 137) % 1000);
      now = await act(now);
      if (await wasOrderly(now)) orderly++;
      await new Guest(now).booted();
    }
    console.log(`${name}: ${orderly} of ${TIMES} orderly`);
    expect(orderly).toBeGreaterThanOrEqual(Math.floor(TIMES * SHARE));
  });
}
