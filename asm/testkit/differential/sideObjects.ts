/** What one of the two TPMs gave out for objects: Names, public and private areas, credentials, signatures. */
import { commandNamed } from "../../../src/spec/commands.ts";
import { decodeCommand, decodeResponse, type TraceField } from "../../../src/trace/index.ts";
import { concat, hex, type Response, u16, u32 } from "../harness.ts";
import { KnownObjects } from "./objects.ts";
import type { CommandStep } from "./step.ts";

type Fields = ReadonlyMap<string, Uint8Array>;
const EMPTY = new Uint8Array(0);

/** Of a message in clear and without sessions: the fields behind its header, with their sizes. */
function fieldsOf(bytes: Uint8Array, fields: readonly TraceField[]): Fields {
  return new Map(fields.map(({ name, offset, size }) => [name, bytes.slice(offset, offset + size)]));
}
/** A response without its sessions. */
export function withoutSessions(response: Response, responseHandles: number): Uint8Array {
  if (response.tag !== 0x8002) return response.bytes;
  const at = 10 + 4 * responseHandles;
  const parameters = response.bytes.subarray(at + 4, at + 4 + response.view.getUint32(at));
  const body = concat(response.bytes.subarray(10, at), parameters);
  return concat(u16(0x8001), u32(10 + body.length), u32(0), body);
}

interface SideObject {
  name: Uint8Array;
  area: Uint8Array;
}

export class SideObjects {
  readonly #known = new Map<number, SideObject>();
  readonly #saved: (SideObject | undefined)[] = [];
  readonly #outputs: Map<string, Uint8Array>[] = [];

  nameOf(handle: number): Uint8Array | undefined {
    return this.#known.get(handle)?.name;
  }
  /** @param tamper which octet is changed, sizes apart. */
  field(output: number, name: string, tamper: number | null): Uint8Array {
    const octets = this.#outputs[output]?.get(name)?.slice() ?? EMPTY;
    if (tamper !== null && octets.length > 2) octets[2 + (tamper % (octets.length - 2))]! ^= 1;
    return octets;
  }

  learn(step: CommandStep, parameters: Uint8Array, response: Response): void {
    const { name, handles } = step;
    const handle = handles[0] ?? 0;
    const view = new DataView(parameters.buffer, parameters.byteOffset, parameters.byteLength);
    switch (name) {
      case "FlushContext":
        this.#known.delete(view.getUint32(0));
        return;
      case "ContextSave":
        this.#saved.push(this.#known.get(handle));
        return;
      case "ContextLoad": {
        const part = step.parameters[0];
        const saved = part && "context" in part ? this.#saved[part.context] : undefined;
        if (saved) this.#known.set(response.view.getUint32(10), saved);
        return;
      }
      case "EvictControl": {
        const object = this.#known.get(handles[1] ?? 0);
        if (object) this.#known.set(view.getUint32(0), object);
        return;
      }
    }
    const loads = ["CreatePrimary", "CreateLoaded", "Load"].includes(name);
    if (!loads && !KnownObjects.gives(name)) return;
    const given = this.#given(step, parameters, response, loads ? 1 : 0);
    if (loads) {
      const area = given.get("outPublic") ?? given.get("inPublic") ?? EMPTY;
      this.#known.set(response.view.getUint32(10), { name: (given.get("name") ?? EMPTY).slice(2), area });
    }
    if (!KnownObjects.gives(name)) return;
    const from = this.#known.get(handle)?.area ?? EMPTY;
    given.set("public", given.get("outPublic") ?? given.get("objectPublic") ?? from);
    given.set("private", given.get("outPrivate") ?? EMPTY);
    const key = given.get("encryptionKeyIn") ?? EMPTY;
    given.set("encryptionKey", key.length > 2 ? key : (given.get("encryptionKeyOut") ?? Uint8Array.of(0, 0)));
    this.#outputs.push(given);
  }

  #given(
    step: CommandStep,
    parameters: Uint8Array,
    response: Response,
    responseHandles: number,
  ): Map<string, Uint8Array> {
    // An authorization area without sessions: the decoder believes no parameters of a command that needs one and has none.
    const needsSessions = commandNamed(step.name).sessions === "required";
    const body = concat(...step.handles.map(u32), needsSessions ? u32(0) : EMPTY, parameters);
    const command = concat(u16(needsSessions ? 0x8002 : 0x8001), u32(10 + body.length), u32(step.code), body);
    const plain = withoutSessions(response, responseHandles);
    const [asked, answered] = [decodeCommand(command), decodeResponse(plain, step.code)];
    const problem = asked.problem ?? answered.problem;
    if (problem) throw new Error(`${step.name}: ${problem} in ${hex(plain)}`);
    return new Map([...fieldsOf(command, asked.fields), ...fieldsOf(plain, answered.fields)]);
  }
}
