/** A stream of commands gets the same answers however it is cut, and whatever is answered at once or later. */
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { marshalCommand, password } from "../../client/index.ts";
import type { InlineTpm } from "../../engine/api.ts";
import { concat } from "../../engine/bytes.ts";
import { InlineEngine } from "../../engine/inlineEngine.ts";
import { gate } from "../../engine/testkit/bench.ts";
import { command as fakeCommand, fakeCore, OP } from "../../engine/testkit/fakeCore.ts";
import { FaultyStore } from "../../store/faulty.ts";
import { MemoryStore } from "../../store/memory.ts";
import { createTpm } from "../index.ts";
import { ByteReader } from "../net/byteReader.ts";
import { u32 } from "../net/connection.ts";
import { serveData } from "./dataChannel.ts";

/** A command, and whether it comes in the simulator's frame. */
interface Sent {
  command: Uint8Array;
  isFramed: boolean;
}
const wire = ({ command, isFramed }: Sent) =>
  isFramed ? concat(u32(8), Uint8Array.of(0), u32(command.length), command) : command;
const answerOf = ({ isFramed }: Sent, response: Uint8Array) =>
  isFramed ? concat(u32(response.length), response, u32(0)) : response;

/** How a stream comes: where it is cut, and what happens before each piece: nothing, or turns of the event loop. */
const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 60 }), turns: fc.nat(2) }), { minLength: 1 });
type Cuts = { size: number; turns: number }[];

/** In pieces; `whole` takes a command a piece, as most clients send. */
function pieces(sent: readonly Sent[], cut: Cuts, isWhole: boolean): { bytes: Uint8Array; turns: number }[] {
  const turnsOf = (i: number) => cut[i % cut.length]?.turns ?? 0;
  if (isWhole) return sent.map((each, i) => ({ bytes: wire(each), turns: turnsOf(i) }));
  const all = concat(...sent.map(wire));
  const out: { bytes: Uint8Array; turns: number }[] = [];
  for (let at = 0, i = 0; at < all.length; i++) {
    const size = cut[i % cut.length]?.size ?? 1;
    out.push({ bytes: all.slice(at, at + size), turns: turnsOf(i) });
    at += size;
  }
  return out;
}

/** What a client gets for a stream. @param slowReads after so many writes the client is not ready for more, until a turn later. */
async function answers(tpm: InlineTpm, stream: ReturnType<typeof pieces>, slowReads: number): Promise<Uint8Array> {
  const reader = new ByteReader({ pause: () => {}, resume: () => {} });
  const writes: Uint8Array[] = [];
  let isFull = false;
  const write = (...parts: Uint8Array[]) => {
    expect(isFull).toBe(false);
    writes.push(concat(...parts));
    if (slowReads === 0 || writes.length % slowReads !== 0) return undefined;
    isFull = true;
    return turn().then(() => {
      isFull = false;
    });
  };
  const execute = (command: Uint8Array) => tpm.executeAtOnce(command);
  const served = serveData({ reader, write }, { execute, disconnect: false });
  for (const { bytes, turns } of stream) {
    for (let i = 0; i < turns; i++) await turn();
    reader.push(bytes);
  }
  reader.end();
  await expect(served).rejects.toThrow("The other end closed the connection.");
  return concat(...writes);
}

async function expectSameAnswers(
  tpms: readonly [InlineTpm, InlineTpm],
  sent: readonly Sent[],
  { cut, isWhole, slowReads }: { cut: Cuts; isWhole: boolean; slowReads: number },
): Promise<void> {
  const [one, other] = tpms;
  // What is sent is wiped when it is answered.
  const copies = sent.map(({ command, isFramed }) => ({ command: command.slice(), isFramed }));
  const expected: Uint8Array[] = [];
  for (const each of sent) expected.push(answerOf(each, await one.execute(each.command)));
  expect(await answers(other, pieces(copies, cut, isWhole), slowReads)).toEqual(concat(...expected));
}
const how = fc.record({ cut: cuts, isWhole: fc.boolean(), slowReads: fc.nat(3) });

const nvIndex = 0x0150_0001;
const auth = Uint8Array.of(1, 2, 3);
const owner = { authHandle: "TPM_RH_OWNER" } as const;
const extend = (fill: number) =>
  marshalCommand("PCR_Extend", {
    handles: { pcrHandle: 16 },
    parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(32).fill(fill) }] },
  });
const write = (fill: number) =>
  marshalCommand("NV_Write", {
    handles: { authHandle: nvIndex, nvIndex },
    sessions: [password(auth)],
    parameters: { data: new Uint8Array(8).fill(fill), offset: 0 },
  });
/** Whose answers depend on those before, and on no random number; about half of them commit. */
const COMMANDS = [
  marshalCommand("NV_DefineSpace", {
    handles: owner,
    parameters: {
      auth,
      publicInfo: {
        ...{ nvIndex, nameAlg: "TPM_ALG_SHA256", attributes: 0x00040004 },
        ...{ authPolicy: new Uint8Array(), dataSize: 8 },
      },
    },
  }),
  ...[write(1), write(2), write(3), extend(1), extend(2), extend(3)],
  marshalCommand("NV_Read", {
    handles: { authHandle: nvIndex, nvIndex },
    sessions: [password(auth)],
    parameters: { size: 8, offset: 0 },
  }),
  marshalCommand("NV_ReadPublic", { handles: { nvIndex } }),
  marshalCommand("NV_UndefineSpace", { handles: { ...owner, nvIndex } }),
  marshalCommand("PCR_Read", {
    parameters: { pcrSelectionIn: [{ hash: "TPM_ALG_SHA256", pcrSelect: Uint8Array.of(0, 0, 1) }] },
  }),
  marshalCommand("PCR_Reset", { handles: { pcrHandle: 16 } }),
  // No command of anybody's, one that lacks its parameters, and one whose tag is none.
  ...["80010000000a2fffffff", "80010000000a0000014b", "12340000000a0000017b"].map((hex) =>
    Uint8Array.from(Buffer.from(hex, "hex")),
  ),
];
const sentOf = (commands: readonly Uint8Array[]): fc.Arbitrary<Sent[]> =>
  fc.array(fc.record({ command: fc.constantFrom(...commands), isFramed: fc.boolean() }), { maxLength: 14 });

describe("a stream of commands gets the answers of its commands one by one", () => {
  it("of a TPM whose store takes its time", async () => {
    await fc.assert(
      fc.asyncProperty(sentOf(COMMANDS), how, async (sent, way) => {
        const store = () => new FaultyStore(new MemoryStore(), (commit) => (commit % 3 === 0 ? turn() : "ok"));
        const tpms = [createTpm({ store: store() }), createTpm({ store: store() })] as const;
        try {
          for (const tpm of tpms) {
            await tpm.powerOn();
            await tpm.execute(marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } }));
          }
          await expectSameAnswers(tpms, sent, way);
        } finally {
          for (const tpm of tpms) await tpm.close();
        }
      }),
      { numRuns: 60 },
    );
  });

  it("in slices, with commits that fail and cores that trap", async () => {
    const ops = [OP.read, OP.increment, OP.setRegister, OP.slow, OP.trap, OP.trapInSave, OP.failureMode];
    const commands = ops.flatMap((op) => [1, 2, 3].map((argument) => fakeCommand(op, argument)));
    await fc.assert(
      fc.asyncProperty(sentOf(commands), how, fc.nat(6), async (sent, way, refused) => {
        // The fake core's commands have no header: they come in frames.
        const framed = sent.map(({ command }) => ({ command, isFramed: true }));
        const make = () => {
          const store = new FaultyStore(new MemoryStore(), (commit) => (commit === refused + 2 ? "quota" : "ok"));
          return new InlineEngine({ newCore: async () => fakeCore(), store });
        };
        const tpms = [make(), make()] as const;
        for (const tpm of tpms) await tpm.powerOn();
        await expectSameAnswers(tpms, framed, way);
        for (const tpm of tpms) await tpm.close();
      }),
      { numRuns: 200 },
    );
  });
});

describe("the data channel", () => {
  const read = () => wire({ command: fakeCommand(OP.read), isFramed: true });

  it("answers a whole command in the turn in which it comes, and one that commits when the store has it", async () => {
    const { promise, release } = gate();
    const store = new FaultyStore(new MemoryStore(), (commit) => (commit === 2 ? promise : "ok"));
    const tpm = new InlineEngine({ newCore: async () => fakeCore(), store });
    await tpm.powerOn();
    const reader = new ByteReader({ pause: () => {}, resume: () => {} });
    let answered = 0;
    const write = () => {
      answered++;
      return undefined;
    };
    const execute = (command: Uint8Array) => tpm.executeAtOnce(command);
    const served = serveData({ reader, write }, { execute, disconnect: false });
    const bytes = read();
    reader.push(bytes);
    expect(answered).toBe(1);
    // It may have held an authorization value.
    expect([...bytes.subarray(9)]).toEqual([0, 0]);
    reader.push(wire({ command: fakeCommand(OP.increment), isFramed: true }));
    reader.push(read());
    await turn();
    expect([answered, store.stored]).toEqual([1, 1]);
    release();
    while (answered < 3) await turn();
    expect(store.stored).toBe(2);
    reader.push(read());
    expect(answered).toBe(4);
    reader.end();
    await expect(served).rejects.toThrow("closed the connection");
    await tpm.close();
  });

  it("of a client that goes in the middle of a command ends when that has ended; the TPM goes on", async () => {
    const tpm = new InlineEngine({ newCore: async () => fakeCore(), store: new MemoryStore() });
    await tpm.powerOn();
    const reader = new ByteReader({ pause: () => {}, resume: () => {} });
    const write = () => {
      throw new Error("The client has gone.");
    };
    const execute = (command: Uint8Array) => tpm.executeAtOnce(command);
    const served = serveData({ reader, write }, { execute, disconnect: false });
    reader.push(wire({ command: fakeCommand(OP.slow, 3), isFramed: true }));
    expect(tpm.busy).toBe(true);
    reader.end();
    await expect(served).rejects.toThrow("The client has gone.");
    expect(tpm.busy).toBe(false);
    const again = new ByteReader({ pause: () => {}, resume: () => {} });
    // Nor does one who has gone when the answer is there at once.
    const refused = serveData({ reader: again, write }, { execute, disconnect: false });
    again.push(read());
    await expect(refused).rejects.toThrow("The client has gone.");
    expect(await tpm.execute(fakeCommand(OP.increment))).toMatchObject({ length: 19 });
    await tpm.close();
  });
});
