import { describe, expect, it } from "vitest";
import { algorithms, curves, digestSize, TPM_ALG, TPM_ECC } from "./algorithms.ts";
import { attributeBits, attributeField, hasAttribute } from "./attributes.ts";
import { chapters, commandAttributes, commandNamed, commands, commandWithCode, TPM_CC } from "./commands.ts";
import { ERASING_COMMANDS } from "./erasures.ts";
import { evaluate } from "./expression.ts";
import { TPM_RC } from "./responseCodes.ts";
import type { Field, StructureType } from "./rows.ts";
import { rc } from "./testkit/responseCode.ts";
import { constantValues, integerOf, resolveAlias, typeNamed, types } from "./types.ts";

const rows = Object.entries(types);
const structures = rows.filter((entry): entry is [string, StructureType] => entry[1].kind === "structure");
const commandFields = commands.flatMap((command) =>
  [command.handles, command.parameters, command.responseHandles, command.response].map((fields) => ({
    command,
    fields: fields as readonly Field[],
  })),
);

/** Algorithms with exactly the letters of `exactly`, or with at least those of `least` (Part 2, 4.13). */
function algorithmsOf({ exactly, least, of }: { exactly?: string; least?: string; of?: "RSA" | "ECC" }): string[] {
  return Object.entries(algorithms)
    .filter(([, row]) => exactly === undefined || [...row.type].sort().join("") === [...exactly].sort().join(""))
    .filter(([, row]) => least === undefined || [...least].every((letter) => row.type.includes(letter)))
    .filter(([, row]) => of === undefined || ("of" in row && row.of === of))
    .map(([name]) => name);
}
function acceptedBy(name: string): string[] {
  const row = typeNamed(name);
  return row.kind === "interface" ? [...row.accepts].sort() : [];
}
function selectorsOf(name: string): string[] {
  const row = typeNamed(name);
  if (row.kind !== "union") return [];
  return row.members.flatMap((member) => (member.selector === undefined ? [] : [member.selector])).sort();
}

describe("types of Part 2", () => {
  it("every type that is named exists", () => {
    for (const [, row] of rows) {
      if ("base" in row) expect(integerOf(row.base)).not.toBeNull();
      if (row.kind === "alias") expect(types).toHaveProperty(row.of);
      if (row.kind === "sized" || row.kind === "list") expect(types).toHaveProperty(row.field.type);
      if (row.kind === "union")
        for (const { type } of row.members) if (type !== undefined) expect(types).toHaveProperty(type);
    }
    for (const fields of [...structures.map(([, row]) => row.fields), ...commandFields.map(({ fields }) => fields)])
      for (const { type } of fields) expect(types).toHaveProperty(type);
  });

  it("a selector is an earlier field of the same structure, and the union knows every value it can have", () => {
    for (const [name, { fields }] of structures) {
      fields.forEach((field, index) => {
        if (field.selector === undefined) return;
        const selector = fields.slice(0, index).find((earlier) => earlier.name === field.selector);
        expect(selector, `${name}.${field.name}`).toBeDefined();
        const interfaceRow = typeNamed(selector?.type ?? "");
        if (interfaceRow.kind !== "interface") return;
        const possible = [
          ...interfaceRow.accepts,
          ...(selector?.allowNull === "never" ? [] : [interfaceRow.null ?? ""]),
        ];
        expect(selectorsOf(field.type), `${name}.${field.name}`).toEqual(expect.arrayContaining(possible));
      });
    }
  });

  it("a union is used only where a field selects its member", () => {
    for (const [name, { fields }] of structures)
      for (const field of fields)
        expect(types[field.type]?.kind === "union", `${name}.${field.name}`).toBe(field.selector !== undefined);
    for (const { command, fields } of commandFields)
      for (const field of fields) expect(types[field.type]?.kind, command.name).not.toBe("union");
  });

  it("a type that is written with + has a null value or hands it on", () => {
    const takesNull = (name: string): boolean => {
      const row = typeNamed(resolveAlias(name));
      if (row.kind === "interface") return row.null !== undefined;
      if (row.kind === "structure") return row.fields.some((field) => field.allowNull === "inherit");
      return row.kind === "sized" && row.field.allowNull === "inherit";
    };
    for (const fields of [...structures.map(([, row]) => row.fields), ...commandFields.map(({ fields }) => fields)])
      for (const field of fields) if (field.allowNull !== "never") expect(takesNull(field.type), field.type).toBe(true);
  });

  it("named values and errors exist", () => {
    for (const [name, row] of rows) {
      if ("error" in row && row.error !== undefined) expect(TPM_RC, name).toHaveProperty(row.error);
      if (row.kind !== "interface") continue;
      for (const value of row.accepts.flatMap((text) => text.split("..")))
        if (!/^0x|CURVES|KEY_BITS/.test(value)) expect(constantValues.has(value), value).toBe(true);
    }
  });

  it("interface types list the algorithms of their class in the registry", () => {
    const sorted = (...lists: string[][]) => [...new Set(lists.flat())].sort();
    expect(acceptedBy("TPMI_ALG_HASH")).toEqual(sorted(algorithmsOf({ exactly: "H" })));
    expect(acceptedBy("TPMI_ALG_ASYM")).toEqual(sorted(algorithmsOf({ exactly: "AO" })));
    expect(acceptedBy("TPMI_ALG_SYM")).toEqual(sorted(algorithmsOf({ exactly: "S" }), ["TPM_ALG_XOR"]));
    expect(acceptedBy("TPMI_ALG_SYM_OBJECT")).toEqual(sorted(algorithmsOf({ exactly: "S" })));
    expect(acceptedBy("TPMI_ALG_SYM_MODE")).toEqual(
      sorted(algorithmsOf({ exactly: "SE" }), algorithmsOf({ exactly: "SX" })),
    );
    expect(acceptedBy("TPMI_ALG_KDF")).toEqual(sorted(algorithmsOf({ exactly: "HM" })));
    expect(acceptedBy("TPMI_ALG_SIG_SCHEME")).toEqual(sorted(algorithmsOf({ least: "AX" }), ["TPM_ALG_HMAC"]));
    expect(acceptedBy("TPMI_ECC_KEY_EXCHANGE")).toEqual(
      sorted(algorithmsOf({ least: "AM", of: "ECC" }), ["TPM_ALG_SM2"]),
    );
    expect(acceptedBy("TPMI_ALG_MAC_SCHEME")).toEqual(
      sorted(algorithmsOf({ exactly: "SX" }), algorithmsOf({ exactly: "H" })),
    );
    expect(acceptedBy("TPMI_ALG_CIPHER_MODE")).toEqual(sorted(algorithmsOf({ exactly: "SE" })));
    expect(acceptedBy("TPMI_ALG_ASYM_SCHEME")).toEqual(
      sorted(algorithmsOf({ least: "AM" }), algorithmsOf({ least: "AX" }), algorithmsOf({ least: "AE" })),
    );
    expect(acceptedBy("TPMI_ALG_RSA_SCHEME")).toEqual(
      sorted(algorithmsOf({ least: "AE", of: "RSA" }), algorithmsOf({ least: "AX", of: "RSA" })),
    );
    expect(acceptedBy("TPMI_ALG_RSA_DECRYPT")).toEqual(sorted(algorithmsOf({ least: "AE", of: "RSA" })));
    expect(acceptedBy("TPMI_ALG_ECC_SCHEME")).toEqual(
      sorted(algorithmsOf({ least: "AX", of: "ECC" }), algorithmsOf({ least: "AM", of: "ECC" })),
    );
    expect(acceptedBy("TPMI_ALG_PUBLIC")).toEqual(sorted(algorithmsOf({ least: "O" })));
  });

  it("TPMU_HA has the digest sizes of the registry", () => {
    const row = typeNamed("TPMU_HA");
    if (row.kind !== "union") throw new Error("TPMU_HA is a union");
    for (const member of row.members) {
      const id = TPM_ALG[member.selector as keyof typeof TPM_ALG];
      expect(digestSize(id)).toBe(Number(member.count ?? 0));
    }
  });

  it("reserved bits are those of Part 2", () => {
    const reserved = (name: string) => {
      const row = typeNamed(name);
      return row.kind === "attributes" ? row.reserved : -1;
    };
    expect(reserved("TPMA_OBJECT")).toBe(0xfff0f309);
    expect(reserved("TPMA_SESSION")).toBe(0x18);
    expect(reserved("TPMA_NV")).toBe(0x01f00300);
    expect(reserved("TPMA_LOCALITY")).toBe(0);
    expect(reserved("TPMA_ALGORITHM")).toBe(0xfffff8f0);
    expect(reserved("TPMA_CC")).toBe(0xc03f0000);
  });

  it("attributes are told by their names", () => {
    expect(attributeBits("TPMA_SESSION", "continueSession", "audit")).toBe(0x81);
    expect(attributeBits("TPMA_STARTUP_CLEAR", "orderly")).toBe(0x80000000);
    expect(attributeBits("TPMA_NV", "TPM_NT")).toBe(0xf0);
    expect(attributeBits("TPMA_OBJECT")).toBe(0);
    expect(hasAttribute("TPMA_STARTUP_CLEAR", 0x80000000, "orderly")).toBe(true);
    expect(hasAttribute("TPMA_NV", 0x40, "TPM_NT")).toBe(true);
    expect(attributeField("TPMA_NV", 0xffffff8f, "TPM_NT")).toBe(8);
    expect(attributeField("TPMA_STARTUP_CLEAR", 0xffffffff, "orderly")).toBe(1);
    expect(hasAttribute("TPMA_PERMANENT", ~0x100, "disableClear")).toBe(false);
  });

  it("response codes of format one have bit 7, those of format zero have bit 8 and not bit 7", () => {
    expect(TPM_RC.TPM_RC_SUCCESS).toBe(0);
    expect(TPM_RC.TPM_RC_HASH & 0x80).toBe(0x80);
    expect(TPM_RC.TPM_RC_COMMAND_CODE & 0x180).toBe(0x100);
    expect(TPM_RC.TPM_RC_LOCALITY & 0xf80).toBe(0x900);
    expect(new Set(Object.values(TPM_RC)).size).toBe(Object.keys(TPM_RC).length);
  });

  it("a response code is put together from the error and what it is about", () => {
    expect(rc("TPM_RC_NV_LOCKED")).toBe(0x148);
    expect(rc("TPM_RC_SIZE", { parameter: 1 })).toBe(0x1d5);
    expect(rc("TPM_RC_BAD_AUTH", { session: 1 })).toBe(0x9a2);
    expect(rc("TPM_RC_HANDLE", { handle: 2 })).toBe(0x28b);
  });

  it("every curve but NONE has a row", () => {
    expect(Object.keys(curves)).toEqual(Object.keys(TPM_ECC).filter((name) => name !== "TPM_ECC_NONE"));
  });
});

describe("commands of Part 3", () => {
  it("codes are unique, but for the pairs that CMAC renames", () => {
    const shared = commands.filter(({ code, name }) => commandWithCode(code)?.name !== name).map(({ name }) => name);
    expect(shared).toEqual(["HMAC", "HMAC_Start"]);
    expect(TPM_CC.TPM_CC_PCR_Extend).toBe(0x182);
    expect([...ERASING_COMMANDS].map((code) => commandWithCode(code)?.name).sort()).toEqual([
      "ChangeEPS",
      "ChangePPS",
      "Clear",
      "EvictControl",
      "NV_UndefineSpace",
      "NV_UndefineSpaceSpecial",
    ]);
    expect(commandWithCode(0x155)?.name).toBe("MAC");
    expect(commandWithCode(0x15b)?.name).toBe("MAC_Start");
    expect(new Set(commands.map(({ code }) => code)).size).toBe(commands.length - 2);
  });

  it("every code of the library from 0x11f to 0x19a is there, but for those that were never assigned", () => {
    const missing: number[] = [];
    for (let code = 0x11f; code <= 0x19a; code++) if (commandWithCode(code) === undefined) missing.push(code);
    expect(missing).toEqual([0x123, 0x15a, 0x15f, 0x166, 0x175]);
  });

  it("sections go up with the order, and their chapters have titles", () => {
    let previous = [0, 0];
    for (const { section, name } of commands) {
      const [chapter = 0, number = 0] = section.split(".").map(Number);
      expect(chapters, name).toHaveProperty(String(chapter));
      expect(chapter > (previous[0] ?? 0) || number > (previous[1] ?? 0), name).toBe(true);
      previous = [chapter, number];
    }
    expect(commandNamed("PCR_Read").section).toBe("22.4");
    expect(commandNamed("Startup").section).toBe("9.3");
    expect(commandNamed("NV_Certify").section).toBe("31.16");
  });

  it("handles come first as integers of four octets; one that needs authorisation makes sessions required", () => {
    for (const command of commands) {
      for (const handle of [...command.handles, ...command.responseHandles])
        expect(integerOf(handle.type)?.bytes, `${command.name}.${handle.name}`).toBe(4);
      const authorised = command.handles.filter(({ role }) => role !== null);
      expect(command.sessions === "required", command.name).toBe(authorised.length > 0);
      // Part 3, 5.3: the handles that need authorisation come before those that don't.
      expect(command.handles.slice(0, authorised.length)).toEqual(authorised);
    }
  });

  it("TPMA_CC of some commands, as libtpms reports it", () => {
    const expected: Record<string, number> = {
      NV_UndefineSpaceSpecial: 0x0440011f,
      HierarchyControl: 0x02c00121,
      Clear: 0x02c00126,
      PCR_Event: 0x0240013c,
      SequenceComplete: 0x0300013e,
      CreatePrimary: 0x12000131,
      Load: 0x12000157,
      GetSessionAuditDigest: 0x0600014d,
      EventSequenceComplete: 0x05400185,
      GetRandom: 0x0000017b,
    };
    for (const [name, value] of Object.entries(expected))
      expect(commandAttributes(commandNamed(name)).toString(16), name).toBe(value.toString(16));
  });
});

describe("expressions", () => {
  const names = {
    name: (name: string) => ({ A: 3, B: 10 })[name] ?? Number.NaN,
    call: (fn: string, argument: string) => (fn === "sizeof" ? argument.length : Number.NaN),
  };
  it("follow the usual precedence and round divisions down", () => {
    expect(evaluate("A + B * 2 - 1", names)).toBe(22);
    expect(evaluate("(A + B) / 2", names)).toBe(6);
    expect(evaluate("0x80000000 + B - 1", names)).toBe(0x80000009);
    expect(evaluate("sizeof(ABCD) | 1 << 4", names)).toBe(20);
  });
  it("refuse what they cannot read", () => {
    for (const text of ["", "A +", "(A", "A B", "sizeof()", "A % 2"])
      expect(() => evaluate(text, names)).toThrow(/cannot read/);
  });
});
