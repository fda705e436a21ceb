/** Walks through a lesson as a person does: by the drawer's buttons, its wrong turns typed into the console. */
import { expect, type Page } from "@playwright/test";
import type { ParsedLesson, WrongTurn } from "../src/lessons/testkit/turns.ts";
import { COMMAND_PATIENCE, type Guest, PROMPT } from "./guest.ts";

/** Who sits at the guest's console. */
export type Hands = Pick<Guest, "page" | "text" | "enter"> & Partial<Pick<Guest, "sh" | "reboots">>;

/** At that of a `<tab-tpm>`. */
export function handsAtElement(page: Page): Hands {
  const text = () => page.evaluate(() => document.querySelector("tab-tpm")?.machine?.serial.text() ?? "");
  return {
    page,
    text,
    async enter(line) {
      const { length } = await text();
      await page.evaluate((keys) => document.querySelector("tab-tpm")?.type(keys), `${line}\n`);
      await expect.poll(async () => (await text()).slice(length), { timeout: COMMAND_PATIENCE }).toMatch(PROMPT);
    },
  };
}

export const lessonIn = (page: Page) => page.locator(".lesson");
const current = (page: Page) => lessonIn(page).locator('.steps [data-state="current"]');

/** The lesson asks nothing more, and its first step is there. */
export const begun = (page: Page) =>
  expect(lessonIn(page)).toHaveAttribute("data-phase", "running", { timeout: COMMAND_PATIENCE });

async function act(page: Page, index: number): Promise<void> {
  await current(page).locator(".act button").nth(index).click();
}

/** What is told after a wrong turn, which was typed by hand. */
async function wrongTurn(guest: Hands, { run, answer, told, undo }: WrongTurn): Promise<void> {
  const { page } = guest;
  for (const line of run) await guest.enter(line);
  if (answer !== null) await reply(page, answer);
  await expect(current(page).locator(".hints[data-tried]")).toContainText(told, { timeout: COMMAND_PATIENCE });
  for (const line of undo) await guest.enter(line);
}

async function reply(page: Page, text: string): Promise<void> {
  await current(page).getByRole("textbox").fill(text);
  await current(page).locator(".question button").click();
}

/**
 * Takes one step: its wrong turns first, unless they are left out, then its buttons in their order. It is passed then.
 * @param at from 0
 */
export async function takeStep(guest: Hands, parsed: ParsedLesson, at: number, withWrongTurns = true): Promise<void> {
  const { page } = guest;
  const { blocks, checks } = parsed.lesson.steps[at]!;
  const { wrong, found } = parsed.walks[at]!;
  await expect(lessonIn(page)).toHaveAttribute("data-step", `${at}`);
  for (const turn of withWrongTurns ? wrong : []) {
    // Those that are acts are walked through in Node.
    if (turn.act === null) await wrongTurn(guest, turn);
  }
  if (checks.length === 0) await current(page).locator(":scope > .prose > .primary").click();
  let [runs, acts] = [0, 0];
  for (const block of blocks) {
    if (block.kind === "run") {
      const { length } = await guest.text();
      await current(page).locator(".run .primary").nth(runs++).click();
      // A prompt after each line. The last one may end the step, and with it its buttons.
      const prompts = async () => {
        const shown = (await guest.text()).slice(length);
        return PROMPT.test(shown) ? shown.split("tabtpm# ").length - 1 : 0;
      };
      await expect.poll(prompts, { timeout: COMMAND_PATIENCE }).toBeGreaterThanOrEqual(block.lines.length);
    } else if (block.kind === "act") {
      const kind = block.act.kind;
      if (kind === "failure-mode") await act(page, acts++);
      else await guest.reboots!(() => act(page, acts++));
      await expect.poll(() => isBusy(page), { timeout: COMMAND_PATIENCE }).toBe(false);
    } else if (block.kind === "ask") await reply(page, (await guest.sh!(found!)).trim());
  }
  await expect(lessonIn(page)).toHaveAttribute("data-step", `${at + 1}`, { timeout: COMMAND_PATIENCE });
}

const isBusy = async (page: Page) => (await lessonIn(page).getAttribute("data-busy")) !== null;
