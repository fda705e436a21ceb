/** The coverage as a page of Markdown. */
import { chapters } from "../commands.ts";
import type { CommandCoverage } from "./collect.ts";

export function printCoverage(coverage: readonly CommandCoverage[]): string {
  const present = coverage.filter(({ handler }) => handler !== null).length;
  const lines = [
    "# Commands: what is there, what is missing",
    "",
    "Printed by `node dist/spec/generate/coverage.js` from the tables in `src/spec`, the handlers in `asm/commands` and the tests;",
    "not edited by hand. A command without a handler answers TPM_RC_COMMAND_CODE and is absent from TPM2_GetCapability.",
    "",
    "- *Section*: of TPM 2.0 Part 3, revision 1.59.",
    "- *Recorded*: answers of libtpms 0.9.2 to the command that the core is compared with, byte for byte.",
    "- *Tests*: test files, and scenarios that several of them play, which send the command or name it.",
    "- *Differs*: clauses in which the answer is not that of libtpms, from the list in [decisions.md](decisions.md).",
    "",
    `${present} of ${coverage.length} commands have a handler.`,
  ];
  let chapter = "";
  for (const { command, handler, tests, recorded, differences } of coverage) {
    const [number = ""] = command.section.split(".");
    if (number !== chapter) {
      chapter = number;
      lines.push("", `## ${number} ${chapters[number] ?? ""}`, "");
      lines.push(
        "| Command | Code | Section | Handler | Recorded | Differs | Tests |",
        "|---|---|---|---|---:|---|---|",
      );
    }
    const name = `TPM2_${command.name}`;
    const code = `0x${command.code.toString(16).padStart(8, "0")}`;
    const handlerCell = handler === null ? "missing" : `[present](../${handler})`;
    const testCell = tests.map((file) => `[${file.slice(file.lastIndexOf("/") + 1)}](../${file})`).join(", ");
    lines.push(
      `| ${name} | ${code} | ${command.section} | ${handlerCell} | ${recorded || ""} | ${differences.join("; ")} | ${testCell} |`,
    );
  }
  return `${lines.join("\n")}\n`;
}
