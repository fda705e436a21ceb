import { beforeEach, describe, expect, test } from "vitest";
import { FREE_INTERRUPT, MAXIMUM_COMMAND_LINE } from "../../src/index.ts";
import { noMedia, withMedium } from "../state/media.ts";
import { COMMAND_LINE_LIMIT, defaultSettings, FREE_IRQ } from "../state/settings.ts";
import { said } from "../words/index.ts";
import { machineOptions } from "./machineOptions.ts";
import { SettingsKeeper, type SettingsNews } from "./settings.ts";

const OWN = "console=ttyS0";
const PAGE = "https://tpm.example/";
const medium = (name: string) => ({ name, size: 1, content: new Blob([name]) });

let stored: unknown;
let failure: Error | null;
let news: SettingsNews | undefined;
const store = {
  read: async () => {
    if (failure) throw failure;
    return stored;
  },
  write: async (settings: object) => {
    if (failure) throw failure;
    stored = structuredClone(settings);
  },
  remove: async () => {
    if (failure) throw failure;
    stored = undefined;
  },
};
beforeEach(() => {
  stored = undefined;
  failure = null;
  news = undefined;
});

async function open(search = "") {
  const keeper = new SettingsKeeper(store, PAGE + search, (latest) => {
    news = latest;
  });
  await keeper.load(OWN);
  return keeper;
}

test("the form's limits, which know no library, are the library's", () => {
  expect([COMMAND_LINE_LIMIT, FREE_IRQ]).toEqual([MAXIMUM_COMMAND_LINE, FREE_INTERRUPT]);
});

describe("the settings of a TPM", () => {
  test("are there at the next visit, and gone with the TPM", async () => {
    const form = { append: "quiet", interface: "crb", irq: null, menu: true } as const;
    await (await open()).take(form, noMedia);
    const next = await open();
    expect(next.plan.settings).toEqual(form);
    await next.forget();
    expect(next.plan.settings).toEqual(defaultSettings);
    expect((await open()).plan.settings).toEqual(defaultSettings);
    expect(stored).toBeUndefined();
  });

  test("of the address hold for the visit, and are not stored with what the form changes", async () => {
    const keeper = await open("?interface=crb&menu=1");
    await keeper.take({ ...keeper.plan.settings, append: "quiet" }, noMedia);
    expect(keeper.plan.settings).toEqual({ append: "quiet", interface: "crb", irq: null, menu: true });
    expect(stored).toEqual({ ...defaultSettings, append: "quiet" });
  });

  test("the user is asked for arguments and files, and what is refused is not done", async () => {
    expect((await open("?interface=crb&menu=1&irq=none")).needsConsent).toBe(false);
    const keeper = await open("?append=a%3D1&interface=crb&cd=c.iso&irq=99");
    expect(keeper.needsConsent).toBe(true);
    keeper.refuse();
    expect(keeper.needsConsent).toBe(false);
    await keeper.fetchAsked(() => Promise.reject(new Error("must not be fetched")));
    expect(keeper.plan).toEqual({ settings: { ...defaultSettings, interface: "crb" }, media: noMedia });
    expect(news?.settingsProblems.map(said)).toEqual([expect.stringContaining('"irq"')]);
  });

  test("files of the address are fetched once; one that does not come is said, and does not boot", async () => {
    const keeper = await open("?cd=c.iso&floppy=f.img");
    const fetched: string[] = [];
    await keeper.fetchAsked(async (address) => {
      fetched.push(address);
      if (address.endsWith("iso")) throw new Error("HTTP 404");
      return medium("f.img");
    });
    expect(fetched.sort()).toEqual(["https://tpm.example/c.iso", "https://tpm.example/f.img"]);
    expect(keeper.plan.media).toMatchObject({ bootFrom: "kernel", files: { floppy: { name: "f.img" } } });
    expect(news?.settingsProblems.map(said)).toEqual(["https://tpm.example/c.iso could not be fetched (HTTP 404)."]);
    expect(keeper.needsConsent).toBe(false);
  });

  test("are read anew when the TPM comes back from another tab, unless they could not be kept", async () => {
    const keeper = await open("?menu=1");
    await keeper.take({ ...defaultSettings, append: "quiet", menu: true }, noMedia);
    stored = { ...defaultSettings, interface: "crb" };
    await keeper.load(OWN);
    expect(keeper.plan.settings).toEqual({ append: "", interface: "crb", irq: null, menu: true });
    failure = new Error("full");
    await keeper.take({ ...defaultSettings, append: "debug" }, noMedia);
    failure = null;
    await keeper.load(OWN);
    expect(keeper.plan.settings.append).toBe("debug");
  });

  test("a store that fails is said, and the settings hold for the visit", async () => {
    failure = new Error("The disk is full");
    const keeper = await open("?menu=1");
    expect(news?.settingsProblems.map(said)).toEqual(["The stored settings can't be read (The disk is full)."]);
    await keeper.take({ ...keeper.plan.settings, append: "quiet" }, noMedia);
    expect(keeper.plan.settings).toEqual({ ...defaultSettings, append: "quiet", menu: true });
    expect(news?.settingsProblems.map(said)).toEqual([expect.stringContaining("could not be kept (The disk is full)")]);
    await keeper.forget();
    expect(news?.settingsProblems.map(said)).toEqual([expect.stringContaining("could not be removed")]);
    keeper.dismiss();
    expect(news?.settingsProblems.map(said)).toEqual([]);
  });

  test("arguments that don't fit behind the guest's own are not taken from anywhere", async () => {
    stored = { append: "a".repeat(2047 - OWN.length) };
    const keeper = await open(`?append=${"b".repeat(2047 - OWN.length)}`);
    expect(keeper.plan.settings.append).toBe("");
    expect(keeper.needsConsent).toBe(false);
    expect(news?.settingsProblems).toHaveLength(2);
  });
});

describe("what the machine is made with", () => {
  const settings = { append: "quiet", interface: "tis", irq: 7, menu: true } as const;

  test("a kernel gets the arguments; an own one its files and their names", () => {
    const page = { interface: "tis", irq: 7, bootMenu: true, bootFrom: "kernel", cmdline: `${OWN} quiet` };
    expect(machineOptions({ settings, media: noMedia }, OWN)).toEqual(page);
    const kernel = medium("vmlinuz");
    const initrd = medium("mine.img");
    const own = withMedium(noMedia, "kernel", kernel);
    const itsOwn = { ...page, kernel: kernel.content, kernelName: "vmlinuz" };
    expect(machineOptions({ settings, media: own }, OWN)).toEqual(itsOwn);
    expect(machineOptions({ settings, media: { ...own, usesGuestInitrd: true } }, OWN)).toEqual({
      ...itsOwn,
      initrd: "guest",
    });
    expect(machineOptions({ settings, media: withMedium(own, "initrd", initrd) }, OWN)).toEqual({
      ...itsOwn,
      initrd: initrd.content,
      initrdName: "mine.img",
    });
  });

  test("a drive boots without kernel and arguments; polling and no menu are left away", () => {
    const cd = medium("a.iso");
    const media = withMedium(withMedium(noMedia, "kernel", medium("vmlinuz")), "cdrom", cd);
    expect(machineOptions({ settings: { ...defaultSettings, interface: "crb" }, media }, OWN)).toEqual({
      interface: "crb",
      disks: { cdrom: cd.content },
      bootFrom: "cdrom",
    });
  });
});
