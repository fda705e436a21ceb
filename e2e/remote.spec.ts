/** Remote attestation between tabs: a real boot is shown to a verifier, which trusts it, and refuses what is not it. */

import {
  activateCredential,
  createAk,
  createEk,
  createQuote,
  readCredentialFile,
  writePcrFile,
  writePublicFile,
} from "../src/attest/index.ts";
import { TPM_ALG, TpmClient } from "../src/client/index.ts";
import { createTpm } from "../src/node/index.ts";
import { type Evidence, type Message, readMessage, writeMessage } from "../web/remote/messages.ts";
import { expectAccessible } from "./axe.ts";
import { begin, drawer, STEP_PATIENCE, step } from "./demoClicks.ts";
import { expect, fitsDeskAndPhone, type Page, test } from "./fixtures.ts";

const result = (page: Page) => page.locator("[data-result]");
const check = (page: Page, name: string) => page.locator(`.findings [data-check="${name}"]`);

/** A tab of the same origin that hears the channel, and can say anything on it. */
class Eavesdropper {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }

  static async listen(page: Page): Promise<Eavesdropper> {
    // Nothing of the page runs there. A browser looks for the icon of such a document by itself.
    await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
    await page.goto("./guest/manifest.json");
    await page.evaluate(() => {
      const channel = new BroadcastChannel("tabtpm-attestation");
      const heard: string[] = [];
      channel.addEventListener("message", ({ data }) => heard.push(data));
      Object.assign(window, { heard, channel });
    });
    return new Eavesdropper(page);
  }

  async heard<Kind extends Message["kind"]>(kind: Kind): Promise<(Message & { kind: Kind })[]> {
    const texts = await this.page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    return texts.map(readMessage).filter((message): message is Message & { kind: Kind } => message.kind === kind);
  }

  say(message: Message | string): Promise<void> {
    const text = typeof message === "string" ? message : writeMessage(message);
    return this.page.evaluate(
      (said) => (window as unknown as { channel: BroadcastChannel }).channel.postMessage(said),
      text,
    );
  }

  /** Says it, and waits for the answer of the kind in the same session. */
  async ask<Kind extends Message["kind"]>(message: Message, kind: Kind): Promise<Message & { kind: Kind }> {
    const of = async () => (await this.heard(kind)).filter(({ session }) => session === message.session);
    const before = (await of()).length;
    await this.say(message);
    await expect.poll(async () => (await of()).length).toBeGreaterThan(before);
    return (await of()).at(-1)!;
  }
}

/** A TPM that is not the page's, with its keys. */
async function otherTpm() {
  const tpm = createTpm();
  await tpm.powerOn();
  const client = new TpmClient(tpm);
  await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
  const [ek, ak] = [await createEk(client), await createAk(client)];
  const keys = { ek: writePublicFile(ek.publicArea), ak: writePublicFile(ak.publicArea) };
  const quote = async (nonce: Uint8Array) => {
    const { pcrs, ...files } = await createQuote(client, ak, nonce, SELECTION);
    return { ...files, pcrs: writePcrFile(SELECTION, pcrs) };
  };
  const open = (credential: Uint8Array) => activateCredential(client, ek, ak, readCredentialFile(credential));
  return { keys, quote, open, close: () => tpm.close() };
}
const SELECTION = [{ algorithm: TPM_ALG.TPM_ALG_SHA256, pcrs: [0, 16] }];

/** Presses a step's button, and waits for what the verifier says of it. */
async function attest(page: Page, id: string, verdict: string): Promise<void> {
  await step(page, id).getByRole("button").click();
  await expect(step(page, id).locator(".demo-said")).toHaveCount(0);
  await expect(step(page, id).locator(".demo-said")).toHaveAttribute("data-verdict", verdict, {
    timeout: STEP_PATIENCE,
  });
  await expect(drawer(page).locator(".demo-failure")).toHaveCount(0);
}

test("the good boot is trusted, a changed one, another TPM and an old quote are refused", async ({ page, context }) => {
  await begin(page, "remote-attestation");
  await expect(step(page, "show").getByRole("button")).toBeDisabled();
  await step(page, "boot").getByRole("button").click();
  await expect(step(page, "boot")).toHaveAttribute("data-state", "done", { timeout: STEP_PATIENCE });

  const byHand = drawer(page).locator(".attest-messages");
  await byHand.locator("summary").click();
  await expect(byHand.locator("label")).toHaveCSS("display", "grid");
  await fitsDeskAndPhone(page, "remote-by-hand");

  const opened = context.waitForEvent("page");
  await step(page, "boot").getByRole("link").click();
  const verifier = await opened;
  await expect(verifier.getByRole("heading", { level: 1 })).toHaveText("Verifier");
  // No PC, no TPM.
  expect(await verifier.evaluate(() => "tabtpm" in window)).toBe(false);
  expect(verifier.workers()).toHaveLength(0);
  await expect(verifier.locator(".verifier-parts")).toHaveCSS("display", "grid");
  await expectAccessible(verifier, "empty");
  await verifier.getByRole("button", { name: "Trust this browser's own authority" }).click();
  await expect(verifier.locator("[data-known=roots]")).toHaveText("one certificate");
  const third = await Eavesdropper.listen(await context.newPage());
  await page.bringToFront();

  // Nobody has said what is good.
  await attest(page, "show", "unknown");
  await expect(result(verifier)).toHaveAttribute("data-result", "unknown");
  for (const good of ["verifier.challenge", "quote", "ekCertificate", "credential", "bank", "eventLog", "ima"])
    await expect(check(verifier, good).first(), good).toHaveAttribute("data-verdict", "good");
  for (const unknown of ["verifier.ek", "policy"])
    await expect(check(verifier, unknown), unknown).toHaveAttribute("data-verdict", "unknown");
  await verifier.bringToFront();
  await expectAccessible(verifier, "nothing known yet");
  await fitsDeskAndPhone(verifier, "verifier-unknown");
  await verifier.getByRole("button", { name: "This boot is good: learn it" }).click();
  await expect(verifier.locator("[data-known=policy]")).toHaveText("there is one");
  const pinned = await verifier.locator("[data-known=ek] code").textContent();
  expect(pinned).toMatch(/^000b[0-9a-f]{64}$/);

  // What was learned is kept.
  await verifier.reload();
  await expect(verifier.locator("[data-known=ek] code")).toHaveText(pinned!);
  await page.bringToFront();
  await attest(page, "show", "good");
  await expect(step(page, "show")).toHaveAttribute("data-state", "done");
  await expect(result(verifier)).toHaveAttribute("data-result", "good");
  await fitsDeskAndPhone(verifier, "verifier-good");
  await fitsDeskAndPhone(page, "remote-good");
  await expectAccessible(page, "trusted");

  // One more argument: the event is named.
  await attest(page, "change", "bad");
  await expect(step(page, "change").locator('[data-reason^="policy.events.8."]').first()).toContainText("init=/bin/sh");
  await expect(step(page, "change")).toHaveAttribute("data-state", "done");
  await verifier.bringToFront();
  await expect(result(verifier)).toHaveAttribute("data-result", "bad");
  await expect(check(verifier, "verifier.ek")).toHaveAttribute("data-verdict", "good");
  await expect(check(verifier, "eventLog")).toHaveAttribute("data-verdict", "good");
  await expect(check(verifier, "policy.events.8").first()).toHaveAttribute("data-verdict", "bad");
  await expectAccessible(verifier, "refused");
  await fitsDeskAndPhone(verifier, "verifier-bad");
  await verifier.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(verifier, "refused, dark");
  await fitsDeskAndPhone(verifier, "verifier-bad-dark");
  await verifier.emulateMedia({ colorScheme: "light" });

  // What was trusted is not trusted again: its challenge was answered.
  const [, trusted] = (await third.heard("evidence")) as [Evidence, Evidence];
  const again = await third.ask(trusted, "verdict");
  expect([again.verdict, again.reasons.map(({ check }) => check)]).toEqual(["bad", ["verifier.challenge"]]);

  // Nor in a session of its own, with the same keys: the quote has another nonce, and the credential another secret.
  const [, keys] = await third.heard("enrolment");
  const session = "0123456789abcdef".repeat(2);
  await third.ask({ ...keys!, session }, "challenge");
  const old = await third.ask({ ...trusted, session }, "verdict");
  expect(old.verdict).toBe("bad");
  expect(old.reasons.map(({ check }) => check)).toEqual(expect.arrayContaining(["quote.nonce", "credential"]));

  // Another TPM gets no challenge.
  const { keys: otherKeys, close } = await otherTpm();
  await close();
  const other = { kind: "enrolment", session: "f".repeat(32), ...otherKeys, ekCertificate: null } as const;
  const swapped = await third.ask(other, "verdict");
  expect(swapped.verdict).toBe("bad");
  expect(swapped.reasons).toEqual([expect.objectContaining({ check: "verifier.ek", expected: pinned })]);
  expect((await third.heard("challenge")).some((one) => one.session === other.session)).toBe(false);

  // What is no message is no answer's worth.
  await third.say('{"tabtpmAttestation":1,"kind":"evidence"}');
  await expect(verifier.getByRole("alert")).toContainText("The message's field");
});

test("by hand: messages that are pasted and files that are chosen, in German", async ({ page }) => {
  await page.goto("./?lang=de#verifier");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Prüfer");
  await expect(page).toHaveTitle("tabtpm: Prüfer");
  await expectAccessible(page, "empty, in German");
  const tpm = await otherTpm();
  const paste = async (text: string) => {
    await page.getByLabel("Eine Nachricht").fill(text);
    await page.getByRole("button", { name: "Die Nachricht nehmen" }).click();
  };
  const session = "1".repeat(32);
  await paste(writeMessage({ kind: "enrolment", session, ...tpm.keys, ekCertificate: null }));
  const box = page.getByLabel("Die Nachricht für die Gegenseite");
  await expect(box).toBeVisible();
  await fitsDeskAndPhone(page, "verifier-challenge");
  const challenge = readMessage(await box.inputValue());
  if (challenge.kind !== "challenge") throw new Error(`A ${challenge.kind} came.`);
  const answer = await tpm.open(challenge.credential);
  const quoted = await tpm.quote(challenge.nonce);
  await paste(writeMessage({ kind: "evidence", session, answer, ...quoted, log: null, ima: null }));
  await expect(result(page)).toHaveAttribute("data-result", "unknown");
  await expect(check(page, "credential")).toHaveAttribute("data-verdict", "good");
  await page.getByRole("button", { name: "Dieser Start ist gut: lernen" }).click();
  await expect(page.locator("[data-known=policy]")).toHaveText("vorhanden");
  await expectAccessible(page, "learned, in German");

  // The same machine with files, as tabtpm attest writes them.
  const files = (all: Record<string, Uint8Array>) =>
    Object.entries(all).map(([name, octets]) => ({
      name,
      mimeType: "application/octet-stream",
      buffer: Buffer.from(octets),
    }));
  const choose = page.getByLabel("Dateien", { exact: true });
  await choose.setInputFiles(files({ "ek.pub": tpm.keys.ek, "ak.pub": tpm.keys.ak }));
  await expect(box).toBeVisible();
  const second = readMessage(await box.inputValue());
  if (second.kind !== "challenge") throw new Error(`A ${second.kind} came.`);
  await page.getByLabel(/^Was das TPM/).fill(Buffer.from(await tpm.open(second.credential)).toString("hex"));
  const { quote, signature, pcrs } = await tpm.quote(second.nonce);
  const evidence = files({ "quote.msg": quote, "quote.sig": signature, "pcrs.bin": pcrs, "ak.pub": tpm.keys.ak });
  await choose.setInputFiles(evidence);
  await expect(result(page)).toHaveAttribute("data-result", "good");
  // And not again.
  await choose.setInputFiles(evidence);
  await expect(result(page)).toHaveAttribute("data-result", "unknown");
  await expect(check(page, "quote.nonce")).toHaveAttribute("data-verdict", "unknown");
  await tpm.close();

  await paste("{}");
  await expect(page.getByRole("alert")).toContainText("keine Nachricht dieser Version");
  await page.getByRole("button", { name: "Alles vergessen" }).click();
  await expect(page.locator("[data-known=policy]")).toContainText("keine");
});
