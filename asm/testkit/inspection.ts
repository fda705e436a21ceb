/** What the core tells of itself, decoded; and a TPM that has something of everything to tell. */

import type { TpmInspection } from "../../src/engine/inspection.ts";
import { readInspection } from "../../src/engine/inspectionRecord.ts";
import { command, concat, password, sized, TestTpm, text, u16, u32 } from "./harness.ts";
import { ALG, CC, RH, SE } from "./names.ts";
import { defineSpace, NV, nvWrite, OPEN } from "./nv.ts";
import {
  ecc,
  evictControl,
  keyedHash,
  runCreate,
  runCreatePrimary,
  runLoad,
  SEALED,
  STORAGE,
  sensitive,
} from "./objects.ts";
import { AuthSession } from "./sessions.ts";

/** The record in a copy of its own, as the host takes it. */
export function recordOf(tpm: TestTpm): Uint8Array {
  const size = tpm.core.inspect();
  return new Uint8Array(tpm.core.memory.buffer, tpm.core.stateBuffer(), size).slice();
}

export const inspectionOf = (tpm: TestTpm): TpmInspection => readInspection(recordOf(tpm));

/** Secrets that are told from everything else by their letters. */
export const SECRETS = Object.fromEntries(
  [
    "owner auth",
    "index auth",
    "index data",
    "parent auth",
    "sealed auth",
    "sealed data",
    "sequence auth",
    "pcr auth",
  ].map((name) => [name, text(`secret: ${name}`.padEnd(24, "!"))]),
) as Record<string, Uint8Array>;
const secret = (name: string) => SECRETS[name] as Uint8Array;

export const PUBLIC_INDEX = { handle: 0x01500001, attributes: OPEN, size: 16 };
export const GUARDED_INDEX = { handle: 0x01500002, attributes: OPEN & ~NV.OWNERREAD, size: 24 };
export const ORDERLY_INDEX = { handle: 0x01500003, attributes: OPEN | NV.ORDERLY, size: 8 };
export const PERSISTENT = 0x81000001;

export interface Furnished {
  tpm: TestTpm;
  bound: AuthSession;
  policy: AuthSession;
  parent: number;
  child: number;
}

/** Objects and their parent, persistent and loaded, a sequence, sessions, NV indices, authValues: all of them secret. */
export async function furnish(options: ConstructorParameters<typeof TestTpm>[0] = {}): Promise<Furnished> {
  const tpm = TestTpm.started(options);
  const must = (bytes: Uint8Array) => {
    const response = tpm.run(bytes);
    if (response.rc !== 0) throw new Error(`0x${response.rc.toString(16)}`);
    return response;
  };
  const run = (bytes: Uint8Array) => must(bytes).bytes;
  const storage = runCreatePrimary(tpm, ecc(STORAGE), RH.OWNER, sensitive(secret("parent auth")));
  run(evictControl(storage.handle, PERSISTENT));
  const sealed = runCreate(
    tpm,
    storage.handle,
    keyedHash(SEALED),
    sensitive(secret("sealed auth"), secret("sealed data")),
    password(secret("parent auth")),
  );
  const child = runLoad(tpm, storage.handle, sealed.outPrivate, sealed.area, password(secret("parent auth"))).handle;
  run(command(CC.FlushContext, [], [u32(storage.handle)]));
  run(command(CC.HashSequenceStart, [], [sized(secret("sequence auth")), u16(ALG.SHA256)]));
  run(defineSpace(PUBLIC_INDEX));
  run(nvWrite(PUBLIC_INDEX.handle, PUBLIC_INDEX.handle, new Uint8Array(16).fill(0xa5)));
  run(defineSpace(GUARDED_INDEX, secret("index auth")));
  run(nvWrite(GUARDED_INDEX.handle, GUARDED_INDEX.handle, secret("index data"), 0, secret("index auth")));
  run(defineSpace(ORDERLY_INDEX));
  run(nvWrite(ORDERLY_INDEX.handle, ORDERLY_INDEX.handle, new Uint8Array(8).fill(0x5a)));
  run(command(CC.PCR_SetAuthValue, [20], [sized(secret("pcr auth"))], [password()]));
  run(command(CC.HierarchyChangeAuth, [RH.OWNER], [sized(secret("owner auth"))], [password()]));
  const bound = await AuthSession.start(run, {
    bind: { handle: RH.OWNER, auth: secret("owner auth") },
    symmetric: { algorithm: "aes", bits: 128 },
  });
  const policy = await AuthSession.start(run, { type: SE.POLICY });
  run(command(CC.PolicyAuthValue, [policy.handle]));
  run(command(CC.PolicyCommandCode, [policy.handle], [u32(CC.Unseal)]));
  run(command(CC.PolicyLocality, [policy.handle], [[0b11]]));
  run(command(CC.PolicyPCR, [policy.handle], [sized([]), concat(u32(1), u16(ALG.SHA256), [3, 0, 0, 1])]));
  return { tpm, bound, policy, parent: PERSISTENT, child };
}
