import { expect, test } from "vitest";
import type { Stage } from "../../../src/index.ts";
import { atPrompt, runLine } from "./console.ts";

/** A machine whose console says what the test has it say. */
class Guest {
  stage: Stage = "shell";
  readonly sent: string[] = [];
  readonly #listeners = new Set<(text: string) => void>();
  #text = "";
  readonly serial = {
    on: (_: "text" | "output", listener: (value: never) => void) => {
      this.#listeners.add(listener as (text: string) => void);
      return () => void this.#listeners.delete(listener as (text: string) => void);
    },
    send: (text: string | Uint8Array) => void this.sent.push(String(text)),
    text: () => this.#text,
  };

  says(text: string): void {
    this.#text += text;
    for (const listener of [...this.#listeners]) listener(text);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}
const never = () => new AbortController().signal;
/** Whether it has come to its end by now. */
async function isDone(work: Promise<unknown>): Promise<boolean> {
  let done = false;
  void work.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return done;
}

test("a line is typed at the prompt, and done at the next one", async () => {
  const guest = new Guest();
  guest.says("Booting\r\n");
  const ran = runLine(guest, "tpm2_clear", never());
  expect([await isDone(ran), guest.sent]).toEqual([false, []]);
  guest.says("tabtpm# ");
  expect([await isDone(ran), guest.sent]).toEqual([false, ["tpm2_clear\n"]]);
  guest.says("tpm2_clear\r\nsomething\r\n");
  expect(await isDone(ran)).toBe(false);
  guest.says("tabtpm# \x1b[J");
  expect([await isDone(ran), guest.listeners]).toEqual([true, 0]);
});

test("the prompt of a boot that is over is none", async () => {
  const guest = new Guest();
  guest.says("tabtpm# ");
  guest.stage = "bios";
  const there = atPrompt(guest, never());
  expect(await isDone(there)).toBe(false);
  guest.says("SeaBIOS\r\n");
  guest.stage = "shell";
  guest.says("tabtpm# ");
  expect(await isDone(there)).toBe(true);
});

test("what was begun at the prompt is taken away first", async () => {
  const guest = new Guest();
  guest.says("tabtpm# tpm2_cl");
  void runLine(guest, "ls", never());
  await isDone(Promise.resolve());
  expect(guest.sent).toEqual(["\x15ls\n"]);
});

test("whoever does not wait any more leaves nothing behind", async () => {
  const guest = new Guest();
  const end = new AbortController();
  const there = atPrompt(guest, end.signal);
  end.abort(new Error("gone"));
  await expect(there).rejects.toThrow("gone");
  await expect(atPrompt(guest, end.signal)).rejects.toThrow("gone");
  expect(guest.listeners).toBe(0);
});
