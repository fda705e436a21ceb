/** Part 3, chapters 31 to 33: NV Indices, attached components, countdown timers. */
import { nvCertify } from "../../../asm/testkit/attestation.ts";
import { command, password, sized, u8, u32 } from "../../../asm/testkit/harness.ts";
import { ALG, RH } from "../../../asm/testkit/names.ts";
import {
  defineSpace,
  globalWriteLock,
  NV,
  nvExtend,
  nvIncrement,
  nvRead,
  nvReadLock,
  nvReadPublic,
  nvSetBits,
  nvWrite,
  nvWriteLock,
  OPEN,
  undefineSpace,
} from "../../../asm/testkit/nv.ts";
import {
  commandCodePolicy,
  ecc,
  keyedHash,
  OBJECT,
  policyCommandCode,
  SIGNING,
  sensitive,
} from "../../../asm/testkit/objects.ts";
import { digest } from "../../../asm/testkit/sessions.ts";
import { type Chapter, plain, row, type Setup } from "../row.ts";
import { DIGEST, ECDSA, INDEX, index, policySession, primary, ZEROS } from "./setup.ts";

const DATA = new Uint8Array(64);
const OTHER_DATA = DATA.map(() => 0xff);
const define = (attributes = OPEN) => defineSpace({ handle: INDEX, attributes, size: DATA.length });
const undefine = undefineSpace(RH.OWNER, INDEX);

/** One command on an index of 64 octets that was written. */
const written = (make: (index: number) => Uint8Array) => async (setup: Setup) => [make(await index(setup, {}, DATA))];
const ofKind =
  (kind: number, make: (index: number) => Uint8Array, size = 8) =>
  async (setup: Setup) => [make(await index(setup, { attributes: OPEN | kind, size }))];

const UNDEFINE_SPECIAL = 0x11f;
const CHANGE_AUTH = 0x13b;
const SPECIAL = NV.PLATFORMCREATE | NV.POLICY_DELETE | NV.PPREAD | NV.PPWRITE | NV.NO_DA;
const bySession = (handle: number) => ({ handle, attributes: 1 });

export const nonvolatileStorage: Chapter = {
  number: 31,
  rows: [
    plain("NV_DefineSpace and NV_UndefineSpace", [define(), undefine]),
    row("NV_DefineSpace, PolicyCommandCode and NV_UndefineSpaceSpecial", async (setup) => {
      const session = await policySession(setup);
      const policy = commandCodePolicy(UNDEFINE_SPECIAL);
      return [
        defineSpace({ handle: INDEX, attributes: SPECIAL, policy, size: DATA.length }),
        policyCommandCode(session, UNDEFINE_SPECIAL),
        command(UNDEFINE_SPECIAL, [INDEX, RH.PLATFORM], [], [bySession(session), password()]),
      ];
    }),
    row("NV_ReadPublic", written(nvReadPublic)),
    row("NV_Write, 64 octets, twice: other data and back", async (setup) => {
      const handle = await index(setup, {}, DATA);
      return [nvWrite(RH.OWNER, handle, OTHER_DATA), nvWrite(RH.OWNER, handle, DATA)];
    }),
    row(
      "NV_Increment",
      ofKind(NV.COUNTER, (handle) => nvIncrement(RH.OWNER, handle)),
    ),
    row(
      "NV_Increment, orderly",
      ofKind(NV.COUNTER | NV.ORDERLY, (handle) => nvIncrement(RH.OWNER, handle)),
    ),
    row(
      "NV_Extend, SHA-256",
      ofKind(NV.EXTEND, (handle) => nvExtend(RH.OWNER, handle, DIGEST), DIGEST.length),
    ),
    row(
      "NV_SetBits, which are set",
      ofKind(NV.BITS, (handle) => nvSetBits(RH.OWNER, handle, 5n)),
    ),
    plain("NV_DefineSpace, NV_WriteLock and NV_UndefineSpace", [
      define(OPEN | NV.WRITE_STCLEAR),
      nvWriteLock(RH.OWNER, INDEX),
      undefine,
    ]),
    row("NV_GlobalWriteLock, nothing to lock", () => [globalWriteLock(RH.OWNER)]),
    row(
      "NV_Read, 64 octets",
      written((handle) => nvRead(RH.OWNER, handle, DATA.length)),
    ),
    plain("NV_DefineSpace, NV_ReadLock and NV_UndefineSpace", [
      define(OPEN | NV.READ_STCLEAR),
      nvReadLock(RH.OWNER, INDEX),
      undefine,
    ]),
    row("PolicyCommandCode and NV_ChangeAuth", async (setup) => {
      const handle = await index(setup, { policy: commandCodePolicy(CHANGE_AUTH) });
      const session = await policySession(setup);
      return [
        policyCommandCode(session, CHANGE_AUTH),
        command(CHANGE_AUTH, [handle], [sized([])], [bySession(session)]),
      ];
    }),
    row("NV_Certify, 64 octets, ECDSA P-256", async (setup) => {
      const { handle } = await primary(setup, ecc(SIGNING));
      return [nvCertify(handle, RH.OWNER, await index(setup, {}, DATA), DATA.length, 0, { scheme: ECDSA })];
    }),
  ],
};

const COMPONENT = 0x90000001;
const SEND_SELECT = 0x196;

export const attachedComponents: Chapter = {
  number: 32,
  rows: [
    plain("AC_GetCapability", command(0x194, [COMPONENT], [u32(0), u32(10)]), { on: "tabtpm" }),
    row(
      "Policy_AC_SendSelect and AC_Send",
      async (setup) => {
        const names = [u32(RH.OWNER), u32(COMPONENT), u8(0)] as const;
        const policy = digest(ALG.SHA256, ZEROS, u32(SEND_SELECT), ...names);
        const area = keyedHash(OBJECT.userWithAuth | OBJECT.noDA, { policy });
        const object = await primary(setup, area, RH.OWNER, sensitive([], DIGEST));
        const session = await policySession(setup);
        return [
          command(SEND_SELECT, [session], [sized(object.name), sized(names[0]), sized(names[1]), names[2]]),
          command(0x195, [object.handle, RH.OWNER, COMPONENT], [sized([])], [bySession(session), password()]),
        ];
      },
      { on: "tabtpm" },
    ),
  ],
};

const TIMER = 0x40000110;
const timeout = (seconds: number) => command(0x198, [TIMER], [u32(seconds)], [password()]);

export const authenticatedCountdownTimer: Chapter = {
  number: 33,
  rows: [plain("ACT_SetTimeout", timeout(1000), { on: "tabtpm" })],
};
