/** A second TPM that is made of a copy of the first one's state, and asked for the same. */
import { type Tpm, TpmClient, unmarshalResponse } from "../../../src/index.ts";
import { toHex } from "../../pc/hex.ts";
import { COUNTED_HANDLE, COUNTER } from "./rollbackLines.ts";

const HEADER_SIZE = 10;
const SIZE_OFFSET = 2;
/** Behind the one handle: the size of the authorization area. */
const AREA_OFFSET = HEADER_SIZE + 4;
/** TPM_RS_PW with an empty password: handle, nonce, attributes, password (Part 2, 10.13.2). */
const EMPTY_PASSWORD = Uint8Array.of(0x40, 0, 0, 9, 0, 0, 0, 0, 0);

export interface CloneFacts {
  /** Names of what the TPM2_CreatePrimary made, in hex, in their order. */
  readonly names: readonly string[];
  /** What its TPM2_Unseal gave. */
  readonly secret: string;
  /** Its counter, after it was counted up once. */
  readonly counter: bigint;
}

/**
 * @param tpm without power; it has none afterwards.
 * @param primaries TPM2_CreatePrimary as the first TPM was sent them: templates and all else but the session are the same octets.
 * @param count what the secret's policy asks of the counter, 8 octets.
 * @throws TpmError where it refuses what the first one would not
 */
export async function askClone(tpm: Tpm, primaries: readonly Uint8Array[], count: Uint8Array): Promise<CloneFacts> {
  const client = new TpmClient(tpm);
  await tpm.powerOn();
  try {
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    const names: string[] = [];
    for (const command of primaries.map(withPassword)) {
      const { handles, parameters } = unmarshalResponse("CreatePrimary", await tpm.execute(command));
      names.push(toHex(parameters.name));
      await client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle } });
    }
    const session = await client.startSession({ type: "TPM_SE_POLICY" });
    await client.call("PolicyNV", {
      handles: { authHandle: COUNTER, nvIndex: COUNTER, policySession: session.handle },
      parameters: { operandB: count, offset: 0, operation: "TPM_EO_EQ" },
    });
    const { parameters } = await client.call(
      "Unseal",
      { handles: { itemHandle: COUNTED_HANDLE } },
      { sessions: [{ session }] },
    );
    const index = { authHandle: COUNTER, nvIndex: COUNTER };
    await client.call("NV_Increment", { handles: index });
    const read = await client.call("NV_Read", { handles: index, parameters: { size: count.length, offset: 0 } });
    return {
      names,
      secret: new TextDecoder().decode(parameters.outData),
      counter: countIn(read.parameters.data),
    };
  } finally {
    await tpm.powerOff();
  }
}

/** The value of a counter, as TPM2_NV_Read gives it: 8 octets. */
export const countIn = (octets: Uint8Array): bigint => new DataView(octets.buffer, octets.byteOffset).getBigUint64(0);

/** A command with one handle, its sessions replaced by an empty password: they belong to the TPM that it was sent to. */
function withPassword(command: Uint8Array): Uint8Array {
  const view = new DataView(command.buffer, command.byteOffset, command.length);
  const parameters = command.subarray(AREA_OFFSET + 4 + view.getUint32(AREA_OFFSET));
  const octets = new Uint8Array(AREA_OFFSET + 4 + EMPTY_PASSWORD.length + parameters.length);
  octets.set(command.subarray(0, AREA_OFFSET));
  octets.set(EMPTY_PASSWORD, AREA_OFFSET + 4);
  octets.set(parameters, AREA_OFFSET + 4 + EMPTY_PASSWORD.length);
  const written = new DataView(octets.buffer);
  written.setUint32(SIZE_OFFSET, octets.length);
  written.setUint32(AREA_OFFSET, EMPTY_PASSWORD.length);
  return octets;
}
