import { readdirSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { literalsOf } from "./literals.ts";

const web = fileURLToPath(new URL("../../web/", import.meta.url));
const files = readdirSync(web, { recursive: true, encoding: "utf8" })
  .map((name) => name.split(sep).join("/"))
  .filter((name) => /\.tsx?$/.test(name) && !/\.d\.ts$|\.test\.|\/testkit\/|^words\//.test(name))
  .sort();
const found = files.flatMap((file) => literalsOf(file, readFileSync(web + file, "utf8")));

/** The field's own, and a name. */
const TERMS = new Set(["PCR", "tabtpm"]);

/** What reads as words, and is the same in every language. */
const NO_WORDS: readonly { readonly file: string; readonly text: string; readonly why: string }[] = [
  { file: "first.tsx", text: "index.html has no element #app", why: "a mistake of ours, for the console" },
  {
    file: "pc/scripting.ts",
    text: "The PC is not running yet: await tabtpm.ready first.",
    why: "for who writes scripts, like the library's own errors",
  },
  ...[
    "There is no PC to type into: call start() first.",
    "The last <tab-tpm> of this machine was removed while it started.",
    "The TPM is kept under a name, and is not replaced.",
  ].map((text) => ({
    file: "element/sharedMachine.ts",
    text,
    why: "for who writes the page around the element, like the library's own errors",
  })),
  ...["owner", "endorsement", "platform", "null"].map((name) => ({
    file: "panels/explorer/Tree.tsx",
    text: `hierarchy ${name}`,
    why: "an entry's key",
  })),
  ...["The evil maid was here.", "The evil maid has put in a card."].map((text) => ({
    file: "demos/engine/changes.ts",
    text,
    why: "the guest's console says it",
  })),
  { file: "demos/engine/lines.ts", text: "The vault is open", why: "what is sealed; the guest's console says it" },
  {
    file: "pc/lessons/page.ts",
    text: "This TPM is your own: nothing is put in its place.",
    why: "for who writes demos: the drawer draws none on a TPM of the user's",
  },
  { file: "demos/engine/maker.ts", text: "PUBLIC KEY", why: "a PEM label" },
  { file: "panels/PcrPanel.tsx", text: "th button", why: "a selector" },
  { file: "panels/FilesPanel.tsx", text: "Files", why: "what browsers call files that are dragged" },
  {
    file: "panels/commands/CommandRow.tsx",
    text: "L",
    why: "before a locality's number, as the field has it; its title has words",
  },
  { file: "panels/commands/Toolbar.tsx", text: "JSON", why: "the name of a format" },
  { file: "ui/tpms/TpmsDialog.tsx", text: "input, select, button:not(:disabled)", why: "a selector" },
  { file: "ui/BootProgress.tsx", text: "to come", why: "a value of data-step, for the style" },
  ...[
    ["ui/tpms/TpmList.tsx", "Label"],
    ["ui/snapshots/SnapshotList.tsx", "Label"],
    ["ui/snapshots/SnapshotsDialog.tsx", "Title"],
  ].map(([file = "", text = ""]) => ({ file, text, why: "the end of a name in the catalogue" })),
  ...[
    ["bridge/ConnectForm.tsx", "npx tabtpm bridge --to swtpm:127.0.0.1:2321", "a command"],
    ["bridge/ConnectForm.tsx", "ws://127.0.0.1:8765/#TOKEN", "an address, as the bridge prints it"],
    [
      "pc/migration/keys.ts",
      "The TPM is encrypted: it needs its passphrase.",
      "a detail, as in the library's own error",
    ],
    ["pc/snapshots/host.ts", "This page has no PC with", "a detail, as in the library's own error"],
    [
      "pc/snapshots/vault.ts",
      "The TPM has the passphrase, and its snapshots have not all got it.",
      "its dialog says it in its own words",
    ],
  ].map(([file = "", text = "", why = ""]) => ({ file, text, why })),
  {
    file: "pc/migration/mover.ts",
    text: "The move was cancelled.",
    why: "a detail; the dialog says in its own words that it was",
  },
  {
    file: "pc/migration/kept.ts",
    text: "The PC can't go on where it stood (",
    why: "an error's own message: what the page says of it is made of its kind (troubles.ts)",
  },
  {
    file: "pc/snapshots/host.ts",
    text: "Nothing is kept of the machine.",
    why: "a detail of a damaged record, like the library's own errors",
  },
  {
    file: "offline/keeper.ts",
    text: "The page",
    why: "for who debugs the service worker; the page says it in its own words",
  },
  { file: "offline/keeper.ts", text: "Not kept", why: "the status line of a response" },
  {
    file: "pc/parts.ts",
    text: "The page can't be loaded anew: HTTP",
    why: "a detail; what is said is that the network is to come back",
  },
  { file: "ui/SettingsDialog.tsx", text: "TIS (tpm_tis)", why: "names of the specification and of Linux" },
  { file: "ui/SettingsDialog.tsx", text: "CRB (tpm_crb)", why: "names of the specification and of Linux" },
];
const isException = ({ file, text }: { file: string; text: string }) =>
  TERMS.has(text) || NO_WORDS.some((exception) => exception.file === file && exception.text === text);

describe("every word of the page is the catalogue's", () => {
  test("no component, and nothing that makes sentences, has words of its own", () => {
    const own = found.filter((literal) => !isException(literal));
    expect(own.map(({ file, line, text }) => `web/${file}:${line}: ${text}`)).toEqual([]);
  });

  test("each exception is one", () => {
    expect(NO_WORDS.filter(({ file, text }) => !found.some((it) => it.file === file && it.text === text))).toEqual([]);
  });
});

describe("words are found", () => {
  const texts = (text: string, file = "x.tsx") => literalsOf(file, text).map((literal) => literal.text);

  test.each([
    ["between tags", "<p>Reset</p>", ["Reset"]],
    ["between tags, beside values", "<p>{n} of them</p>", ["of them"]],
    ["in what is read or heard", '<a title="x" aria-label={`y`} placeholder={"z"} />', ["x", "y", "z"]],
    ["in what a component is given", '<Modal title="a" hint={b ? "c" : d && "e"} />', ["a", "c", "e"]],
    ["in choices between tags", '<b>{on ? "on" : "off"}{is && "yes"}{`kB`}</b>', ["on", "off", "yes", "kB"]],
    ["in tables", 'const a = { tpm: "Images", bios: ["boot loader code"] };', ["Images", "boot loader code"]],
    ["in code of an attribute", '<a onClick={() => say("Not now.")} />', ["Not now."]],
  ])("%s", (_, text, expected) => {
    expect(texts(text)).toEqual(expected);
  });

  test.each([
    ["what the browser reads", '<a class="a b" type="button" role="alert" data-x="A b" aria-live="polite" />'],
    ["what is compared", 'const a = key === "Escape" || key !== "Tab";'],
    ["imports and types", 'import "Some thing"; type A = "not ready" | "Off"; const a: "Two words" = b;'],
    ["names of properties and keys", 'const a = { "Content Type": 1 }; const b = c["Some key"];'],
    ["signs and numbers", "<p>{a} ✓ 12 %</p>"],
  ])("not in %s", (_, text) => {
    expect(texts(text)).toEqual([]);
  });

  test("in a file without tags only what reads as a sentence", () => {
    expect(texts('say("The TPM is locked."); name("Startup"); state("not ready");', "x.ts")).toEqual([
      "The TPM is locked.",
    ]);
  });
});
