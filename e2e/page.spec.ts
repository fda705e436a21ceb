/** The page itself: keyboard, clipboard, policy, looks. */
import { expect, type Page, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";

const { TABTPM_SCREENSHOT: screenshotPath = "test-results/screenshot.png" } = process.env;

test("the page is served with a strict policy, in the header and in the document", async ({ page }) => {
  const response = (await page.goto("./"))!;
  const headers = response.headers();
  const policy = headers["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
  expect(policy).toContain("style-src 'self';");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).not.toContain("unsafe-inline");
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["referrer-policy"]).toBe("no-referrer");
  const inDocument = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
  expect(policy).toBe(`${inDocument}; frame-ancestors 'self'`);
});

test("the build runs below any path, with the policy of its document alone", async ({ page, baseURL, watch }) => {
  // A static host that knows nothing of tabtpm: another path, no headers.
  await page.route("**/some/where/**", async (route) => {
    const inner = new URL(route.request().url().replace("/some/where/", "/"));
    const response = await route.fetch({ url: inner.href });
    const { "content-type": type } = response.headers();
    await route.fulfill({ status: response.status(), headers: { "content-type": type! }, body: await response.body() });
  });
  await page.goto(new URL("some/where/", baseURL).href);
  const guest = new Guest(page);
  await guest.booted();
  await guest.sh("tpm2_getrandom 4 --hex");
  const violation = await page.evaluate(async () => {
    const blocked = new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) =>
        resolve(`${event.effectiveDirective} ${event.blockedURI}`),
      );
    });
    await fetch("https://example.org/").catch(() => {});
    return blocked;
  });
  expect(violation).toBe("connect-src https://example.org/");
  // The browser says so on the console, too, in its own words.
  await expect.poll(() => watch.complaints.length).toBeGreaterThan(0);
  for (const complaint of watch.complaints.splice(0)) expect(complaint).toContain("Content Security Policy");
});

test("progress, keyboard, clipboard and panels", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  // All that the progress bar ever showed.
  await page.addInitScript(() => {
    const seen: [string, number][] = [];
    Object.assign(window, { seenProgress: seen });
    const look = () => {
      const bar = document.querySelector<HTMLProgressElement>("progress.boot-bar");
      const text = bar?.getAttribute("aria-valuetext")?.split(" ")[0];
      if (bar && text) seen.push([text, bar.value]);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
  });
  const guest = await new Guest(page).open();
  const seen = await page.evaluate(() => (window as unknown as { seenProgress: [string, number][] }).seenProgress);
  const values = seen.map(([, value]) => value);
  expect([...values].sort((a, b) => a - b)).toEqual(values);
  expect([seen.at(0), seen.at(-1)]).toEqual([
    ["Images", 0],
    ["Shell", 1],
  ]);
  expect(seen.map(([text]) => text)).toContain("Kernel");

  // The terminal has the focus: what is typed goes to the guest.
  await page.keyboard.type("echo typed $((6 * 7))\n");
  await expect.poll(() => guest.text()).toContain("\ntyped 42");
  await expect(page.locator(".xterm-rows")).toContainText("typed 42");

  // Paste, then copy what the guest answers.
  await page.evaluate(() => navigator.clipboard.writeText("echo pasted | tr a-z A-Z"));
  await page.keyboard.press("Control+Shift+V");
  await page.keyboard.press("Enter");
  await expect.poll(() => guest.text()).toMatch(/\nPASTED\r\n.*# $/);
  const row = page.locator(".xterm-rows > div", { hasText: /^PASTED/ }).first();
  await row.dblclick({ position: { x: 15, y: 8 }, force: true });
  await page.keyboard.press("Control+C");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("PASTED");

  // Colours that programs choose work without inline styles.
  await guest.sh("printf '\\033[38;2;1;200;3mgreen\\033[0m\\n'");
  await expect(page.locator(".xterm-rows span", { hasText: "green" }).last()).toHaveCSS("color", "rgb(1, 200, 3)");

  // Lines that are longer than the terminal is wide go on in the next row.
  await guest.sh("printf '%0150dX\\n' 7");
  await expect(page.locator(".xterm-rows > div", { hasText: /^0{20,80}7X$/ })).toBeVisible();

  // Tab is the guest's, Shift+Tab leaves the terminal, its tools are one stop, and a link leads around both.
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.press("Shift+Tab");
  await expect(page.getByRole("button", { name: "Copy", exact: true })).toBeFocused();
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("button", { name: "Full width" })).toBeFocused();
  await page.keyboard.press("Shift+Tab");
  await expect(page.getByRole("link", { name: "Skip the console" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "TPM commands" })).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.locator(".commands").getByRole("button", { name: "JSON" })).toBeFocused();

  // The banks' tabs are one stop for Tab, and the arrows go through them.
  await page.getByRole("tab", { name: "SHA-256" }).focus();
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("tab", { name: "SHA-1" })).toBeFocused();
  await expect(page.locator(".pcrs")).toHaveAttribute("data-bank", "SHA-1");
  await page.keyboard.press("ArrowRight");
  await expect(page.locator(".pcrs")).toHaveAttribute("data-bank", "SHA-256");

  await expect(page.locator("p[role=status].hidden-text")).toHaveText("The shell is ready");
  await expect(page.locator("[data-state=tpm] dd")).toHaveText("ready");

  // A picture with something to see in it.
  await guest.enter("clear");
  await guest.enter("dmesg | grep -i tpm_tis");
  await guest.enter("tpm2_getrandom 16 --hex; echo");
  await guest.enter("tpm2_pcrextend 16:sha256=$(echo hello | sha256sum | cut -d' ' -f1)");
  await guest.enter("tpm2_pcrread sha256:0,7,10,16");
  await expect(page.locator(".pcrs tr[data-pcr='16']")).toHaveAttribute("data-changed", "");
  await page.locator(".xterm-helper-textarea").focus();
  await page.screenshot({ path: screenshotPath });

  for (const size of [
    { width: 1000, height: 700 },
    { width: 390, height: 800 },
  ]) {
    await page.setViewportSize(size);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow, `${size.width} pixels wide`).toBeLessThanOrEqual(0);
  }
});

/** The names of the core's builds that a visit fetches, without their hashes. */
async function coresFetched(page: Page): Promise<string[]> {
  const names = new Set<string>();
  page.on("request", (request) => {
    const [, name] = /\/assets\/(tabtpm(?:-relaxed)?)-[\w-]{8}\.wasm$/.exec(request.url()) ?? [];
    if (name !== undefined) names.add(name);
  });
  await page.goto("./");
  await expect(page.locator("[data-state=power] dd")).toHaveText("on");
  return [...names];
}

test("of the core's two builds the page fetches the one with relaxed SIMD, which Chromium has", async ({ page }) => {
  expect(await coresFetched(page)).toEqual(["tabtpm-relaxed"]);
});

test("where the engine refuses relaxed SIMD, the page fetches the plain build alone", async ({ page }) => {
  await page.addInitScript(() => {
    const { validate } = WebAssembly;
    // The opcode of f64x2.relaxed_madd; the page asks for nothing else that has it.
    WebAssembly.validate = (bytes) => !new Uint8Array(bytes as ArrayBuffer).includes(0x87) && validate(bytes);
  });
  expect(await coresFetched(page)).toEqual(["tabtpm"]);
});
