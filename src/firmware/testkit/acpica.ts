/** Intel's ACPI tools (Debian: acpica-tools) as judges of our tables. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @returns what iasl makes of a table, without comments, each run of white space as one space. */
export function disassemble(table: Uint8Array): string {
  return inFolder({ table }, (folder) => {
    execFileSync("iasl", ["-d", "table.aml"], { cwd: folder, stdio: "pipe" });
    return readFileSync(join(folder, "table.dsl"), "utf8")
      .replace(/\/\*.*?\*\//gs, "")
      .replace(/\/\/.*/g, "")
      .replace(/\s+/g, " ");
  });
}

export interface Evaluation {
  /** What it returned: an integer, a string, the bytes of a buffer in hexadecimal, or a list of these; null for nothing. */
  value: unknown;
  /** ACPICA's complaints. */
  errors: string[];
}

/**
 * Loads tables into ACPICA's interpreter and evaluates methods, one after the other: memory that they write keeps its value. Memory is
 * simulated and 0 at first.
 * @param calls such as `\_SB.TPM._DSM (A6 FA) 1 7 [23 3]`: buffers in hexadecimal, integers, packages.
 */
export function evaluate(tables: Record<string, Uint8Array>, calls: readonly string[]): Evaluation[] {
  return inFolder(tables, (folder) => {
    const files = Object.keys(tables).map((name) => `${name}.aml`);
    const input = [...calls.map((call) => `evaluate ${call}`), "quit", ""].join("\n");
    const output = execFileSync("acpiexec", files, { cwd: folder, input, stdio: "pipe", encoding: "utf8" });
    const [, ...answers] = output
      .split(/^(?:- )?evaluate .*$|^Evaluating /m)
      .filter((part, index) => index === 0 || part.trim() !== "");
    return answers.map((answer) => ({
      value: returned(answer),
      errors: answer.match(/^.*(?:ACPI Error|failed with status).*$/gm) ?? [],
    }));
  });
}

function returned(answer: string): unknown {
  const lines = answer.split("\n").flatMap((line) => {
    const [, indent = "", kind, rest = ""] = /^( {2,})\[(\w+)\] (.*)$/.exec(line) ?? [];
    return kind === undefined ? [] : [{ indent: indent.length, kind, rest }];
  });
  const [first, ...elements] = lines.map(({ kind, rest }) => {
    switch (kind) {
      case "Integer":
        return Number(BigInt(`0x${/= ([0-9A-F]+)/.exec(rest)?.[1]}`));
      case "String":
        return /= "(.*)"/.exec(rest)?.[1];
      case "Buffer":
        return (/: ((?:[0-9A-F]{2} )+)/.exec(rest)?.[1] ?? "").replaceAll(" ", "").toLowerCase();
      case "Package":
        return [];
      default:
        throw new Error(`acpiexec returned a ${kind}: ${rest}`);
    }
  });
  if (first === undefined) return null;
  return Array.isArray(first) ? elements : first;
}

function inFolder<Result>(tables: Record<string, Uint8Array>, work: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-acpi-"));
  try {
    for (const [name, table] of Object.entries(tables)) writeFileSync(join(folder, `${name}.aml`), table);
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
