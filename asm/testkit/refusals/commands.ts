/** Refusals of headers, of handles, and of commands about the platform. */
import { command, concat, password, sized, TestTpm, u8, u16, u32 } from "../harness.ts";
import { CC, RH, ST } from "../names.ts";
import {
  createPrimary,
  evictControl,
  keyedHash,
  rsa,
  runCreatePrimary,
  SEALED,
  STORAGE,
  sensitive,
} from "../objects.ts";
import { after, must, type RefusalCases, refused } from "./refused.ts";

const ACT_0 = RH.ACT_0;
const PERSISTENT = 0x81000001;
const getRandom = command(CC.GetRandom, [], [u16(4)]);
const sealed = keyedHash(SEALED);
const data = sensitive([], [1]);
const switchOff = (hierarchy: number) =>
  command(CC.HierarchyControl, [RH.PLATFORM], [u32(hierarchy), u8(0)], [password()]);
const readPublic = (handle: number) => command(CC.ReadPublic, [handle]);

export const commandRefusals: RefusalCases = {
  HEADER_SHORT: refused(concat(u16(ST.NO_SESSIONS), u32(6))),
  HEADER_TAG: refused(concat(u16(0x00c1), u32(10), u32(CC.GetRandom))),
  HEADER_SIZE: refused(concat(getRandom, [0])),
  FAILURE_MODE: () => {
    const tpm = TestTpm.started();
    tpm.core.fail();
    return { tpm, command: getRandom };
  },
  CANCELED: () => {
    const tpm = TestTpm.started();
    tpm.tick = 20;
    return { tpm: cancelling(tpm), command: createPrimary(rsa(STORAGE)) };
  },
  STORE_REFUSED: () => {
    const tpm = TestTpm.started();
    tpm.storeFails = true;
    return { tpm, command: command(CC.HierarchyChangeAuth, [RH.OWNER], [sized([1])], [password()]) };
  },
  HANDLE_UNKNOWN: refused(
    command(
      CC.StartAuthSession,
      [RH.NULL, RH.AUTH_00],
      [sized(new Uint8Array(16)), u16(0), u8(0), u16(0x10), u16(0xb)],
    ),
  ),
  PERSISTENT_DISABLED: () => {
    const tpm = TestTpm.started();
    const { handle } = runCreatePrimary(tpm, sealed, RH.OWNER, data);
    must(tpm, evictControl(handle, PERSISTENT));
    must(tpm, switchOff(RH.OWNER));
    return { tpm, command: readPublic(PERSISTENT) };
  },
  COMPONENT_ABSENT: refused(command(CC.AC_GetCapability, [0x90000002], [u32(0), u32(1)])),
  AUTHORIZATION_SHORT: refused(concat(u16(ST.SESSIONS), u32(12), u32(CC.GetRandom), u16(0))),
  SESSIONS_FORBIDDEN: refused(command(CC.FlushContext, [], [u32(0x80000000)], [password()])),
  AUTH_PLATFORM_DISABLED: after([switchOff(RH.PLATFORM)], command(CC.ACT_SetTimeout, [ACT_0], [u32(5)], [password()])),
  EVICT_SPACE: () => {
    const tpm = TestTpm.started();
    const { handle } = runCreatePrimary(tpm, rsa(STORAGE, { bits: 1024 }));
    for (let i = 0; ; i++) {
      const bytes = evictControl(handle, PERSISTENT + i);
      if (tpm.run(bytes).rc !== 0) return { tpm, command: bytes };
    }
  },
  EXTERNAL_DISABLED: after(
    [switchOff(RH.ENDORSEMENT)],
    command(
      CC.LoadExternal,
      [],
      [sized([]), sized(keyedHash(0, { unique: sized(new Uint8Array(32)) })), u32(RH.ENDORSEMENT)],
    ),
  ),
  CLEAR_BY_LOCKOUT: refused(command(CC.ClearControl, [RH.LOCKOUT], [u8(0)], [password()])),
  ACT_NOT_SIGNALED: refused(command(CC.ACT_SetTimeout, [ACT_0], [u32(0xffffffff)], [password()])),
  STARTUP_OTHER_LOCALITY: () => {
    const tpm = TestTpm.started();
    must(tpm, command(CC.Shutdown, [], [u16(1)]));
    return { tpm: tpm.powerCycle(), command: command(CC.Startup, [], [u16(1)]), locality: 3 };
  },
  STARTUP_HCRTM: () => {
    const tpm = TestTpm.started();
    must(tpm, command(CC.Shutdown, [], [u16(1)]));
    const again = tpm.powerCycle();
    again.hashSequence(Uint8Array.of(1));
    return { tpm: again, command: command(CC.Startup, [], [u16(1)]) };
  },
};

/** The same TPM, whose commands are cancelled after their first slice. */
function cancelling(tpm: TestTpm): TestTpm {
  const run = tpm.run.bind(tpm);
  tpm.run = (bytes, locality) => run(bytes, locality, () => tpm.core.cancel());
  return tpm;
}
