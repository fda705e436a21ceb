import {
  type CommandName,
  decodeCommand,
  decodeResponse,
  type Entity,
  EntityNames,
  type ExportOptions,
  entityOfHandle,
  formatFields,
  isHandleType,
  readHead,
  sessionFlagsOf,
  type TraceLine,
} from "../../src/index.ts";
import type { CommandEntry, DecodedEntry, DecodedMessage, Field } from "../state/model.ts";

const STARTUP: CommandName = "Startup";
const NO_RESPONSE = new Uint8Array(0);

/** Whether a command is TPM2_Startup. */
export const isStartup = (command: Uint8Array): boolean => readHead(command, NO_RESPONSE).name === STARTUP;
/** Whether a response says TPM_RC_SUCCESS. */
export const succeeded = (response: Uint8Array): boolean =>
  decodeResponse(response).responseCode.severity === "success";

/**
 * What a row of the command list says of a command and its response. Called for every command while the guest runs: it decodes
 * nothing but what tells of handles.
 * @param names what is known of the handles; it learns from this command
 */
export function summarize(command: Uint8Array, response: Uint8Array, names = new EntityNames()) {
  const head = readHead(command, response);
  const { severity, name, about, number } = head.responseCode;
  const handles = head.handles.map((handle) => names.entityOf(handle));
  const entities = new Map<number, Entity>(handles.map((entity) => [entity.handle, entity]));
  for (const session of head.sessions) entities.set(session, names.entityOf(session));
  names.observe(command, response, head);
  const { responseHandle } = head;
  if (responseHandle !== undefined) entities.set(responseHandle, names.entityOf(responseHandle));
  return {
    name: head.command === undefined ? head.name : `TPM2_${head.name}`,
    handles,
    entities,
    responseCodeName: number === 0 ? name : `${name} (${about} ${number})`,
    failed: severity !== "success",
  };
}

/** All fields of a command and its response; secrets are hidden unless asked for. */
export function decode(
  { command, response, entities }: Pick<CommandEntry, "command" | "response" | "entities">,
  options: ExportOptions = {},
): DecodedEntry {
  const asked = decodeCommand(command);
  const answered = decodeResponse(response, command);
  const message = (octets: Uint8Array, { fields, problem }: Pick<typeof asked, "fields" | "problem">) =>
    ({
      octets,
      fields: formatFields(fields, options).map((line) =>
        fieldOf(line, octets, entities, line.secret && options.revealSecrets !== true),
      ),
      ...(problem === undefined ? {} : { problem }),
    }) satisfies DecodedMessage;
  return {
    command: message(command, asked),
    response: message(response, answered),
  };
}

function fieldOf(
  { name, type, value, depth, offset, size, secret }: TraceLine,
  octets: Uint8Array,
  entities: ReadonlyMap<number, Entity>,
  isHidden: boolean,
): Field {
  const field = { name, value, depth, offset, size, secret, isHidden };
  if (isHidden) return field;
  if (type === "TPMA_SESSION") return { ...field, flags: sessionFlagsOf(value) };
  if (!isHandleType(type) || size !== 4) return field;
  const handle = new DataView(octets.buffer, octets.byteOffset, octets.length).getUint32(offset);
  return { ...field, entity: entities.get(handle) ?? entityOfHandle(handle) };
}
