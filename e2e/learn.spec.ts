/** The drawer "Learn": lessons on a TPM of their own, walked through by a person's clicks. */
import { readLessons } from "../scripts/lessons/read.ts";
import type { ParsedLesson } from "../src/lessons/testkit/turns.ts";
import { expectAccessible } from "./axe.ts";
import { expect, type Page, test } from "./fixtures.ts";
import { COMMAND_PATIENCE, Guest } from "./guest.ts";
import { begun, lessonIn, takeStep } from "./lessonClicks.ts";

const lessons = readLessons();
/** The one that the tests of the drawer itself use. */
const sample = lessons.find(({ lesson }) => lesson.id === "pcrs")!;

const drawer = (page: Page) => page.locator("dialog.learn");
const press = (page: Page, name: string | RegExp) => drawer(page).getByRole("button", { name }).click();

/** In the open drawer: makes the lesson's TPM, and waits for its first step. */
async function begin(guest: Guest): Promise<void> {
  const { page } = guest;
  await Promise.all([
    page.waitForEvent("load", { timeout: COMMAND_PATIENCE }),
    press(page, /^(Make it and begin|Begin anew)$/),
  ]);
  await guest.booted();
  await begun(page);
}

async function open(guest: Guest, id: string): Promise<void> {
  await guest.page.goto(`./#lesson=${id}`);
  await guest.booted();
  await expect(lessonIn(guest.page)).toHaveAttribute("data-lesson", id);
}

const remember =
  "tpm2_nvdefine 0x1500016 -s 4 -a 'ownerread|ownerwrite|authread|authwrite' >/dev/null && printf mine | tpm2_nvwrite 0x1500016 -i -";

test("a lesson has a TPM of its own: begun from the list, led through, left in the middle, gone on with, restarted and left", async ({
  page,
}) => {
  const guest = await new Guest(page).open();
  await guest.sh(remember);
  // The guest's processor and the page's are one: nothing of a lesson is fetched before somebody wants it.
  const fetched = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  expect(fetched.filter((name) => /assets\/(Learning|page|lesson)-/.test(name))).toEqual([]);

  await page.getByRole("button", { name: "Learn" }).click();
  await drawer(page).locator("[data-id=pcrs]").click();
  await expect(page).toHaveURL(/#lesson=pcrs$/);
  await expect(drawer(page)).toContainText("“Lesson: PCRs, which remember what came”");
  // It has asked, and nothing was made.
  expect(await guest.sh("tpm2_nvread 0x1500016 2>/dev/null")).toBe("mine");
  await begin(guest);
  await guest.refuses("tpm2_nvread 0x1500016", /handle/);
  expect(await guest.sh("pwd")).toBe("/mnt/pcrs");
  await expect(page.locator("[data-state=tpm] dd")).toHaveText("ready");

  // What to watch has an outline, and only that.
  const outlined = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).outlineStyle);
  await expect.poll(() => outlined(".pcrs tr[data-pcr='16']")).toBe("solid");
  expect(await outlined(".pcrs tr[data-pcr='0']")).toBe("none");

  await takeStep(guest, sample, 0);
  await expect(drawer(page).getByRole("status").filter({ hasText: "Step 1 passed" })).toBeVisible();
  await takeStep(guest, sample, 1);

  // The page goes in the middle; the lesson goes on where it was, on its TPM.
  await page.reload();
  await guest.booted();
  await begun(page);
  await expect(lessonIn(page)).toHaveAttribute("data-step", "2");
  expect(await guest.sh("pwd")).toBe("/mnt/pcrs");
  await takeStep(guest, sample, 2);

  // Left, the user's TPM is as it was; the list knows where the lesson stands.
  await Promise.all([page.waitForEvent("load"), press(page, "Leave")]);
  await guest.booted();
  expect(await guest.sh("tpm2_nvread 0x1500016 2>/dev/null")).toBe("mine");
  await expect(page).toHaveURL(/\/#learn$/);
  await expect(drawer(page).locator("[data-id=pcrs]")).toContainText(`step 4 of ${sample.lesson.steps.length}`);
  await drawer(page).locator("[data-id=pcrs]").click();
  await Promise.all([page.waitForEvent("load"), press(page, "Go on")]);
  await guest.booted();
  await begun(page);
  await expect(lessonIn(page)).toHaveAttribute("data-step", "3");
  await takeStep(guest, sample, 3);
  await expect(lessonIn(page)).toHaveAttribute("data-phase", "passed");
  await expect(drawer(page).getByRole("heading", { name: "On a real machine" })).toBeVisible();

  // Restarted it has a new TPM, and begins at its first step.
  const seed =
    "tpm2_createprimary -Q -G ecc -c /tmp/p.ctx && tpm2_readpublic -c /tmp/p.ctx -f pem -o /tmp/p.pem >/dev/null && cat /tmp/p.pem";
  const before = await guest.sh(seed);
  await guest.sh("touch /mnt/pcrs/left-over");
  await press(page, "Restart the lesson…");
  await Promise.all([
    page.waitForEvent("load", { timeout: COMMAND_PATIENCE }),
    page
      .getByRole("dialog", { name: "Restart the lesson?" })
      .getByRole("button", { name: "Restart", exact: true })
      .click(),
  ]);
  await guest.booted();
  await begun(page);
  await expect(lessonIn(page)).toHaveAttribute("data-step", "0");
  expect(await guest.sh("ls")).toBe("");
  expect(await guest.sh(seed)).not.toBe(before);

  await Promise.all([page.waitForEvent("load"), press(page, "Leave")]);
  await guest.booted();
  await expect(drawer(page).locator("li[data-passed] [data-id=pcrs]")).toContainText("passed");
  await page.getByRole("button", { name: "TPMs…" }).click();
  const names = page.locator("[data-tpm]");
  await expect(names.first()).toBeVisible();
  expect((await names.evaluateAll((all) => all.map((each) => each.getAttribute("data-tpm")))).sort()).toEqual([
    "Lesson: PCRs, which remember what came",
    "default",
  ]);
});

test("an address opens the list or a lesson, makes nothing unasked, and says what it does not find", async ({
  page,
}) => {
  const guest = new Guest(page);
  await page.goto("./#lesson=there-is-none");
  await guest.booted();
  await expect(drawer(page)).toContainText("There is no lesson of this name");
  await press(page, /All lessons/);
  await expect(page).toHaveURL(/#learn$/);
  await expect(drawer(page).locator(".course:not([data-course=demos]) .entry")).toHaveCount(lessons.length);
  // Escape closes it; the address has nothing of it then, and the machine is used as before.
  await drawer(page).getByRole("button", { name: "Close" }).focus();
  await page.keyboard.press("Escape");
  await expect(drawer(page)).toHaveCount(0);
  expect(new URL(page.url()).hash).toBe("");
  const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  expect(databases.filter((name) => name?.startsWith("tabtpm/"))).toEqual(["tabtpm/default"]);
});

test("nothing is wrong with the drawer in either language, in any look, on a desk and on a phone", async ({ page }) => {
  const guest = new Guest(page);
  for (const language of ["en", "de"]) {
    await page.goto(`./?lang=${language}#learn`);
    await guest.booted();
    for (const place of ["list", "lesson"]) {
      if (place === "lesson") await drawer(page).locator("[data-id=pcrs]").click();
      await expect(
        drawer(page)
          .locator(place === "list" ? ".entry" : ".lesson")
          .first(),
      ).toBeVisible();
      for (const [look, media] of [
        ["light", { colorScheme: "light", forcedColors: "none" }],
        ["dark", { colorScheme: "dark", forcedColors: "none" }],
        ["forced", { colorScheme: "dark", forcedColors: "active" }],
      ] as const) {
        await page.emulateMedia(media);
        for (const [width, height] of [
          [320, 640],
          [390, 844],
          [1280, 800],
        ] as const) {
          await page.setViewportSize({ width, height });
          const when = `${place}, ${language}, ${look}, ${width}`;
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
            when,
          ).toBeLessThanOrEqual(0);
          await expectAccessible(page, when);
          await page.screenshot({ path: test.info().outputPath(`${place}-${language}-${look}-${width}.png`) });
        }
      }
    }
  }
});

/** One of each course. All of them are walked through in Node, and here by `npm run soak -- lessons`, which names each in LESSONS. */
const ONE_OF_EACH = "bus seeds seal changed-boot";
const named = ({ lesson }: ParsedLesson, names: string) => names.split(" ").includes(lesson.id);

test("one lesson of each course is walked through", () => {
  const walked = lessons.filter((parsed) => named(parsed, ONE_OF_EACH)).map(({ lesson }) => lesson.course);
  expect([...walked].sort()).toEqual([...new Set(lessons.map(({ lesson }) => lesson.course))].sort());
});

const { LESSONS = ONE_OF_EACH } = process.env;
for (const parsed of lessons.filter((parsed) => named(parsed, LESSONS))) {
  const { course } = parsed.lesson;
  test(`“${parsed.lesson.title}”, of the course ${course}, is passed by its buttons, wrong turns and all`, {
    tag: "@walk",
  }, async ({ page }) => {
    const guest = new Guest(page);
    await open(guest, parsed.lesson.id);
    await begin(guest);
    for (const at of parsed.lesson.steps.keys()) await takeStep(guest, parsed, at);
    await expect(lessonIn(page)).toHaveAttribute("data-phase", "passed");
    await expectAccessible(page, "a lesson that is passed");
  });
}
