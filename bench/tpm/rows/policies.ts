/** Part 3, chapters 22 and 23: PCRs and policies. */
import { command, concat, password, sized, u8, u16, u32, u64 } from "../../../asm/testkit/harness.ts";
import { ALG, RH } from "../../../asm/testkit/names.ts";
import { policyAuthorizeNv, policyNv, policyNvWritten } from "../../../asm/testkit/nv.ts";
import { Fields, loadExternal, policyCommandCode } from "../../../asm/testkit/objects.ts";
import { eccSignatureOf, hash, knownEcc, verifySignature } from "../../../asm/testkit/signatures.ts";
import { selection } from "../../../asm/testkit/transcript/builders.ts";
import { type Chapter, plain, row, type Setup } from "../row.ts";
import { begun, DIGEST, index, PCRS, policySession, ZEROS } from "./setup.ts";

const BANKS = [ALG.SHA1, ALG.SHA256, ALG.SHA384, ALG.SHA512];
const allPcrs = Array.from({ length: 24 }, (_, i) => i);
const DEBUG_PCR = 16;
/** A PCR whose authorization may be set, on a PC client. */
const AUTHORIZED_PCR = 20;
const pcrPolicy = (policy: Uint8Array, algorithm: number) =>
  command(0x12c, [RH.PLATFORM], [sized(policy), u16(algorithm), u32(AUTHORIZED_PCR)], [password()]);

export const integrityCollection: Chapter = {
  number: 22,
  rows: [
    plain("PCR_Extend, SHA-256", command(0x182, [DEBUG_PCR], [u32(1), u16(ALG.SHA256), DIGEST], [password()]), {
      goal: 4,
    }),
    plain("PCR_Event, 32 octets", command(0x13c, [DEBUG_PCR], [sized(DIGEST)], [password()])),
    plain("PCR_Read, 8 PCRs", command(0x17e, [], [PCRS]), { goal: 4 }),
    plain(
      "PCR_Allocate, all banks as they were",
      command(0x12b, [RH.PLATFORM], [selection(...BANKS.map((b): [number, number[]] => [b, allPcrs]))], [password()]),
    ),
    plain("PCR_SetAuthPolicy, twice: sets and clears", [
      pcrPolicy(DIGEST, ALG.SHA256),
      pcrPolicy(new Uint8Array(0), ALG.NULL),
    ]),
    plain("PCR_SetAuthValue, empty", command(0x183, [AUTHORIZED_PCR], [sized([])], [password()])),
    plain("PCR_Reset", command(0x13d, [DEBUG_PCR], [], [password()])),
  ],
};

type Assertion = (session: number, setup: Setup) => Uint8Array | Promise<Uint8Array>;
/** One that may be repeated. */
const inPolicy = (make: Assertion) => async (setup: Setup) => [await make(await policySession(setup), setup)];
/** An assertion that a session takes once: PolicyRestart comes before it. */
const once = (make: Assertion) => async (setup: Setup) => {
  const session = await policySession(setup);
  return [command(0x180, [session]), await make(session, setup)];
};

/** nonceTPM, cpHashA, policyRef and expiration: none, none, none and `seconds`. */
const qualifiers = (seconds: number) => concat(sized([]), sized([]), sized([]), u32(seconds));
const secret = (session: number, seconds: number) =>
  command(0x151, [RH.OWNER, session], [qualifiers(seconds)], [password()]);
const signed = (message: Uint8Array) => eccSignatureOf(ALG.ECDSA, 3, ALG.SHA256, hash(ALG.SHA256, message));
/** The public key of an authority. */
const { area: authority } = knownEcc();
const authorityName = concat(u16(ALG.SHA256), hash(ALG.SHA256, authority));
const hour = 3600;

async function withTicket(session: number, setup: Setup): Promise<Uint8Array> {
  const fields = new Fields((await setup.send(secret(session, -hour >>> 0))).parameters);
  const [timeout, ticket] = [fields.sized(), fields.rest()];
  const name = u32(RH.OWNER);
  return command(0x172, [session], [sized(timeout), sized([]), sized([]), sized(name), ticket]);
}
async function approved(session: number, setup: Setup): Promise<Uint8Array> {
  const key = await begun(setup, loadExternal(authority, RH.OWNER));
  const check = await setup.send(verifySignature(key, hash(ALG.SHA256, ZEROS), signed(ZEROS)));
  return command(0x16a, [session], [sized(ZEROS), sized([]), sized(authorityName), check.body]);
}
const COMMAND_CODE = 0x129;

export const enhancedAuthorizationCommands: Chapter = {
  number: 23,
  rows: [
    row(
      "PolicySigned, ECDSA P-256",
      inPolicy(async (session, setup) => {
        const key = await begun(setup, loadExternal(authority, RH.OWNER));
        return command(0x160, [key, session], [qualifiers(0), signed(u32(0))]);
      }),
    ),
    row(
      "PolicySecret",
      inPolicy((session) => secret(session, 0)),
    ),
    row("PolicyTicket", inPolicy(withTicket)),
    row(
      "PolicyRestart and PolicyOR, two branches",
      once((session) => command(0x171, [session], [u32(2), sized(DIGEST), sized(ZEROS)])),
    ),
    row(
      "PolicyPCR, 8 PCRs",
      inPolicy((session) => command(0x17f, [session], [sized([]), PCRS])),
    ),
    row(
      "PolicyLocality",
      inPolicy((session) => command(0x16f, [session], [u8(1)])),
    ),
    row(
      "PolicyNV, 8 octets",
      inPolicy(async (session, setup) => policyNv(RH.OWNER, await index(setup, {}, u64(5n)), session, u64(5n), 0, 0)),
    ),
    row(
      "PolicyCounterTimer",
      inPolicy((session) => command(0x16d, [session], [sized(u64(0n)), u16(0), u16(7)])),
    ),
    row(
      "PolicyCommandCode",
      inPolicy((session) => policyCommandCode(session, COMMAND_CODE)),
    ),
    row(
      "PolicyPhysicalPresence",
      inPolicy((session) => command(0x187, [session])),
    ),
    ...(
      [
        ["PolicyCpHash", 0x16e],
        ["PolicyNameHash", 0x170],
        ["PolicyTemplate", 0x190],
      ] as const
    ).map(([name, code]) =>
      row(
        `PolicyRestart and ${name}`,
        once((session) => command(code, [session], [sized(DIGEST)])),
      ),
    ),
    row(
      "PolicyRestart and PolicyDuplicationSelect",
      once((session) => command(0x188, [session], [sized(authorityName), sized(authorityName), u8(1)])),
    ),
    row("PolicyRestart and PolicyAuthorize", once(approved)),
    row(
      "PolicyAuthValue",
      inPolicy((session) => command(0x16b, [session])),
    ),
    row(
      "PolicyPassword",
      inPolicy((session) => command(0x18c, [session])),
    ),
    row(
      "PolicyGetDigest",
      inPolicy((session) => command(0x189, [session])),
    ),
    row(
      "PolicyNvWritten",
      inPolicy((session) => policyNvWritten(session, true)),
    ),
    row(
      "PolicyRestart and PolicyAuthorizeNV",
      once(async (session, setup) =>
        policyAuthorizeNv(RH.OWNER, await index(setup, {}, concat(u16(ALG.SHA256), ZEROS)), session),
      ),
    ),
  ],
};
