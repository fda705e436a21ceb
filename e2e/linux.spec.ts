/** One boot, many commands: what a user types into the guest, and what it must answer. The tests share the page. */
import { createHash } from "node:crypto";
import { expect, test } from "@playwright/test";
import { marshalCommand, unmarshalResponse } from "../src/index.ts";
import { sharedGuest } from "./fixtures.ts";
import { WRONG_AUTHORISATION } from "./guest.ts";
import { type Bank, digestSizes, parseEventLogPcrs, replayIma } from "./replay.ts";

const guest = sharedGuest();
/** The banks that are active, as sysfs names them. */
let banks: Bank[];

test.beforeAll(async () => {
  const folders = await guest.sh("ls -d /sys/class/tpm/tpm0/pcr-*");
  banks = Array.from(folders.matchAll(/pcr-(\w+)/g), ([, bank]) => bank as Bank);
});

const pcr = (bank: Bank, index: number) => guest.sh(`cat /sys/class/tpm/tpm0/pcr-${bank}/${index}`);
const lower = (text: string) => text.toLowerCase().replace(/^0x/, "");

test("the kernel finds the TPM by its ACPI table and drives it with tpm_tis", async () => {
  const log = await guest.sh("dmesg | grep -i tpm");
  expect(log).toMatch(/ACPI: TPM2 0x/);
  expect(log).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
  expect(log).not.toMatch(/error|fail/i);
  await guest.sh("test -c /dev/tpm0 && test -c /dev/tpmrm0");
});

test("sysfs has PCRs 0 to 23 of each active bank", async () => {
  expect(banks).toContain("sha256");
  for (const bank of banks) {
    const values = await guest.sh(`cd /sys/class/tpm/tpm0/pcr-${bank}; for i in $(seq 0 23); do cat $i; done; cd`);
    expect(values.split("\n")).toHaveLength(24);
    for (const value of values.split("\n")) expect(value).toMatch(new RegExp(`^[0-9A-F]{${2 * digestSizes[bank]}}$`));
  }
});

test("tpm2_getcap answers for every capability it knows", async () => {
  const names = (await guest.sh("tpm2_getcap -l")).match(/[\w-]+(?=\s*$)/gm) ?? [];
  expect(names.length).toBeGreaterThan(10);
  const failed = await guest.sh(
    `for c in ${names.join(" ")}; do tpm2_getcap $c >/tmp/cap-$c 2>&1 || echo $c; done; true`,
  );
  expect(failed).toBe("");
  expect(await guest.sh("cat /tmp/cap-properties-fixed")).toMatch(/TPM2_PT_FAMILY_INDICATOR:\s+raw: 0x322E3000/);
  expect(await guest.sh("cat /tmp/cap-algorithms")).toMatch(/^sha256:/m);
  expect(await guest.sh("cat /tmp/cap-commands")).toMatch(/TPM2_CC_PCR_Extend/i);
  expect(await guest.sh("cat /tmp/cap-pcrs")).toMatch(/sha256: \[ 0, 1, 2,.* 23 \]/s);
});

test("tpm2_getrandom gives fresh bytes", async () => {
  const [first, second] = [await guest.sh("tpm2_getrandom 32 --hex"), await guest.sh("tpm2_getrandom 32 --hex")];
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(second).toMatch(/^[0-9a-f]{64}$/);
  expect(second).not.toBe(first);
});

test("PCRs 0 to 9 of every active bank are what tpm2_eventlog computes", async () => {
  await guest.sh("tpm2_eventlog /sys/kernel/security/tpm0/binary_bios_measurements >/tmp/log.yaml");
  const computed = parseEventLogPcrs(await guest.sh("sed -n '/^pcrs:/,$p' /tmp/log.yaml"));
  expect([...computed.keys()].sort()).toEqual([...banks].sort());
  let measured = 0;
  for (const bank of banks) {
    const values = (
      await guest.sh(`cd /sys/class/tpm/tpm0/pcr-${bank}; for i in $(seq 0 9); do cat $i; done; cd`)
    ).split("\n");
    for (const [index, value] of values.entries()) {
      const expected = computed.get(bank)?.get(index);
      if (expected !== undefined) measured++;
      expect(lower(value), `${bank}:${index}`).toBe(expected ?? "00".repeat(digestSizes[bank]));
    }
  }
  expect(measured).toBeGreaterThanOrEqual(8 * banks.length);
});

test("tpm2_pcrread reads what sysfs says", async () => {
  const read = await guest.sh("tpm2_pcrread sha256:0,4,7");
  for (const index of [0, 4, 7]) {
    const value = await pcr("sha256", index);
    expect(read).toMatch(new RegExp(`^\\s*${index}\\s*: 0x${value}$`, "m"));
  }
});

test("tpm2_pcrextend extends, the page's panel lights it up, tpm2_pcrreset resets", async () => {
  const digest = createHash("sha256").update("hello\n").digest();
  const extended = createHash("sha256").update(Buffer.alloc(32)).update(digest).digest("hex");
  const row = guest.page.locator(".pcrs[data-bank='SHA-256'] tr[data-pcr='16']");
  await expect(row).toHaveAttribute("data-value", "plain");

  await guest.sh("tpm2_pcrextend 16:sha256=$(echo hello | sha256sum | cut -d' ' -f1)");
  expect(lower(await pcr("sha256", 16))).toBe(extended);
  await expect(row.locator("td")).toContainText(extended);
  await expect(row).toHaveAttribute("data-changed", "");
  await expect(row).toHaveAttribute("data-value", "measured");

  await guest.sh("tpm2_pcrreset 16");
  expect(await pcr("sha256", 16)).toBe("00".repeat(32));
  await expect(row.locator("td")).toContainText("00".repeat(32));
});

test("tpm2_pcrevent extends a PCR in each bank with the data's digest", async () => {
  await guest.sh("tpm2_pcrreset 16; printf event >/tmp/data; tpm2_pcrevent 16 /tmp/data");
  for (const bank of banks) {
    const digest = createHash(bank).update("event").digest();
    const value = createHash(bank).update(Buffer.alloc(digestSizes[bank])).update(digest).digest("hex");
    expect(lower(await pcr(bank, 16)), bank).toBe(value);
  }
  await guest.sh("tpm2_pcrreset 16");
});

test("tpm2_hash hashes, also what is too long for one command", async () => {
  await guest.sh("printf event >/tmp/data; head -c 5000 /dev/zero >/tmp/zeros");
  expect(await guest.sh("tpm2_hash -C n -g sha256 --hex /tmp/data")).toBe(
    createHash("sha256").update("event").digest("hex"),
  );
  expect(await guest.sh("tpm2_hash -C n -g sha1 --hex /tmp/zeros")).toBe(
    createHash("sha1").update(Buffer.alloc(5000)).digest("hex"),
  );
});

test("tpm2_selftest -f passes", async () => {
  await guest.sh("tpm2_selftest -f");
  expect(await guest.sh("tpm2_gettestresult")).toMatch(/success/i);
});

test("tpm2_readclock tells a clock that runs", async () => {
  const clock = async () => Number(/clock: (\d+)/.exec(await guest.sh("tpm2_readclock"))?.[1]);
  const first = await clock();
  expect(first).toBeGreaterThan(0);
  expect(await clock()).toBeGreaterThan(first);
});

test("tpm2_changeauth changes the owner's authorisation, tpm2_clear and tpm2_dictionarylockout need lockout's", async () => {
  await guest.sh("tpm2_changeauth -c owner secret");
  await guest.refuses("tpm2_changeauth -c owner other", WRONG_AUTHORISATION);
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/1$/);
  await guest.sh("tpm2_changeauth -c owner -p secret other");

  await guest.sh(
    "tpm2_dictionarylockout --setup-parameters --max-tries=7 --recovery-time=60 --lockout-recovery-time=70",
  );
  expect(await guest.sh("tpm2_getcap properties-variable | grep -A1 MAX_AUTH_FAIL")).toMatch(/0x7\b/);
  await guest.sh("tpm2_dictionarylockout --clear-lockout");

  await guest.sh("tpm2_clear");
  expect(await guest.sh("tpm2_getcap properties-variable | grep ownerAuthSet")).toMatch(/0$/);
});

test("/dev/hwrng is fed by the TPM", async () => {
  expect(await guest.sh("cat /sys/class/misc/hw_random/rng_current")).toMatch(/^tpm-rng-0$/);
  const bytes = await guest.sh("head -c 16 /dev/hwrng | hexdump -v -e '1/1 \"%02x\"'");
  expect(bytes).toMatch(/^[0-9a-f]{32}$/);
  expect(bytes).not.toBe("00".repeat(16));
});

test("IMA measures into PCR 10: its log replays to the register", async () => {
  expect(await guest.sh("cat /sys/kernel/security/ima/policy")).toMatch(/^measure func=BPRM_CHECK *$/);
  await guest.sh("printf '#!/bin/sh\\ntrue\\n' >/tmp/measured; chmod +x /tmp/measured; /tmp/measured");
  await guest.sh("tpm2_getrandom 4 --hex");
  // Nothing new is executed from here to the end of the line, so log and registers belong together.
  const output = await guest.sh(
    `cat /sys/kernel/security/ima/binary_runtime_measurements | base64; for b in ${banks.join(" ")}; do echo $b $(cat /sys/class/tpm/tpm0/pcr-$b/10); done`,
  );
  const lines = output.split("\n");
  const log = Buffer.from(lines.slice(0, -banks.length).join(""), "base64");
  for (const line of lines.slice(-banks.length)) {
    const [bank, value] = line.split(" ") as [Bank, string];
    const own = replayIma(log, bank, true);
    expect(own.entries).toBeGreaterThanOrEqual(3);
    const padded = replayIma(log, bank, false);
    expect([own.pcr10, padded.pcr10], bank).toContain(lower(value));
    if (bank === "sha1" || bank === "sha256") expect(lower(value)).toBe(own.pcr10);
  }
});

test("the page's panels tell the same: PCRs, event log, commands", async () => {
  const tabs = guest.page.getByRole("tablist", { name: "PCR banks" }).getByRole("tab");
  await expect(tabs).toHaveCount(banks.length);
  for (const bank of banks) {
    await guest.page.getByRole("tab", { name: bank.replace("sha", "SHA-"), exact: true }).click();
    for (const index of [0, 4, 10]) {
      const shown = guest.page.locator(`.pcrs tr[data-pcr='${index}'] td`);
      await expect(shown).toContainText(lower(await pcr(bank, index)));
    }
  }
  await guest.page.getByRole("tab", { name: "SHA-256", exact: true }).click();

  await expect(guest.page.locator("[data-replay=match]")).toBeVisible();
  const events = guest.page.locator(".event-log li");
  expect(await events.count()).toBeGreaterThan(10);
  await expect(events.filter({ hasText: "EV_NO_ACTION" })).toHaveCount(1);
  // One for each of PCRs 0 to 7.
  await expect(events.filter({ hasText: "EV_SEPARATOR" })).toHaveCount(8);

  await guest.sh("tpm2_getrandom 8 --hex");
  const command = guest.page.locator(".commands li[data-command=TPM2_GetRandom]").first();
  await expect(command.locator(".result")).toHaveText("TPM_RC_SUCCESS");
  await command.locator("summary").click();
  // Newer commands may have pushed it down since.
  const opened = guest.page.locator(".commands li[data-command=TPM2_GetRandom]:has(details[open])").first();
  await expect(opened.getByRole("listbox").first()).toContainText("bytesRequested");

  // The page looks at the PCRs without a command; what a script sends is there for those who want to see it.
  await guest.sh("tpm2_pcrreset 16");
  await guest.page.getByLabel("Which").selectOption("all");
  await expect(guest.page.locator(".commands li[data-own]")).toHaveCount(0);
  await guest.page.evaluate(() => window.tabtpm.tpm.call("GetRandom", { parameters: { bytesRequested: 8 } }));
  await expect(guest.page.locator(".commands li[data-own][data-command=TPM2_GetRandom]").first()).toBeVisible();
  await guest.page.getByLabel("Which").selectOption("guest");
});

test("a failed command is shown with the name of its response code, an authorisation never", async () => {
  await guest.sh("tpm2_changeauth -c owner hunter22");
  await guest.refuses("tpm2_changeauth -c owner -p wrong other", WRONG_AUTHORISATION);
  const failed = guest.page.locator(".commands li[data-command=TPM2_HierarchyChangeAuth]").first();
  await expect(failed.locator(".result")).toHaveText(/TPM_RC_(BAD_AUTH|AUTH_FAIL)/);
  for (const command of await guest.page
    .locator(".commands li[data-command=TPM2_HierarchyChangeAuth] > details > summary")
    .all()) {
    await command.click();
    await expect(command.locator("..").getByRole("listbox").first()).toBeVisible();
  }
  await expect(guest.page.locator(".commands [data-reason=noted]").first()).toHaveText(
    /^Refused, as the TPM noted it: The (password|HMAC) of session 1 .* authValue of the owner hierarchy\./,
  );
  const shown = ((await guest.page.locator(".commands").textContent()) ?? "").replaceAll(" ", "").toLowerCase();
  expect(shown).toContain("newauth(secret,10octets)");
  expect(shown).not.toContain(Buffer.from("hunter22").toString("hex"));
  expect(shown).not.toContain("hunter22");
  await guest.sh("tpm2_changeauth -c owner -p hunter22");
});

test("window.tabtpm scripts the page", async () => {
  const command = [...marshalCommand("GetRandom", { parameters: { bytesRequested: 16 } })];
  const scripted = await guest.page.evaluate(async (octets) => {
    const { tabtpm } = window;
    await tabtpm.ready;
    const seen: number[][] = [];
    const stop = tabtpm.tpm.on("command", ({ response }) => seen.push([...response]));
    const response = await tabtpm.tpm.execute(Uint8Array.from(octets), { locality: 0 });
    const { parameters } = await tabtpm.tpm.call("GetRandom", { parameters: { bytesRequested: 20 } });
    stop();
    const heard = seen.length;
    const refused = await tabtpm.tpm
      .call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } })
      .catch((error: Error) => error.message);
    const { power, profile, store } = tabtpm.tpm.state();
    const running = tabtpm.emulator.is_running();
    const called = parameters.randomBytes.length;
    return { response: [...response], called, seen, heard, refused, power, profile, store, running };
  }, command);
  const { parameters } = unmarshalResponse("GetRandom", Uint8Array.from(scripted.response));
  expect(parameters.randomBytes).toHaveLength(16);
  expect(scripted.called).toBe(20);
  expect(scripted.seen).toContainEqual(scripted.response);
  // Who has stopped listening hears nothing more.
  expect(scripted.seen).toHaveLength(scripted.heard);
  expect(scripted.refused).toContain("TPM_RC_INITIALIZE");
  expect(scripted).toMatchObject({ power: "on", profile: "full", store: "indexeddb", running: true });
});

test("commands of the page queue behind the guest's and disturb none", async () => {
  const scripted = guest.page.evaluate(async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const { parameters } = await window.tabtpm.tpm.call("GetRandom", { parameters: { bytesRequested: 32 } });
      seen.add(parameters.randomBytes.join(" "));
    }
    return seen.size;
  });
  for (let i = 0; i < 3; i++) expect(await guest.sh("tpm2_getrandom 16 --hex")).toMatch(/^[0-9a-f]{32}$/);
  expect(await scripted).toBe(200);
});

test("the network may go: reset and power cycle still work", async () => {
  await guest.page.context().setOffline(true);
  await guest.reboots(() => guest.page.getByRole("button", { name: "Reset" }).click());
  await guest.sh("tpm2_getrandom 4 --hex");
  await guest.page.getByRole("button", { name: "Power off" }).click();
  await expect(guest.page.locator("[data-state=power] dd")).toHaveText("off");
  await guest.reboots(() => guest.page.getByRole("button", { name: "Power on" }).click());
  await guest.sh("tpm2_getrandom 4 --hex");
});
