/** Refusals of sessions, and of saved contexts. */
import { command, concat, password, type Session, sized, TestTpm, u8, u16, u32 } from "../harness.ts";
import { ALG, CC, RH, RS_PW, SE, ST } from "../names.ts";
import { keyedHash, OBJECT, runCreatePrimary, SEALED, sensitive } from "../objects.ts";
import { AUDIT, AuthSession, CONTINUE, call, DECRYPT, ENCRYPT } from "../sessions.ts";
import { must, type RefusalCase, type RefusalCases, refused } from "./refused.ts";

const stir = (sessions: Session[]) => command(CC.StirRandom, [], [sized([1])], sessions);
const random = (sessions: Session[]) => command(CC.GetRandom, [], [u16(4)], sessions);
const AES = { algorithm: "aes", bits: 128 } as const;

/** With sessions that were started before: `use` makes the command of them. */
const withSessions =
  (starts: Parameters<typeof AuthSession.start>[1][], use: (...sessions: AuthSession[]) => Uint8Array): RefusalCase =>
  async () => {
    const tpm = TestTpm.started();
    const sessions: AuthSession[] = [];
    for (const start of starts) sessions.push(await AuthSession.start((bytes) => tpm.run(bytes).bytes, start));
    return { tpm, command: use(...sessions) };
  };
const used = ({ handle }: AuthSession, attributes: number): Session => ({
  handle,
  attributes: attributes | CONTINUE,
  nonce: new Uint8Array(16),
  auth: [],
});

/** A command with an HMAC that is wrong: bytes of one that `tamper` changed. */
async function tampered(what: Parameters<typeof call>[1]): Promise<Uint8Array> {
  let sent: Uint8Array | undefined;
  const stop = new Error("not sent");
  try {
    await call(
      (bytes) => {
        sent = bytes;
        throw stop;
      },
      { ...what, tamper: (bytes) => bytes.set([bytes[bytes.length - 1]! ^ 1], bytes.length - 1) },
    );
  } catch (error) {
    if (error !== stop) throw error;
  }
  if (sent === undefined) throw new Error("no command");
  return sent;
}

function sealedWith(tpm: TestTpm, attributes: number, auth: number[]) {
  return runCreatePrimary(tpm, keyedHash(attributes), RH.OWNER, sensitive(auth, [9]));
}
const save = (handle: number) => command(CC.ContextSave, [handle]);
const load = (context: Uint8Array) => command(CC.ContextLoad, [], [context]);
const contextOf = (tpm: TestTpm, handle: number) => must(tpm, save(handle)).slice(10);

export const sessionRefusals: RefusalCases = {
  SESSIONS_TOO_MANY: withSessions([{}, {}, {}], (a, b, c) =>
    random([used(a, AUDIT), used(b, 0), used(c, 0), password()]),
  ),
  SESSION_SHORT: refused(concat(u16(ST.SESSIONS), u32(23), u32(CC.StirRandom), u32(9), u32(RS_PW), sized([1, 2, 3]))),
  SESSION_HANDLE: refused(stir([{ handle: RH.OWNER }])),
  SESSION_BUFFER: refused(stir([{ handle: 0x02000000, nonce: new Uint8Array(65) }])),
  PASSWORD_ATTRIBUTES: refused(stir([{ ...password(), attributes: AUDIT }])),
  PASSWORD_NONCE: refused(stir([{ ...password(), nonce: [1] }])),
  DECRYPT_TWICE: withSessions([{ symmetric: AES }, { symmetric: AES }], (a, b) =>
    stir([used(a, DECRYPT), used(b, DECRYPT)]),
  ),
  DECRYPT_NO_CIPHER: withSessions([{}], (a) => stir([used(a, DECRYPT)])),
  ENCRYPT_NO_PARAMETER: withSessions([{ symmetric: AES }], (a) => stir([used(a, ENCRYPT)])),
  ENCRYPT_TWICE: withSessions([{ symmetric: AES }, { symmetric: AES }], (a, b) =>
    random([used(a, ENCRYPT), used(b, ENCRYPT)]),
  ),
  AUDIT_TWICE: withSessions([{}, {}], (a, b) => random([used(a, AUDIT), used(b, AUDIT)])),
  HMAC_WRONG_WITHOUT_AUTH: async () => {
    const tpm = TestTpm.started();
    const auth = Uint8Array.of(1, 2);
    const { handle, name } = sealedWith(tpm, SEALED, [...auth]);
    const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes, { bind: { handle, auth } });
    const uses = [{ session, entity: { auth, bound: true } }];
    return { tpm, command: await tampered({ code: CC.Unseal, handles: [handle], names: [name], uses }) };
  },
  HMAC_WRONG_COUNTED: async () => {
    const tpm = TestTpm.started();
    const { handle, name } = sealedWith(tpm, SEALED & ~OBJECT.noDA, [1, 2]);
    const session = await AuthSession.start((bytes) => tpm.run(bytes).bytes);
    const uses = [{ session, entity: { auth: Uint8Array.of(1, 2) } }];
    return { tpm, command: await tampered({ code: CC.Unseal, handles: [handle], names: [name], uses }) };
  },
  SESSION_HANDLES: () => {
    const tpm = TestTpm.started();
    const start = command(
      CC.StartAuthSession,
      [RH.NULL, RH.NULL],
      [sized(new Uint8Array(16)), sized([]), u8(SE.HMAC), u16(ALG.NULL), u16(ALG.SHA256)],
    );
    for (;;) {
      const response = tpm.run(start);
      if (response.rc !== 0) return { tpm, command: start };
      must(tpm, save(response.view.getUint32(10)));
    }
  },
  CONTEXT_GAP: async () => {
    const tpm = TestTpm.started();
    const session = async () => (await AuthSession.start((bytes) => tpm.run(bytes).bytes)).handle;
    must(tpm, save(await session()));
    const second = await session();
    // Each saving is a step further from the oldest context, until its number would come back.
    for (;;) {
      const response = tpm.run(save(second));
      if (response.rc !== 0) return { tpm, command: save(second) };
      must(tpm, load(response.bytes.slice(10)));
    }
  },
  CONTEXT_STALE: async () => {
    const tpm = TestTpm.started();
    const { handle } = await AuthSession.start((bytes) => tpm.run(bytes).bytes);
    const context = contextOf(tpm, handle);
    must(tpm, load(context));
    return { tpm, command: load(context) };
  },
  CONTEXT_HIERARCHY: () => {
    const tpm = TestTpm.started();
    const context = contextOf(tpm, sealedWith(tpm, SEALED, []).handle);
    must(tpm, command(CC.HierarchyControl, [RH.OWNER], [u32(RH.OWNER), u8(0)], [password()]));
    return { tpm, command: load(context) };
  },
};
