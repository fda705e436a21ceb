/** What the sessions of a command do with it and with its response: they prove both, and encrypt the first parameter. */
import { hasAttribute } from "../spec/attributes.ts";
import type { Command, CommandName } from "../spec/commands.ts";
import { TPM_RH } from "../spec/handles.ts";
import { TPM_RC_SUCCESS } from "../spec/header.ts";
import { resolveAlias, typeNamed } from "../spec/types.ts";
import type { ResponseParts, SessionOctets } from "./command.ts";
import { TpmFormatError } from "./errors.ts";
import type { BoundEntity, SessionAuthorization } from "./session.ts";
import { hash, type SessionHash, uint32 } from "./sessionCrypto.ts";
import type { TpmStructure } from "./values.ts";

const NOTHING = new Uint8Array(0);

/** A session of a command, with what it needs to know of it. */
export interface Participant {
  readonly use: SessionAuthorization;
  readonly attributes: number;
  readonly entity: BoundEntity | undefined;
  /** With the authValue that it has afterwards. */
  readonly entityAfter: BoundEntity | undefined;
}

/** The authValue that a command gives to the entity that authorises it; undefined where it stays. */
export function authAfter(
  name: CommandName,
  handle: number,
  session: number,
  values: TpmStructure,
): Uint8Array | undefined {
  const { newAuth, auth } = values;
  if ((name === "HierarchyChangeAuth" || name === "NV_ChangeAuth") && newAuth instanceof Uint8Array) return newAuth;
  if (name === "PCR_SetAuthValue" && auth instanceof Uint8Array) return auth;
  if (name === "Clear" && handle === TPM_RH.TPM_RH_LOCKOUT) return NOTHING;
  // The index is gone, and its authValue with it.
  return name === "NV_UndefineSpaceSpecial" && session === 0 ? NOTHING : undefined;
}

const doer = (participants: readonly (Participant | null)[], attribute: "decrypt" | "encrypt") =>
  participants.find(
    (participant) => participant !== null && hasAttribute("TPMA_SESSION", participant.attributes, attribute),
  ) ?? null;

/** The first parameter of a command or response must be a TPM2B to be encrypted (Part 1, 21.1). */
function checkEncryptable(command: Command, fields: Command["parameters"], what: string): void {
  const [first] = fields;
  const kind = first === undefined ? undefined : typeNamed(resolveAlias(first.type)).kind;
  if (kind !== "buffer" && kind !== "sized")
    throw new TpmFormatError(`${command.name}: its ${what} has no first parameter that can be encrypted`);
}

/** Octets whose first parameter, a TPM2B, has another content of the same size. */
async function withFirst(
  parameters: Uint8Array,
  change: (data: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const size = ((parameters[0] ?? 0) << 8) | (parameters[1] ?? 0);
  if (2 + size > parameters.length) throw new TpmFormatError("the first parameter is longer than the response");
  const changed = parameters.slice();
  changed.set(await change(parameters.subarray(2, 2 + size)), 2);
  return changed;
}

/** @returns the parameters of a command, with the first encrypted where a session asks for it. @throws TpmFormatError where that can't be. */
export async function encrypted(
  command: Command,
  participants: readonly (Participant | null)[],
  parameters: Uint8Array,
): Promise<Uint8Array> {
  const encrypting = doer(participants, "encrypt");
  encrypting?.use.session.requireCipher();
  if (encrypting !== null) checkEncryptable(command, command.response, "response");
  const participant = doer(participants, "decrypt");
  if (participant === null) return parameters;
  participant.use.session.requireCipher();
  checkEncryptable(command, command.parameters, "command");
  return withFirst(parameters, (data) => participant.use.session.crypt("encrypt", participant.entity, data));
}

/** The first authorization also covers the nonces of the sessions that encrypt (Part 1, 19.6.5). */
function otherNonces(i: number, participants: readonly (Participant | null)[]): Uint8Array[] {
  const own = participants[i];
  if (i !== 0 || own?.entity === undefined) return [];
  const others = new Set([doer(participants, "decrypt"), doer(participants, "encrypt")]);
  return [...others].flatMap((other) => (other === null || other === own ? [] : [other.use.session.nonceTPM]));
}

/** The TPMS_AUTH_COMMAND of the session in place `i`. @param cpHash in its algorithm */
export function authorized(
  { use, attributes, entity }: Participant,
  i: number,
  participants: readonly (Participant | null)[],
  cpHash: Uint8Array,
): Promise<SessionOctets> {
  return use.session.authorize({ cpHash, attributes, entity, otherNonces: otherNonces(i, participants) });
}

/** @returns the parameters of the response, decrypted. @throws TpmFormatError when a session does not prove them. */
export async function verified(
  command: Command,
  participants: readonly (Participant | null)[],
  { sessions, parameters }: ResponseParts,
  cpHash: (algorithm: SessionHash) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (sessions.length !== participants.length)
    throw new TpmFormatError(
      `${command.name}: the response has ${sessions.length} sessions for ${participants.length}`,
    );
  for (const [i, answer] of sessions.entries()) {
    const participant = participants[i];
    if (participant === null || participant === undefined) continue;
    const { session } = participant.use;
    const rpHash = await hash(session.algorithm, uint32(TPM_RC_SUCCESS), uint32(command.code), parameters);
    await session.verify(answer, rpHash, participant.entityAfter);
    await session.audit(participant.attributes, await cpHash(session.algorithm), rpHash);
  }
  const participant = doer(participants, "encrypt");
  if (participant === null) return parameters;
  return withFirst(parameters, (data) => participant.use.session.crypt("decrypt", participant.entityAfter, data));
}
