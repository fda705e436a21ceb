import { describe, expect, it } from "vitest";
import { generate } from "./generate.ts";
import { importedFrom } from "./imports.ts";
import { readSources } from "./sources.ts";
import { repository } from "./testkit/compile.ts";

describe("what the core imports", () => {
  it("is found in lists of one line and of many, under its own name", () => {
    const texts = [
      'import { A } from "../../generated/constants";\nimport { B } from "../other";\n',
      'import {\n  C,\n  D as other,\n} from "./constants";\n// import { E } from "./constants";\n',
    ];
    expect([...importedFrom(/\/constants$/, texts)]).toEqual(["A", "C", "D"]);
  });

  it("is looked for in what is compiled: no test, no helper of tests, nothing generated", () => {
    const paths = [...readSources(repository).keys()];
    expect(paths).toContain("asm/index.ts");
    expect(paths).toContain("asm/commands/startup/Startup.ts");
    expect(paths.filter((path) => /\.test\.ts$|^asm\/testkit\/|^asm\/generated\//.test(path))).toEqual([]);
  });

  it("is all that there is of the limits", () => {
    const handlers = new Map([["PCR_Extend", "../commands/pcr/PCR_Extend"]]);
    const text = 'import { MAX_CONTEXT_SIZE } from "../base/limits";\n';
    const limits = generate({ handlers, sources: [text] }).get("limits.ts") ?? "";

    expect(limits).toContain("export const MAX_CONTEXT_SIZE: u32 = 2680;");
    expect(limits).not.toContain("MAX_NV_INDEX_SIZE");
    expect(generate({ handlers }).get("limits.ts")).toContain("MAX_NV_INDEX_SIZE");
  });
});
