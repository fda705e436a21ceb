/** Part 3, chapters 9 to 11: start-up, tests and sessions. */
import { command, concat, u8, u16, u32 } from "../../../asm/testkit/harness.ts";
import { ALG, RH } from "../../../asm/testkit/names.ts";
import { ecc, rsa, STORAGE, startPolicy } from "../../../asm/testkit/objects.ts";
import { encryptorTo } from "../../../asm/testkit/protection.ts";
import { NUL, n16, none, start } from "../../../asm/testkit/transcript/builders.ts";
import { type Chapter, plain, row, type Setup } from "../row.ts";
import { flushed, policySession, primary } from "./setup.ts";

const TPM_SU_CLEAR = u16(0);
const TPM_SU_STATE = u16(1);
const startup = command(0x144, [], [TPM_SU_CLEAR]);

export const startUp: Chapter = {
  number: 9,
  rows: [
    plain("Startup(CLEAR), after _TPM_Init", startup, { samples: 20, before: (platform) => platform.init() }),
    plain("Shutdown(CLEAR)", command(0x145, [], [TPM_SU_CLEAR])),
    plain("Shutdown(STATE)", command(0x145, [], [TPM_SU_STATE])),
  ],
};

export const testing: Chapter = {
  number: 10,
  rows: [
    plain("SelfTest, of everything", command(0x143, [], [u8(1)])),
    plain("IncrementalSelfTest, of what was tested", command(0x142, [], [u32(2), u16(ALG.SHA256), u16(ALG.AES)])),
    plain("GetTestResult", command(0x17c)),
  ],
};

const hmac = start(RH.NULL, RH.NULL, n16, none, 0, NUL, ALG.SHA256);
const AES = concat(u16(ALG.AES), u16(128), u16(ALG.CFB));
const salted = (template: Uint8Array) => async (setup: Setup) => {
  const { handle, area } = await primary(setup, template);
  const { secret } = encryptorTo(area).encrypt("SECRET");
  return [start(handle, RH.NULL, n16, secret, 0, AES, ALG.SHA256), flushed()];
};

export const sessionCommands: Chapter = {
  number: 11,
  rows: [
    plain("StartAuthSession and FlushContext", [hmac, flushed()], { goal: 4 }),
    plain("StartAuthSession, policy, and FlushContext", [startPolicy(), flushed()]),
    row("StartAuthSession, salted by P-256, and FlushContext", salted(ecc(STORAGE))),
    row("StartAuthSession, salted by RSA-2048, and FlushContext", salted(rsa(STORAGE))),
    row("PolicyRestart", async (setup) => [command(0x180, [await policySession(setup)])]),
  ],
};
