import { describe, expect, it } from "vitest";
import { commandNamed } from "../commands.ts";
import { repository } from "../generate/testkit/compile.ts";
import { collectCoverage, countRecorded, differencesOf, mentions } from "./collect.ts";
import { printCoverage } from "./print.ts";

describe("coverage", () => {
  const coverage = collectCoverage(repository);

  it("every command with a handler has a test or an answer of libtpms on record", () => {
    const untested = coverage.filter(
      ({ handler, tests, recorded }) => handler !== null && tests.length + recorded === 0,
    );
    expect(untested.map(({ command }) => command.name)).toEqual([]);
  });

  it("finds handlers, tests and recorded answers", () => {
    const startup = coverage.find(({ command }) => command.name === "Startup");
    expect(startup?.handler).toBe("asm/commands/startup/Startup.ts");
    expect(startup?.recorded).toBeGreaterThan(0);
    const extend = coverage.find(({ command }) => command.name === "PCR_Extend");
    expect(extend?.tests).toContain("asm/commands/integrityCollection/pcrs.test.ts");
    // Scenarios of the test kit count; a handler of the chapter "Testing" is no test.
    const create = coverage.find(({ command }) => command.name === "Create");
    expect(create?.tests).toContain("asm/testkit/objects.ts");
    const selfTest = coverage.find(({ command }) => command.name === "SelfTest");
    expect(selfTest?.tests).toContain("asm/commands/testing/testing.test.ts");
    expect(selfTest?.tests).not.toContain("asm/commands/testing/SelfTest.ts");
  });

  it("counts the commands of a transcript by their codes", () => {
    const transcript =
      "# a comment\nStartup\t80010000000c000001440000\t8001\nStartup again\t80010000000c000001440001\t8001\nshort\t8001\t80\n";
    expect([...countRecorded(transcript)]).toEqual([[0x144, 2]]);
  });

  it("finds the clauses of a command's differences, and only in their list", () => {
    const decisions =
      "## Before\n- TPM2_Clear (Part 3, 1.1)\n## Where the specification and libtpms differ\n" +
      "- RSA_Encrypt (Part 3, 14.2)\n  and more\n- what is Clear is not meant (Part 3, 2)\n- TPM2_Clear differs\n## After\n- RSA_Encrypt (Part 3, 9)\n";
    expect(differencesOf(decisions, commandNamed("RSA_Encrypt"))).toEqual(["Part 3, 14.2"]);
    expect(differencesOf(decisions, commandNamed("Clear"))).toEqual(["yes"]);
    expect(differencesOf(decisions, commandNamed("Startup"))).toEqual([]);
  });

  it("sees a command in a test by its name or its code, and no other", () => {
    const clear = commandNamed("Clear");
    expect(mentions('describe("TPM2_Clear", () => {})', clear)).toBe(true);
    expect(mentions("command(0x126, [RH.PLATFORM])", clear)).toBe(true);
    expect(mentions("command(CC.Clear, [])", clear)).toBe(true);
    expect(mentions("TPM2_ClearControl, command(0x1260), clear()", clear)).toBe(false);
  });

  it("prints a row for each command, under its chapter", () => {
    const page = printCoverage([
      {
        command: commandNamed("PCR_Read"),
        handler: "asm/commands/pcr/PCR_Read.ts",
        tests: ["asm/commands/pcr/pcr.test.ts"],
        recorded: 3,
        differences: ["Part 3, 22.4"],
      },
      { command: commandNamed("ECDH_ZGen"), handler: null, tests: [], recorded: 0, differences: [] },
    ]);
    expect(page).toContain("1 of 2 commands have a handler.");
    expect(page).toContain("## 22 Integrity Collection (PCR)");
    expect(page).toContain(
      "| TPM2_PCR_Read | 0x0000017e | 22.4 | [present](../asm/commands/pcr/PCR_Read.ts) | 3 | Part 3, 22.4 | [pcr.test.ts](../asm/commands/pcr/pcr.test.ts) |",
    );
    expect(page).toContain("| TPM2_ECDH_ZGen | 0x00000154 | 14.5 | missing |  |  |  |");
  });
});
