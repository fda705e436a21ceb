/** A running PC that moves, with what its TPM has in no store: sessions, a hash sequence. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { Guest } from "./guest.ts";
import { prepareWorker } from "./preparedWorker.ts";

const PATIENCE = 150_000;
/** Of a machine file: where its version is. */
const VERSION_AT = 8;
const number = (value: number, size: number) => value.toString(16).padStart(size * 2, "0");
/** A command without handles of its own to authorise, hex. */
const command = (code: number, parts: string, tag = 0x8001) =>
  number(tag, 2) + number(10 + parts.length / 2, 4) + number(code, 4) + parts;
/** An empty password. */
const PASSWORD = `${number(9, 4)}40000009${"0000"}00${"0000"}`;

/** Straight to the TPM, past the kernel's resource manager: nothing is saved anywhere but in the TPM. @returns the response, hex. */
// No octet of a command may be 0ah: the shell writes up to it, and the TPM gets half a command.
async function raw(guest: Guest, hex: string): Promise<string> {
  const octets = hex.replace(/../g, (octet) => `\\${Number.parseInt(octet, 16).toString(8).padStart(3, "0")}`);
  const read = `dd bs=4096 count=1 <&3 2>/dev/null | hexdump -v -e '1/1 "%02x"'`;
  const answer = await guest.sh(`exec 3<>/dev/tpm0; printf '${octets}' >&3; ${read}; exec 3>&-`);
  expect(answer.slice(12, 20), `response code of ${hex}`).toBe("00000000");
  return answer.slice(20);
}

interface Open {
  readonly sequence: string;
  readonly session: string;
  readonly policy: string;
}

const getPolicy = async (guest: Guest, session: string) => (await raw(guest, command(0x189, session))).slice(4);

async function begin(guest: Guest): Promise<Open> {
  const sequence = await raw(guest, command(0x186, `0000${"000b"}`));
  await update(guest, sequence, "before");
  const started = await raw(guest, command(0x176, `4000000740000007${number(16, 2)}${"5a".repeat(16)}0000010010000b`));
  const session = started.slice(0, 8);
  await raw(guest, command(0x16c, `${session}0000017b`));
  return { sequence, session, policy: await getPolicy(guest, session) };
}

const sized = (text: string) => number(text.length, 2) + Buffer.from(text).toString("hex");
const update = (guest: Guest, sequence: string, text: string) =>
  raw(guest, command(0x15c, sequence + PASSWORD + sized(text), 0x8002));

/** What was begun before the move is completed after it. */
async function complete(guest: Guest, { sequence, session, policy }: Open): Promise<void> {
  await update(guest, sequence, ", and then after");
  const completed = await raw(guest, command(0x13e, `${sequence}${PASSWORD}0000${"40000007"}`, 0x8002));
  expect(completed).toContain(createHash("sha256").update("before, and then after").digest("hex"));
  expect(await getPolicy(guest, session)).toBe(policy);
}

const dialog = (page: Page) => page.getByRole("dialog", { name: "Move the running PC" });

test("a PC moves to another tab with an open policy session and a half-done hash sequence, and completes both there", async ({
  context,
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh("tpm2_changeauth -c owner kept");
  await guest.sh("echo still here > /tmp/note");
  const open = await begin(guest);

  const other = await context.newPage();
  await other.goto("./");
  const told = other.locator("[data-problem=in-use]");
  await told.getByRole("button", { name: "Bring the running PC here" }).click();
  await expect(page.locator("[data-problem=moved]")).toContainText("runs in another tab", { timeout: PATIENCE });
  const moved = new Guest(other);
  await moved.booted();
  expect(await moved.sh("cat /tmp/note")).toBe("still here");
  await complete(moved, open);
  await moved.sh("tpm2_changeauth -c owner -p kept changed");

  // Exactly one: the tab that it left has nothing of it any more, and gets it back in the same way.
  await expect(page.locator("[data-state=power] dd")).toHaveText("off");
  await page.getByRole("button", { name: "Bring the running PC here" }).click();
  await expect(other.locator("[data-problem=moved]")).toBeVisible({ timeout: PATIENCE });
  await guest.booted();
  expect(await guest.sh("cat /tmp/note")).toBe("still here");
  await guest.sh("tpm2_changeauth -c owner -p changed again");
});

test("whichever tab is closed on the way, the other one has the PC or its TPM, and one only", async ({
  context,
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh("tpm2_changeauth -c owner kept");
  // The target, in the middle of the transfer: the PC goes on where it was.
  const target = await context.newPage();
  await target.goto("./");
  await target.getByRole("button", { name: "Bring the running PC here" }).click();
  await expect(dialog(page).getByRole("progressbar")).toBeVisible({ timeout: PATIENCE });
  await target.close();
  await expect(dialog(page).getByRole("alert")).toContainText("The other tab was closed", { timeout: PATIENCE });
  await dialog(page).getByRole("button", { name: "Close" }).click();
  await guest.sh("tpm2_changeauth -c owner -p kept changed");

  // The source: its TPM is the next one's, which nobody else has.
  const next = await context.newPage();
  await next.goto("./");
  await next.getByRole("button", { name: "Bring the running PC here" }).click();
  await expect(dialog(page).getByRole("progressbar")).toBeVisible({ timeout: PATIENCE });
  await page.close();
  await next.reload();
  const last = new Guest(next);
  await last.booted();
  await last.sh("tpm2_changeauth -c owner -p changed again");
});

test("a PC that was given up as a file is taken back as it stood, and starts nowhere by itself", async ({
  context,
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh("echo still here > /tmp/note");
  const open = await begin(guest);
  await page.getByRole("button", { name: "Move…" }).click();
  const [file] = await Promise.all([
    page.waitForEvent("download", { timeout: PATIENCE }),
    dialog(page).getByRole("button", { name: "Give up and save as a file" }).click(),
  ]);
  expect(file.suggestedFilename()).toMatch(/\.tabtpm$/);
  await expect(page.locator("[data-problem=given-up]")).toBeVisible();
  await page.reload();
  await expect(page.locator("[data-problem=given-up]")).toContainText("only if it does not run there");
  const other = await context.newPage();
  await other.goto("./");
  await expect(other.locator("[data-problem=given-up]")).toBeVisible();
  await other.getByRole("button", { name: "Take it back" }).click();
  const back = new Guest(other);
  await back.booted();
  expect(await back.sh("cat /tmp/note")).toBe("still here");
  await complete(back, open);
  // It has one owner now: there is nothing to take back any more.
  await page.getByRole("button", { name: "Take it back" }).click();
  await expect(page.locator("[data-problem=moved]")).toContainText("another tab");
});

test("a PC that was given up as a file goes on in another browser with a TPM of its own, and is told from a clone", async ({
  browser,
  baseURL,
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh("echo still here > /tmp/note; tpm2_changeauth -c owner kept");
  const begun = await begin(guest);
  await page.getByRole("button", { name: "Move…" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: PATIENCE }),
    dialog(page).getByRole("button", { name: "Give up and save as a file" }).click(),
  ]);
  const file = await readFile(await download.path());

  const context = await browser.newContext({ baseURL: baseURL! });
  const elsewhere = await context.newPage();
  const other = await new Guest(elsewhere).open();
  await other.sh("tpm2_changeauth -c owner mine");
  const question = elsewhere.getByRole("dialog");
  const take = async (buffer: Buffer) => {
    await elsewhere.getByRole("button", { name: "Snapshots…" }).click();
    await question.getByRole("button", { name: "Import…" }).click();
    await question.getByLabel("File").setInputFiles({ name: "x.tabtpm", mimeType: "", buffer });
    await question.getByRole("button", { name: "Import", exact: true }).click();
  };
  // A newer format is refused with the reason, and the PC here runs on.
  const newer = Buffer.from(file);
  newer[VERSION_AT] = 0xff;
  await take(newer);
  await expect(question.locator("[data-problem-kind=newer]")).toBeVisible();
  await question.getByRole("button", { name: "Back" }).click();
  await question.getByRole("button", { name: "Close" }).click();
  await other.sh("tpm2_changeauth -c owner -p mine other");

  await take(file);
  await expect(question.locator("[data-arrived=moved]")).toContainText("It is the only one of its kind", {
    timeout: PATIENCE,
  });
  await question.getByRole("button", { name: "With a TPM of its own" }).click();
  await expect(question.locator("[data-offer]")).toBeVisible({ timeout: PATIENCE });
  await question.getByRole("button", { name: "Resume", exact: true }).click();
  const arrived = new Guest(elsewhere);
  await arrived.booted();
  expect(await arrived.sh("cat /tmp/note")).toBe("still here");
  await complete(arrived, begun);
  await arrived.sh("tpm2_changeauth -c owner -p kept changed");

  // Where it came from it starts by no reload, and may be taken back with a warning only.
  await page.reload();
  await expect(page.locator("[data-problem=given-up]")).toContainText("only if it does not run there");
  await expect(page.getByRole("button", { name: "Take it back" })).toBeVisible();
  await context.close();
});

test("a tab that is closed after it took the TPM and before the PC went on leaves the PC as it stood", async ({
  browser,
  baseURL,
}) => {
  const context = await browser.newContext({ baseURL: baseURL!, serviceWorkers: "block" });
  const page = await context.newPage();
  const guest = await new Guest(page).open();
  await guest.sh("echo still here > /tmp/note");
  const begun = await begin(guest);
  await page.getByRole("button", { name: "Move…" }).click();
  const download = page.waitForEvent("download", { timeout: PATIENCE });
  await dialog(page).getByRole("button", { name: "Give up and save as a file" }).click();
  await download;
  await page.close();

  // Without the emulator the TPM is taken, and nothing goes on.
  const next = await context.newPage();
  let isAsked: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  await next.route(/v86-.*\.wasm/, () => isAsked());
  await next.goto("./");
  await next.getByRole("button", { name: "Take it back" }).click();
  await asked;
  await next.close();

  const last = await context.newPage();
  await last.goto("./");
  await expect(last.locator("[data-offer]")).toBeVisible({ timeout: PATIENCE });
  await last.getByRole("button", { name: "Resume", exact: true }).click();
  const back = new Guest(last);
  await back.booted();
  expect(await back.sh("cat /tmp/note")).toBe("still here");
  await complete(back, begun);
  await context.close();
});

/** What is kept of a move, as the page's database has it: an octet of the machine is another. */
const damageWhatIsKept = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open("tabtpm-moves");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction("machines", "readwrite");
          const records = transaction.objectStore("machines");
          const request = records.openCursor();
          let changed = 0;
          request.onsuccess = () => {
            const cursor = request.result;
            if (cursor === null) return;
            const bytes = new Uint8Array(cursor.value.machine);
            bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
            cursor.update(cursor.value);
            changed++;
            cursor.continue();
          };
          transaction.oncomplete = () => {
            opening.result.close();
            resolve(changed);
          };
          transaction.onabort = () => reject(transaction.error);
        };
      }),
  );

test("a PC that was given up and is damaged since boots anew with its TPM, when that is asked for", async ({
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh("tpm2_changeauth -c owner kept");
  await page.getByRole("button", { name: "Move…" }).click();
  const download = page.waitForEvent("download", { timeout: PATIENCE });
  await dialog(page).getByRole("button", { name: "Give up and save as a file" }).click();
  await download;
  const told = page.locator("[data-problem=given-up]");
  await expect(told).toBeVisible();
  expect(await damageWhatIsKept(page)).toBe(1);

  await told.getByRole("button", { name: "Take it back" }).click();
  await expect(dialog(page).getByRole("alert")).toContainText("is damaged", { timeout: PATIENCE });
  await expect(dialog(page)).toContainText("what its memory held would be lost");
  await dialog(page).getByRole("button", { name: "Cancel" }).click();
  await expect(dialog(page)).toBeHidden();
  await expect(told).toBeVisible();

  // The next visit finds it so too.
  await page.reload();
  await told.getByRole("button", { name: "Take it back" }).click();
  await dialog(page).getByRole("button", { name: "Take the TPM back and boot anew" }).click({ timeout: PATIENCE });
  const back = new Guest(page);
  await back.booted();
  await back.sh("tpm2_changeauth -c owner -p kept changed");
  expect(await damageWhatIsKept(page)).toBe(0);
});

test("a PC that is damaged on its way is asked about where it comes, and goes on as it stood where it left", async ({
  context,
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh("echo still here > /tmp/note");
  const begun = await begin(guest);
  const target = await context.newPage();
  await target.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (value, key) {
      const kept = this.name === "machines" ? { ...value, machine: value.machine.slice(0, -40) } : value;
      return key === undefined ? put.call(this, kept) : put.call(this, kept, key);
    };
  });
  await target.goto("./");
  await target.getByRole("button", { name: "Bring the running PC here" }).click();
  await expect(dialog(target).getByRole("alert")).toContainText("is damaged", { timeout: PATIENCE });

  const told = page.locator("[data-problem=given-up]");
  await expect(told).toBeVisible();
  await expect(dialog(page)).toBeHidden();
  await told.getByRole("button", { name: "Take it back" }).click();
  await guest.booted();
  expect(await guest.sh("cat /tmp/note")).toBe("still here");
  await complete(guest, begun);

  // Too late: it has one owner.
  await dialog(target).getByRole("button", { name: "Take the TPM back and boot anew" }).click();
  await expect(target.locator("[data-problem=moved]")).toContainText("another tab");
  await guest.sh("tpm2_changeauth -c owner kept");
});

/** In the TPM's worker: the records that are not stored, by their keys. */
const REFUSED_RECORDS = `{
  const { put } = IDBObjectStore.prototype;
  let refused = [];
  new BroadcastChannel("refused").onmessage = ({ data }) => { refused = data; };
  IDBObjectStore.prototype.put = function (...given) {
    const request = put.apply(this, given);
    if (refused.includes(given[1])) this.transaction.abort();
    return request;
  };
}`;
const refuseRecords = (page: Page, ...keys: string[]) =>
  page.evaluate((told) => {
    const channel = new BroadcastChannel("refused");
    channel.postMessage(told);
    channel.close();
  }, keys);

test("a PC whose TPM could not be given up goes on, and stands still only while nobody can say whether it was", async ({
  page,
}) => {
  await prepareWorker(page, REFUSED_RECORDS);
  // Once the machine is kept, the page does not open the TPM's database any more.
  await page.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    const { open } = IDBFactory.prototype;
    let isLost = false;
    IDBObjectStore.prototype.put = function (...given: Parameters<typeof put>) {
      isLost ||= this.name === "machines";
      return put.apply(this, given);
    };
    IDBFactory.prototype.open = function (...given: Parameters<typeof open>) {
      if (isLost && given[0].startsWith("tabtpm/")) throw new DOMException("It is lost.", "UnknownError");
      return open.apply(this, given);
    };
  });
  const guest = await new Guest(page).open();
  const begun = await begin(guest);
  // The epoch ends as the TPM is given up, in one transaction.
  await refuseRecords(page, "epoch", "state");
  await page.getByRole("button", { name: "Move…" }).click();
  await dialog(page).getByRole("button", { name: "Give up and save as a file" }).click();
  const again = dialog(page).getByRole("button", { name: "Look again" });
  await again.click({ timeout: 60_000 });
  await expect(dialog(page)).toContainText("so that it never runs twice");
  await page.keyboard.press("Escape");
  await expect(again).toBeVisible();

  // It commits: it is this page's, though the browser does not say so.
  await refuseRecords(page, "epoch");
  await again.click();
  await expect(dialog(page).getByRole("alert")).toContainText("goes on here", { timeout: 60_000 });
  await dialog(page).getByRole("button", { name: "Close" }).click();
  await complete(guest, begun);
  await guest.sh("tpm2_changeauth -c owner kept");
  await expect(page.locator("[data-problem]")).toHaveCount(0);
});
