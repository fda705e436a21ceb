/** What stands in a response. */
import { decodeResponse, type TraceField } from "../../../src/index.ts";
import { hexOf } from "./witness.ts";

/** Of a TPM2B. */
const SIZE_OF_SIZE = 2;

function find(fields: readonly TraceField[], name: string): TraceField | undefined {
  for (const field of fields) {
    const found = field.name === name ? field : find(field.fields, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A field as a number: its octets, the highest first. @throws Error where the response has none of that name */
export function fieldOf(response: Uint8Array, command: Uint8Array, name: string): bigint {
  return numberOf(octetsOf(response, command, name));
}

/** A number in octets, the highest first. */
export const numberOf = (octets: Uint8Array): bigint =>
  octets.reduce((number, octet) => (number << 8n) | BigInt(octet), 0n);

/** The data of a TPM2B. @throws Error as {@link fieldOf} */
export const dataOf = (response: Uint8Array, command: Uint8Array, name: string): Uint8Array =>
  octetsOf(response, command, name).subarray(SIZE_OF_SIZE);

/** The Name of an object that was made, in hex. @throws Error as {@link fieldOf} */
export const nameOf = (response: Uint8Array, command: Uint8Array): string => hexOf(dataOf(response, command, "name"));

function octetsOf(response: Uint8Array, command: Uint8Array, name: string): Uint8Array {
  const decoded = decodeResponse(response, command);
  const field = find(decoded.fields, name);
  if (field === undefined) throw new Error(`${decoded.responseCode.name}: the TPM's answer has no ${name}.`);
  return response.subarray(field.offset, field.offset + field.size);
}
