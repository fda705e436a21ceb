/** Wireshark's own TPM 2.0 dissector reads what is exported. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTranscript } from "../../asm/testkit/transcript.ts";
import { isInstalled } from "../node/testkit/installed.ts";
import { attributeBits } from "../spec/attributes.ts";
import { codeOf } from "../spec/header.ts";
import { decodeCommand, toPcapng } from "./index.ts";
import { eccTemplate, primary, type Recorder, recorder } from "./testkit/recorded.ts";
import { dissect } from "./testkit/tshark.ts";

const octets = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const show = ({ command }: { command: Uint8Array }) => Buffer.from(command).toString("hex");
const nothing = new Uint8Array(0);

/**
 * Wireshark 4.0 takes the first for a command of three handles and the second for one of two, and knows no XOR in the third:
 * their names and answers are shown all the same.
 */
const UNREAD_BY_WIRESHARK = new Set(["NV_Read", "SetPrimaryPolicy", "StartAuthSession"]);

let tpm: Recorder;
beforeAll(async () => {
  tpm = await recorder();
});
afterAll(() => tpm.close());

test.runIf(isInstalled("tshark"))(
  "a session with keys, sessions and a refusal: names, codes, handles, times",
  async () => {
    const { client, events } = tpm;
    await client.call("GetRandom", { parameters: { bytesRequested: 8 } });
    await client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: primary(
        eccTemplate(attributeBits("TPMA_OBJECT", "sensitiveDataOrigin", "userWithAuth", "sign")),
        new TextEncoder().encode("hunter22"),
      ),
    });
    await client.call("StartAuthSession", {
      handles: { tpmKey: "TPM_RH_NULL", bind: "TPM_RH_NULL" },
      parameters: {
        nonceCaller: new Uint8Array(16),
        encryptedSalt: nothing,
        sessionType: "TPM_SE_HMAC",
        symmetric: { algorithm: "TPM_ALG_NULL" },
        authHash: "TPM_ALG_SHA256",
      },
    });
    // TPM_RH_LOCKOUT may not do this: TPM_RC_VALUE of the first handle.
    await expect(
      client.call("ClockRateAdjust", { handles: { auth: 0x4000000a }, parameters: { rateAdjust: 0 } }),
    ).rejects.toThrow();
    const capture = toPcapng(events);
    expect(Buffer.from(capture).includes("hunter22")).toBe(false);
    const packets = dissect(capture);
    expect(packets.map(({ protocol }) => protocol)).toEqual(packets.map(() => "TPM"));
    expect(packets.map(({ expert }) => expert).filter((text) => /malformed|bug/i.test(text))).toEqual([]);
    const asked = packets.filter((_, i) => i % 2 === 0);
    const answered = packets.filter((_, i) => i % 2 === 1);
    expect(asked.map(({ info }) => /Command TPM2_CC_(\w+)/.exec(info)?.[1])).toEqual([
      "Startup",
      "GetRandom",
      "CreatePrimary",
      "StartAuthSession",
      "ClockRateAdjust",
    ]);
    expect(asked.map(({ command }) => command)).toEqual(events.map(({ command }) => codeOf(command)));
    expect(answered.map(({ responseCode }) => responseCode)).toEqual([0, 0, 0, 0, 0x184]);
    expect(asked[2]?.handles).toEqual([0x40000001]);
    expect(Math.abs(Number(asked[0]?.time) * 1000 - (events[0]?.startedAt ?? 0))).toBeLessThan(0.001);
    expect(asked[0]?.comment).toBe("locality 0");
    expect(answered[4]?.comment).toContain("TPM_RC_VALUE, handle 1 (auth)");
  },
);

test.runIf(isInstalled("tshark"))(
  "each command on record and its answer: the code that Wireshark reads is the code",
  () => {
    const recorded = readTranscript()
      .map(({ command, response }) => ({ command: octets(command), response: octets(response) }))
      // What is shorter than a header it takes for something of the simulator's own.
      .filter(({ command, response }) => command.length >= 10 && response.length >= 10);
    const events = recorded.map((each, i) => ({ ...each, locality: 0, own: false, startedAt: i, duration: 0.5 }));
    const packets = dissect(toPcapng(events));
    expect(packets.length).toBe(2 * events.length);
    const wrong = events.flatMap(({ command, response }, i) => {
      const [asked, answered] = [packets[2 * i], packets[2 * i + 1]];
      const isRight = asked?.command === codeOf(command) && answered?.responseCode === codeOf(response);
      return isRight ? [] : [`${show({ command })}: ${asked?.info}; ${answered?.info}`];
    });
    expect(wrong).toEqual([]);
    // What it calls malformed is malformed, but for the commands that it does not know how to read.
    const refused = events.filter((_, i) => /malformed/i.test(packets[2 * i]?.expert ?? ""));
    const wellFormed = refused.filter(({ command }) => decodeCommand(command).problem === undefined);
    const names = new Set(wellFormed.map(({ command }) => decodeCommand(command).name));
    expect([...names].filter((name) => !UNREAD_BY_WIRESHARK.has(name))).toEqual([]);
  },
);
