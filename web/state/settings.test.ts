import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { said } from "../words/index.ts";
import { needsConsent, readAddress, readAskedFiles } from "./address.ts";
import { afterForm, type Choices, chosen, fromAddress, isPending, plan } from "./choices.ts";
import { noMedia } from "./media.ts";
import {
  argumentsProblem,
  COMMAND_LINE_LIMIT,
  defaultSettings,
  fitted,
  readStored,
  type Settings,
  settingNames,
} from "./settings.ts";

const OWN = "console=ttyS0";
const PAGE = "https://tpm.example/some/where/";

/** Settings as a form can give them. */
const settings: fc.Arbitrary<Settings> = fc
  .record({
    append: fc.string({ unit: "grapheme-ascii", maxLength: 40 }).map((text) => text.trim()),
    interface: fc.constantFrom("tis" as const, "crb" as const),
    irq: fc.constantFrom(null, 7),
    menu: fc.boolean(),
  })
  .map(fitted);

const choices: fc.Arbitrary<Choices> = fc
  .tuple(settings, settings, fc.subarray([...settingNames]))
  .map(([kept, other, names]) => ({
    kept,
    asked: Object.fromEntries(names.map((name) => [name, other[name]])),
    media: noMedia,
  }));

describe("the kernel's arguments", () => {
  test("fit up to the last octet, whatever they are made of", () => {
    const room = COMMAND_LINE_LIMIT - OWN.length - 1;
    expect(argumentsProblem("a".repeat(room), OWN)).toBeNull();
    expect(argumentsProblem("a".repeat(room + 1), OWN)).toContain("this is one of 2048. Make it 1 shorter");
    const letters = "ä".repeat(Math.floor(room / 2));
    expect(argumentsProblem(`${letters}a`, OWN)).toBeNull();
    expect(argumentsProblem(`${letters}ä`, OWN)).toContain("Make it 1 shorter");
    expect(argumentsProblem("", "a".repeat(COMMAND_LINE_LIMIT))).toBeNull();
  });

  test.each([
    ["a\nb", "U+000A) at place 2"],
    ["\0", "U+0000) at place 1"],
    ["ab\x7f", "U+007F) at place 3"],
    ["\u0085", "U+0085"],
    ["a\ud800", "half a character at place 2"],
  ])("%j is refused where it is wrong", (append, words) => {
    expect(argumentsProblem(append, OWN)).toContain(words);
  });

  test("what is not refused is one line that encodes to what it was, and short enough", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3000 }), (append) => {
        if (argumentsProblem(append, OWN) !== null) return;
        const bytes = new TextEncoder().encode(`${OWN} ${append}`);
        expect(bytes.length).toBeLessThanOrEqual(COMMAND_LINE_LIMIT + 1);
        expect(bytes.every((octet) => octet >= 0x20 && octet !== 0x7f)).toBe(true);
        expect(new TextDecoder().decode(bytes)).toBe(`${OWN} ${append}`);
      }),
    );
  });
});

describe("what was stored", () => {
  test("comes back as it was", () => {
    fc.assert(
      fc.property(settings, (kept) => {
        expect(readStored(structuredClone(kept), OWN)).toEqual({ value: kept, problems: [] });
      }),
    );
    expect(readStored(undefined, OWN)).toEqual({ value: defaultSettings, problems: [] });
  });

  test("what is missing is its default, without a word: a version before did not have it", () => {
    expect(readStored({ append: "quiet" }, OWN)).toEqual({
      value: { ...defaultSettings, append: "quiet" },
      problems: [],
    });
  });

  test("what can't be is said, and the rest is taken", () => {
    const { value, problems } = readStored({ append: "a\nb", interface: "fifo", irq: 5, menu: "yes" }, OWN);
    expect(value).toEqual(defaultSettings);
    expect(problems).toHaveLength(4);
    expect(said(problems[1]!)).toBe('The stored setting "interface" can\'t be "fifo".');
  });

  test("whatever lies there gives settings that the form could have given", () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
      fc.record(Object.fromEntries(settingNames.map((name) => [name, fc.anything()])), { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(anything, (stored) => {
        const { value } = readStored(stored, OWN);
        expect(readStored(value, OWN)).toEqual({ value, problems: [] });
      }),
    );
  });
});

describe("the page's address", () => {
  test("has a parameter for each setting", () => {
    expect(readAddress("?interface=crb&menu=1&append=quiet%20loglevel%3D3&irq=none&utm_source=x", OWN)).toEqual({
      value: { interface: "crb", menu: true, append: "quiet loglevel=3", irq: null },
      problems: [],
    });
    expect(readAddress("?irq=7&interface=TIS&menu=0", OWN).value).toEqual({ irq: 7, interface: "tis", menu: false });
    expect(readAddress("", OWN)).toEqual({ value: {}, problems: [] });
  });

  test.each([
    ["?interface=lpc", 'There is no interface "lpc"'],
    ["?irq=5", 'The TPM can\'t have the interrupt "5"'],
    ["?irq=07", 'the interrupt "07"'],
    ["?menu=yes", 'It is 1 or 0, not "yes"'],
    ["?append=a%0Ab", "control character (U+000A) at place 2"],
    ["?append=quiet%20%E2%80%AEx%3Dtinidr%E2%80%AC", "invisible character (U+202E) at place 7"],
    ["?append=a%E2%80%A8b", "invisible character (U+2028) at place 2"],
    [`?append=${"a".repeat(2048)}`, "this is one of 2062"],
    ["?interface=crb&irq=7", "CRB has no interrupt"],
    ["?append=%FF&menu=2", "It is 1 or 0"],
  ])("%s: what can't be taken is said, and is as if it were not there", (search, words) => {
    const { value, problems } = readAddress(search, OWN);
    expect(problems.map(said).join("\n")).toContain(words);
    expect(value.irq ?? null).toBeNull();
    expect(value.menu).toBeUndefined();
    expect(value.append ?? "").not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test("of a parameter that is there twice the first one counts", () => {
    const { value, problems } = readAddress("?menu=1&menu=0", OWN);
    expect(value).toEqual({ menu: true });
    expect(problems.map(said)).toEqual(['The page\'s address has "menu" 2 times: the first one counts.']);
  });

  test("whatever it is, it never throws, and asks for what the form could have given", () => {
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("crb", "tis", "7", "1", "0", "%", "%ff"));
    const pair = fc.tuple(fc.constantFrom("interface", "irq", "menu", "append", "APPEND", "x"), value);
    fc.assert(
      fc.property(fc.array(pair), fc.boolean(), (pairs, encodes) => {
        const search = pairs
          .map(([name, text]) => `${name}=${encodes ? encodeURIComponentSafely(text) : text}`)
          .join("&");
        const asked = readAddress(`?${search}`, OWN).value;
        const all = { ...defaultSettings, ...asked };
        expect(readStored(all, OWN)).toEqual({ value: all, problems: [] });
        expect(needsConsent(asked, readAskedFiles(`?${search}`, PAGE).value)).toBe(all.append !== "");
      }),
    );
  });
});

/** encodeURIComponent throws on half characters. */
const encodeURIComponentSafely = (text: string) => new URLSearchParams({ text }).toString().slice("text=".length);

describe("the address and what is kept", () => {
  const kept: Settings = { append: "quiet", interface: "tis", irq: 7, menu: false };

  test("the address stands before what is kept, for settings that it has", () => {
    const both: Choices = { kept, asked: { append: "", menu: true }, media: noMedia };
    expect(chosen(both)).toEqual({ append: "", interface: "tis", irq: 7, menu: true });
    expect(fromAddress(both)).toEqual(["append", "menu"]);
  });

  test("an interrupt that is kept rests while the address asks for CRB", () => {
    const crb: Choices = { kept, asked: { interface: "crb" }, media: noMedia };
    expect(chosen(crb).irq).toBeNull();
    expect(afterForm(crb, { ...chosen(crb), menu: true }).kept).toEqual({ ...kept, menu: true });
    expect(chosen(afterForm(crb, { ...chosen(crb), interface: "tis" })).irq).toBeNull();
  });

  test("a form gives what is in it; what it leaves as the address has it is not kept", () => {
    fc.assert(
      fc.property(choices, settings, (before, form) => {
        const after = afterForm(before, form);
        expect(chosen(after)).toEqual(form);
        for (const name of fromAddress(after)) expect(form[name]).toEqual(chosen(before)[name]);
        for (const name of settingNames) {
          const isLeft = form[name] === chosen(before)[name];
          // An interrupt of the address that was at rest may be what the form undoes.
          if (isLeft && name !== "irq" && Object.hasOwn(before.asked, name)) expect(fromAddress(after)).toContain(name);
        }
        // An address alone changes nothing that is kept.
        expect(afterForm(before, chosen(before)).kept).toEqual(before.kept);
      }),
    );
  });

  test("the PC is another one until it has been started with what is chosen", () => {
    fc.assert(
      fc.property(choices, settings, (before, form) => {
        const running = plan(before);
        expect(isPending(running, before)).toBe(false);
        expect(isPending(running, afterForm(before, form))).toBe(
          JSON.stringify(form) !== JSON.stringify(running.settings),
        );
        expect(isPending(null, before)).toBe(false);
      }),
    );
  });
});
