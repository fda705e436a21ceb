/** Policies against Secure Boot's events as firmware writes them. */
import { describe, expect, test } from "vitest";
import { concat } from "../../engine/bytes.ts";
import { guid, le, utf16 } from "../../firmware/description/testkit/octets.ts";
import { serializeEventLog, type TcgEvent } from "../../firmware/eventLog.ts";
import { replayEventLog } from "../../firmware/eventLogReplay.ts";
import * as types from "../../firmware/eventTypes.ts";
import { logHeader } from "../../firmware/testkit/eventLogs.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { checkEventLog } from "../eventLogEvidence.ts";
import { toHex } from "../octets.ts";
import { checkPolicy } from "./index.ts";
import { guest, octets, policyOf, sha256 } from "./testkit/guestBoot.ts";

const SHA256 = TPM_ALG.TPM_ALG_SHA256;

describe("Secure Boot's variables", () => {
  const GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
  const DATABASE = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";
  const variable = (vendor: string, name: string, value: Uint8Array) =>
    Uint8Array.from([...guid(vendor), ...le(name.length, 8), ...le(value.length, 8), ...utf16(name), ...value]);
  const event = (type: number, data: Uint8Array, pcrIndex = 7): TcgEvent => ({
    pcrIndex,
    type,
    digests: [{ algorithm: SHA256, digest: sha256(data) }],
    data,
  });
  const CONFIG = types.EV_EFI_VARIABLE_DRIVER_CONFIG;
  const on = event(CONFIG, variable(GLOBAL, "SecureBoot", Uint8Array.of(1)));
  const off = event(CONFIG, variable(GLOBAL, "SecureBoot", Uint8Array.of(0)));
  const others = [
    event(CONFIG, variable(GLOBAL, "PK", octets("pk"))),
    event(CONFIG, variable(GLOBAL, "KEK", octets("kek"))),
    event(CONFIG, variable(DATABASE, "db", octets("db"))),
    event(CONFIG, variable(DATABASE, "dbx", octets("dbx"))),
  ];
  const separator = event(types.EV_SEPARATOR, new Uint8Array(4));
  const authority = event(types.EV_EFI_VARIABLE_AUTHORITY, variable(DATABASE, "db", octets("certificate")));
  const RULE = {
    enabled: true,
    variables: {
      PK: [toHex(sha256(octets("pk")))],
      KEK: [toHex(sha256(octets("kek")))],
      db: [toHex(sha256(octets("db")))],
      dbx: [toHex(sha256(octets("older"))), toHex(sha256(octets("dbx")))],
    },
    authorities: [toHex(sha256(octets("certificate")))],
  };
  const verdict = async (rule: object, ...events: TcgEvent[]) => {
    const bytes = serializeEventLog([logHeader(SHA256), ...events]);
    const quoted = await replayEventLog(events);
    const log = await checkEventLog(bytes, quoted, SHA256);
    const evidence = { ...guest, quoted, log, ima: null };
    return (await checkPolicy(policyOf({ secureBoot: rule }), evidence)).verdict;
  };

  test("are as the policy has them", async () => {
    expect(await verdict(RULE, on, ...others, separator, authority)).toBe("good");
    expect(await verdict({ enabled: false }, off, ...others, separator)).toBe("unknown");
  });

  test.each<[string, string, TcgEvent[]]>([
    ["bad", "off", [off, ...others, separator, authority]],
    ["bad", "off, and on again behind the separator", [off, ...others, separator, on, authority]],
    ["unknown", "off and on before the separator", [off, on, ...others, separator, authority]],
    ["unknown", "nowhere", [...others, separator, authority]],
    ["unknown", "without a separator", [on, ...others, authority]],
    [
      "unknown",
      "of another vendor",
      [event(CONFIG, variable(DATABASE, "SecureBoot", Uint8Array.of(1))), ...others, separator],
    ],
    [
      "bad",
      "on, with another database",
      [on, ...others.slice(0, 2), event(CONFIG, variable(DATABASE, "db", octets("mine"))), others[3]!, separator],
    ],
    ["unknown", "on, without dbx", [on, ...others.slice(0, 3), separator, authority]],
    [
      "bad",
      "on, and what verified is not on the list",
      [on, ...others, separator, event(types.EV_EFI_VARIABLE_AUTHORITY, variable(DATABASE, "db", octets("mine")))],
    ],
    [
      "bad",
      "on, and something else was measured behind the separator",
      [on, ...others, separator, event(types.EV_EFI_ACTION, octets("DMA Protection Disabled"))],
    ],
  ])("are %s where the switch is %s", async (expected, _what, events) => {
    expect(await verdict(RULE, ...events)).toBe(expected);
  });

  // An event's type is bound by no digest, and nor is what is around that which was measured.
  test.each<[string, string, TcgEvent]>([
    ["unknown", "EV_EVENT_TAG", { ...off, type: types.EV_EVENT_TAG }],
    ["unknown", "EV_EFI_VARIABLE_AUTHORITY", { ...off, type: types.EV_EFI_VARIABLE_AUTHORITY }],
    ["unknown", "a type without data", { ...off, type: types.EV_POST_CODE, data: octets("POST CODE") }],
    ["unknown", "a file", { ...off, type: types.EV_IPL, data: octets("/boot/grub.cfg") }],
    ["unknown", "an action", { ...off, type: types.EV_ACTION, data: concat(off.data, octets("!")) }],
    ["unknown", "a text", { ...off, type: types.EV_IPL, data: concat(octets("text: "), off.data, new Uint8Array(1)) }],
    ["unknown", "another's value", { ...off, type: types.EV_EFI_VARIABLE_BOOT, data: variable(GLOBAL, "x", off.data) }],
  ])("are %s where the switch is off and on, and off is called %s", async (expected, _what, event) => {
    expect(await verdict(RULE, event, on, ...others, separator, authority)).toBe(expected);
  });

  test("are unknown behind a separator that is called something else, before one that was made up", async () => {
    const hidden = { ...separator, type: types.EV_POST_CODE, data: octets("POST CODE") };
    const text = { ...separator, type: types.EV_IPL, data: concat(octets("text: "), new Uint8Array(5)) };
    expect(await verdict(RULE, hidden, on, ...others, separator, authority)).toBe("unknown");
    expect(await verdict(RULE, text, on, ...others, separator, authority)).not.toBe("good");
  });

  test("of a separator whose type was changed still count as before it", async () => {
    const renamed = { ...separator, type: types.EV_IPL };
    expect(await verdict(RULE, off, ...others, renamed, on)).toBe("bad");
  });
});
