/**
 * The tables and the interpreter of the unit tests against libtpms itself: command attributes, and the response code
 * for parameters that are malformed in every way, for all commands that swtpm has.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Swtpm, swtpmIsInstalled } from "../../../asm/testkit/swtpm.ts";
import { TpmClient } from "../../client/client.ts";
import { assemble, marshalFields, password } from "../../client/command.ts";
import type { TpmStructure, TpmValue } from "../../client/values.ts";
import { TPM_ALG } from "../algorithms.ts";
import { type Command, commandAttributes, commands, commandWithCode } from "../commands.ts";
import type { TPM_CAP, TPM_SE } from "../constants.ts";
import { limitsOf } from "../limits.ts";
import { TPM_RC } from "../responseCodes.ts";
import { valuesWith } from "./sizes.ts";
import { Interpreter, type World } from "./testkit/interpreter.ts";
import { wireOfCommand } from "./testkit/wire.ts";

const OBJECT = 0x80000000;
const NV_INDEX = 0x01000001;
const OWNER = 0x40000001;
/** The bit of a response code that is about a parameter. */
const PARAMETER = 0x40;
/** Those that need a policy, Physical Presence or another state of the TPM before their parameters are looked at. */
const OUT_OF_REACH = [
  "AC_Send",
  "ACT_SetTimeout",
  "Duplicate",
  "NV_ChangeAuth",
  "NV_UndefineSpaceSpecial",
  "PP_Commands",
  "Startup",
];

/** Debian's libtpms 0.9.2. */
const KEY_BITS: ReadonlyMap<number, readonly number[]> = new Map([
  [TPM_ALG.TPM_ALG_RSA, [1024, 2048, 3072]],
  [TPM_ALG.TPM_ALG_AES, [128, 256]],
  [TPM_ALG.TPM_ALG_TDES, [128, 192]],
  [TPM_ALG.TPM_ALG_CAMELLIA, [128, 256]],
]);

describe.runIf(swtpmIsInstalled())("libtpms", () => {
  let swtpm: Swtpm;
  let client: TpmClient;
  let world: World;
  let implemented: readonly Command[];
  let attributesOfLibtpms: ReadonlyMap<number, number>;
  let handleFor: (type: string) => number;

  async function capability<Element extends TpmValue>(
    name: keyof typeof TPM_CAP,
    property = 0,
  ): Promise<readonly Element[]> {
    const { parameters } = await client.call("GetCapability", {
      parameters: { capability: name, property, propertyCount: 1000 },
    });
    expect(parameters.moreData).toBe(0);
    const { data } = parameters.capabilityData;
    return data as readonly Element[];
  }

  beforeAll(async () => {
    swtpm = await Swtpm.start();
    client = new TpmClient({ execute: (command) => swtpm.run(command) });
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    const attributes = await capability<number>("TPM_CAP_COMMANDS");
    attributesOfLibtpms = new Map(attributes.map((value) => [value & 0x2000ffff, value]));
    implemented = commands.filter(
      (command) => attributesOfLibtpms.has(command.code) && commandWithCode(command.code) === command,
    );
    const algorithms = new Set((await capability<TpmStructure>("TPM_CAP_ALGS")).map(({ alg }) => alg));
    const curves = new Set(await capability<number>("TPM_CAP_ECC_CURVES", 1));
    world = {
      values: valuesWith(limitsOf("libtpms-0.9")),
      algorithm: (id) => algorithms.has(id),
      curve: (id) => curves.has(id),
      keyBits: (algorithm, bits) => KEY_BITS.get(algorithm)?.includes(bits) ?? false,
    };
    handleFor = await prepareHandles(client);
  }, 60_000);
  afterAll(() => swtpm.stop());

  it("reports the TPMA_CC that the tables have", () => {
    expect(implemented.length).toBeGreaterThan(100);
    for (const command of implemented)
      expect(attributesOfLibtpms.get(command.code)?.toString(16), command.name).toBe(
        commandAttributes(command).toString(16),
      );
    const known = new Set(commands.map(({ code }) => code));
    expect([...attributesOfLibtpms.keys()].filter((code) => !known.has(code))).toEqual([]);
  });

  it("answers malformed handles and parameters with the codes that the interpreter foretells", {
    timeout: 170_000,
  }, async () => {
    const outOfReach = new Set<string>();
    for (const command of implemented) {
      if (command.handles.length + command.parameters.length === 0) continue;
      await fc.assert(
        fc.asyncProperty(wireOfCommand(command.name, world), fc.nat(3), fc.nat(), async (wire, kind, place) => {
          const handles = chooseHandles(command, wire, kind);
          const parameters = wire.subarray(4 * command.handles.length);
          const cut =
            kind === 1 && parameters.length > 0 ? parameters.subarray(0, place % parameters.length) : parameters;
          const foretold = foretell(command, handles, cut);
          const response = await swtpm.run(
            assemble(
              command.code,
              handles,
              command.handles.filter(({ role }) => role !== null).map(() => password()),
              foretold.octets,
            ),
          );
          const code = new DataView(response.buffer, response.byteOffset).getUint32(6);
          if (OUT_OF_REACH.includes(command.name) && code !== foretold.code) outOfReach.add(command.name);
          else
            expect(code.toString(16), `${command.name} ${Buffer.from(foretold.octets).toString("hex")}`).toBe(
              foretold.code.toString(16),
            );
        }),
        { numRuns: 100 },
      );
    }
    expect([...outOfReach].every((name) => OUT_OF_REACH.includes(name))).toBe(true);
  });

  /** Handles of things that exist or, in one of four cases, those of the wire when a type refuses one of them. */
  function chooseHandles(command: Command, wire: Uint8Array, kind: number): Uint8Array {
    const values: Record<string, number> = {};
    for (const { name, type } of command.handles) values[name] = handleFor(type);
    const bad = wire.subarray(0, 4 * command.handles.length);
    const { code } = new Interpreter(world, bad).command(command.name);
    const isRefused = code !== 0 && (code & PARAMETER) === 0;
    return kind === 2 && isRefused ? bad : marshalFields(command.name, command.handles, values);
  }

  /** The parameters to be sent and the answer. Well-formed ones get an octet too many: nothing is executed. */
  function foretell(
    command: Command,
    handles: Uint8Array,
    parameters: Uint8Array,
  ): { octets: Uint8Array; code: number } {
    const whole = Uint8Array.from([...handles, ...parameters]);
    const { code, consumed } = new Interpreter(world, whole).command(command.name);
    if (code !== 0) return { octets: parameters, code };
    const octets = consumed < whole.length ? parameters : Uint8Array.from([...parameters, 0]);
    return { octets, code: TPM_RC.TPM_RC_SIZE };
  }
});

/** Things that the handles of commands may refer to, all with an empty authValue. */
async function prepareHandles(client: TpmClient): Promise<(type: string) => number> {
  const empty = new Uint8Array(0);
  await client.call("CreatePrimary", {
    handles: { primaryHandle: "TPM_RH_OWNER" },
    parameters: {
      inSensitive: { userAuth: empty, data: empty },
      inPublic: {
        type: "TPM_ALG_SYMCIPHER",
        nameAlg: "TPM_ALG_SHA256",
        // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, decrypt
        objectAttributes: 0x00020472,
        authPolicy: empty,
        parameters: { sym: { algorithm: "TPM_ALG_AES", keyBits: 128, mode: "TPM_ALG_CFB" } },
        unique: empty,
      },
      outsideInfo: empty,
      creationPCR: [],
    },
  });
  await client.call("NV_DefineSpace", {
    handles: { authHandle: OWNER },
    parameters: {
      auth: empty,
      // OWNERWRITE, AUTHWRITE, OWNERREAD, AUTHREAD, NO_DA
      publicInfo: {
        nvIndex: NV_INDEX,
        nameAlg: "TPM_ALG_SHA256",
        attributes: 0x02060006,
        authPolicy: empty,
        dataSize: 8,
      },
    },
  });
  const session = async (sessionType: keyof typeof TPM_SE) => {
    const { handles } = await client.call("StartAuthSession", {
      handles: { tpmKey: "TPM_RH_NULL", bind: "TPM_RH_NULL" },
      parameters: {
        nonceCaller: new Uint8Array(16),
        encryptedSalt: empty,
        sessionType,
        symmetric: { algorithm: "TPM_ALG_NULL" },
        authHash: "TPM_ALG_SHA256",
      },
    });
    return handles.sessionHandle;
  };
  const policy = await session("TPM_SE_POLICY");
  const hmac = await session("TPM_SE_HMAC");
  const exact: Readonly<Record<string, number>> = {
    TPMI_DH_PCR: 16,
    TPMI_SH_POLICY: policy,
    TPMI_SH_HMAC: hmac,
    TPMI_RH_NV_INDEX: NV_INDEX,
    TPMI_RH_PLATFORM: 0x4000000c,
    TPMI_RH_CLEAR: 0x4000000c,
    TPMI_RH_LOCKOUT: 0x4000000a,
    TPMI_RH_ENDORSEMENT: 0x4000000b,
    TPMI_RH_AC: 0x90000000,
    TPMI_RH_ACT: 0x40000110,
  };
  return (type) => exact[type] ?? (type.startsWith("TPMI_DH_") && type !== "TPMI_DH_ENTITY" ? OBJECT : OWNER);
}
