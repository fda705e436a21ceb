/** Messages without their secrets: as long as before, and of the same structure. */
import { resolveAlias, typeNamed } from "../spec/types.ts";
import type { TraceField } from "./decoder.ts";
import { decodeCommand, decodeResponse } from "./message.ts";

/**
 * A copy in which each secret is zeros of the same length. Sizes stay, and what selects the member of a union, so that it can
 * be decoded as before; of a message that can't be decoded all behind its handles is zeros.
 */
export function blankCommand(command: Uint8Array): Uint8Array {
  const { fields, problem } = decodeCommand(command);
  return blank(command, fields, problem !== undefined);
}

/** As {@link blankCommand}. @param to the command that it answers */
export function blankResponse(response: Uint8Array, to: Uint8Array): Uint8Array {
  const { fields, problem } = decodeResponse(response, to);
  return blank(response, fields, problem !== undefined);
}

function blank(octets: Uint8Array, fields: readonly TraceField[], isBroken: boolean): Uint8Array {
  const copy = octets.slice();
  const zero = (from: number, to: number) => copy.fill(0, from, to);
  const walk = (field: TraceField): void => {
    const { offset, size, secret } = field;
    if (!secret) {
      for (const inner of field.fields) walk(inner);
      return;
    }
    // Nobody knows what lies where.
    if (isBroken || field.type === "BYTE") {
      zero(offset, offset + size);
      return;
    }
    const { kind } = typeNamed(resolveAlias(field.type));
    if (kind === "buffer" || (kind === "sized" && field.fields.length === 0)) zero(offset + 2, offset + size);
    else if (kind === "integer") zero(offset, offset + size);
    else for (const inner of field.fields) walk(inner);
  };
  for (const field of fields) walk(field);
  return copy;
}
