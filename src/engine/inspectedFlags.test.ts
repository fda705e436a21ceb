import { expect, test } from "vitest";
import type { LayoutTable } from "../spec/layout/rows.ts";
import { objectTable, sessionTable } from "../spec/layout/slots.ts";
import { SESSION_FLAG } from "./inspectedSessions.ts";
import { OBJECT_FLAG } from "./inspectionRecord.ts";

const valuesIn = (table: LayoutTable, field: string) =>
  new Map(table.rows.find(({ name }) => name === field)?.values?.map(({ name, value }) => [name, value]));

test("the flags of a session's slot are the core's", () => {
  const flags = valuesIn(sessionTable, "ATTRIBUTES");
  const names: Record<keyof typeof SESSION_FLAG, string> = {
    policy: "IS_POLICY",
    audit: "IS_AUDIT",
    bound: "IS_BOUND",
    cpHash: "IS_CP_HASH_DEFINED",
    authValue: "IS_AUTH_VALUE_NEEDED",
    password: "IS_PASSWORD_NEEDED",
    physicalPresence: "IS_PP_REQUIRED",
    trial: "IS_TRIAL_POLICY",
    daBound: "IS_DA_BOUND",
    checkNvWritten: "CHECK_NV_WRITTEN",
    nvWritten: "NV_WRITTEN_STATE",
    templateHash: "IS_TEMPLATE_HASH_DEFINED",
  };
  for (const [own, name] of Object.entries(names))
    expect([name, SESSION_FLAG[own as keyof typeof names]]).toEqual([name, flags.get(name)]);
});

test("the flags of an object's slot are the core's", () => {
  const flags = valuesIn(objectTable, "OBJECT_ATTRIBUTES");
  const names: Record<keyof typeof OBJECT_FLAG, string> = {
    hashSequence: "IS_HASH_SEQUENCE",
    hmacSequence: "IS_HMAC_SEQUENCE",
    eventSequence: "IS_EVENT_SEQUENCE",
    external: "IS_EXTERNAL",
    stClear: "IS_ST_CLEAR",
  };
  for (const [own, name] of Object.entries(names))
    expect([name, OBJECT_FLAG[own as keyof typeof names]]).toEqual([name, flags.get(name)]);
});
