/** What the page gives the guest besides a TPM: the terminal's size, files, rare tools; and how the page itself is sent. */
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { sharedGuest } from "./fixtures.ts";

const guest = sharedGuest();

/** Rows of the terminal as the page draws it. */
const drawnRows = () => guest.page.locator(".xterm-rows > div").count();
const guestSize = async () => (await guest.sh("stty size")).split(" ").map(Number);

test("the guest's terminal has the size of the page's, also after a rotation, at any size without a cut line", async () => {
  for (const [width, height] of [
    [1280, 800],
    [390, 844],
    [844, 390],
    [1500, 731],
    [1500, 907],
  ] as const) {
    await guest.page.setViewportSize({ width, height });
    // The page lays itself out anew after this; then the guest hears of it.
    await expect.poll(async () => (await guestSize())[0]! - (await drawnRows())).toBe(0);
    const [host, rows] = await Promise.all([
      guest.page.locator(".terminal-host").boundingBox(),
      guest.page.locator(".xterm-screen").boundingBox(),
    ]);
    expect(rows!.y + rows!.height, `last line at ${width}x${height}`).toBeLessThanOrEqual(host!.y + host!.height);
    expect(rows!.x + rows!.width).toBeLessThanOrEqual(host!.x + host!.width);
  }
  await guest.page.setViewportSize({ width: 1280, height: 800 });
});

test("vi follows the size while it runs, and nothing is typed into it", async () => {
  await guest.sh("seq 200 >/tmp/long");
  await guest.type("vi /tmp/long\n");
  const screen = guest.page.locator(".xterm-rows");
  await expect(screen).toContainText("- /tmp/long");
  const before = await drawnRows();
  await guest.page.setViewportSize({ width: 1000, height: 900 });
  await expect.poll(drawnRows).not.toBe(before);
  // All but the last line show the file.
  const beyondLast = async () => {
    const rows = await drawnRows();
    const last = await screen
      .locator("> div")
      .nth(rows - 2)
      .textContent();
    return Number(last) - (rows - 1);
  };
  await expect.poll(beyondLast).toBe(0);
  await guest.enter(":wq");
  await guest.page.setViewportSize({ width: 1280, height: 800 });
  expect(await guest.sh("seq 200 | cmp - /tmp/long && echo same")).toBe("same");
});

test("files go in by the button and by a drop, and come out by download", async () => {
  const { page } = guest;
  await page.locator("details.files:not(.explorer) > summary").click();
  await page.locator("details.files:not(.explorer) input[type=file]").setInputFiles([
    { name: "grüße.txt", mimeType: "text/plain", buffer: Buffer.from("chosen\n") },
    { name: "more.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(200_000, 7) },
  ]);
  await expect(page.locator("details.files:not(.explorer) li")).toHaveCount(2);
  expect(await guest.sh("cat /mnt/grüße.txt; wc -c < /mnt/more.bin")).toBe("chosen\n200000");
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["dropped\n"], "grüße.txt"));
    for (const type of ["dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  });
  await expect(page.locator("details.files:not(.explorer) li")).toHaveCount(3);
  expect(await guest.sh("cat /mnt/grüße-2.txt")).toBe("dropped");
  await guest.sh("mkdir /mnt/out && tpm2_getrandom 16 --hex >/mnt/out/random");
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download out/random" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("random");
  const content = await readFile((await download.path())!, "utf8");
  expect(content).toBe(await guest.sh("cat /mnt/out/random"));
});

test("what is too large is refused in words", async () => {
  const { page } = guest;
  await guest.sh("truncate -s 200M /mnt/a && truncate -s 200M /mnt/b");
  await guest.refuses("truncate -s 200M /mnt/c", "No space left on device");
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(130 << 20)], "large"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await expect(page.locator("details.files:not(.explorer) [role=alert]")).toContainText(
    /large: it has \d+ bytes, and there is room for/,
  );
  await guest.sh("rm /mnt/a /mnt/b /mnt/c");
});

test("the folder outlives a reload", async () => {
  await guest.sh("echo kept >/mnt/out/kept && sync /mnt/out/kept");
  await guest.page.reload();
  await guest.booted();
  expect(await guest.sh("cat /mnt/out/kept /mnt/grüße.txt")).toBe("kept\nchosen");
});

test("rare tools are fetched with the first use of one, which says so", async () => {
  const asked: string[] = [];
  guest.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  expect(await guest.sh("openssl version")).toMatch(/^openssl: first use of a rare tool: fetching .*\nOpenSSL 3\./);
  expect(asked.filter((path) => path.includes("tools-"))).toHaveLength(1);
  expect(await guest.sh("openssl list -providers -provider tpm2")).toContain("TPM 2.0 Provider");
});

test("what is sent is compressed, and kept for ever where its name has a hash", async ({ request }) => {
  const urls = await guest.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const named = (pattern: RegExp) => urls.find((url) => pattern.test(url)) ?? `none matches ${pattern}`;
  for (const [pattern, type] of [
    [/v86-[\w-]+\.wasm$/, "application/wasm"],
    [/main-[\w-]+\.js$/, "text/javascript"],
    [/bzImage-[0-9a-f]{16}/, "application/octet-stream"],
  ] as const) {
    const response = await request.get(named(pattern), { headers: { "accept-encoding": "br" } });
    const headers = response.headers();
    expect(headers, String(pattern)).toMatchObject({ "content-encoding": "br", vary: "Accept-Encoding" });
    expect(headers["content-type"]).toContain(type);
    expect(headers["cache-control"]).toContain("immutable");
    expect(Number(headers["content-length"])).toBeLessThan((await response.body()).length);
  }
  const manifest = await request.get("guest/manifest.json");
  expect(manifest.headers()["cache-control"]).toBe("no-cache");
});
