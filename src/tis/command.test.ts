import { describe, expect, test } from "vitest";
import { TpmPoweredOffError } from "../engine/backend.ts";
import { TisDevice } from "./device.ts";
import {
  STS_DATA_AVAILABLE as DATA,
  STS_EXPECT as EXPECT,
  FIFO_SIZE,
  STS_GO as GO,
  STS_COMMAND_READY as READY,
  REG_DATA_FIFO,
  REG_STS,
  STS_RESPONSE_RETRY as RETRY,
  STS_COMMAND_CANCEL,
  STS_SELF_TEST_DONE,
  STS_VALID as VALID,
} from "./registers.ts";
import { FakeBackend } from "./testkit/fakeBackend.ts";
import { command, Guest, response } from "./testkit/guest.ts";

const STARTUP = command("Startup", [0, 0]);
const GET_RANDOM = command("GetRandom", [0, 4]);
const RANDOM = response("TPM_RC_SUCCESS", [0, 4, 1, 2, 3, 4]);

function setUp() {
  const backend = new FakeBackend();
  const errors: unknown[] = [];
  const device = new TisDevice({ backend, onBackendError: (error) => errors.push(error) });
  const guest = new Guest(device);
  guest.request(0);
  return { backend, device, guest, errors };
}

/** A command of `length` bytes whose header says `size`. */
function sized(length: number, size: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x5a);
  bytes.set([0x80, 0x01]);
  new DataView(bytes.buffer).setUint32(2, size);
  return bytes;
}

describe("STS", () => {
  test("says TPM family 2.0 in every state", async () => {
    const { device, guest, backend } = setUp();
    const family = () => (device.read32(REG_STS) >>> 26) & 3;
    expect(family()).toBe(1);
    guest.commandReady(0);
    expect(family()).toBe(1);
    guest.write(0, STARTUP);
    expect(family()).toBe(1);
    guest.go(0);
    expect(family()).toBe(1);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(family()).toBe(1);
  });

  test("goes through Idle, Ready, Reception, Execution and Completion", async () => {
    const { guest, backend } = setUp();
    expect(guest.status(0)).toBe(0);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY);
    guest.write(0, STARTUP.subarray(0, 11));
    expect(guest.status(0)).toBe(VALID | EXPECT);
    guest.write(0, STARTUP.subarray(11));
    expect(guest.status(0)).toBe(VALID);
    guest.go(0);
    expect(guest.status(0)).toBe(VALID);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.status(0)).toBe(VALID | DATA);
    guest.read(0, 9);
    expect(guest.status(0)).toBe(VALID | DATA);
    guest.read(0, 1);
    expect(guest.status(0)).toBe(VALID);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY);
  });

  test("commandReady, tpmGo and responseRetry are ignored when written together", () => {
    const { guest, backend } = setUp();
    guest.writeStatus(0, READY | GO);
    expect(guest.status(0)).toBe(0);
    guest.commandReady(0);
    guest.write(0, STARTUP);
    guest.writeStatus(0, READY | GO);
    guest.writeStatus(0, GO | RETRY);
    expect(backend.executed).toEqual([]);
    expect(guest.status(0)).toBe(VALID);
  });

  test("selfTestDone is set when TPM2_SelfTest succeeded, and stays until reset", async () => {
    const { device, guest, backend } = setUp();
    guest.send(0, command("SelfTest", [1]));
    await backend.answer(response("TPM_RC_FAILURE"));
    expect(guest.status(0)).toBe(VALID | DATA);
    guest.send(0, command("SelfTest", [1]));
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.status(0)).toBe(VALID | DATA | STS_SELF_TEST_DONE);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY | STS_SELF_TEST_DONE);
    device.reset();
    guest.request(0);
    expect(guest.status(0)).toBe(0);
  });

  test("selfTestDone is not set by other commands that succeed", async () => {
    const { guest, backend } = setUp();
    guest.send(0, STARTUP);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(guest.status(0)).toBe(VALID | DATA);
  });
});

describe("onPoll", () => {
  test("tells of each look at the status while a command is in execution, and of no other", async () => {
    const backend = new FakeBackend();
    let polls = 0;
    const guest = new Guest(new TisDevice({ backend, onPoll: () => polls++ }));
    guest.request(0);
    guest.commandReady(0);
    guest.write(0, GET_RANDOM);
    guest.status(0);
    expect(polls).toBe(0);
    guest.go(0);
    guest.status(0);
    guest.status(0);
    expect(polls).toBe(2);
    // Another locality sees nothing of it.
    guest.status(1);
    expect(polls).toBe(2);
    await backend.answer(RANDOM);
    guest.status(0);
    expect(polls).toBe(2);
  });
});

describe("burstCount", () => {
  test("is the room in the FIFO, then 0 during execution, then what is left of the response", async () => {
    const { guest, backend } = setUp();
    expect(guest.burstCount(0)).toBe(FIFO_SIZE);
    guest.commandReady(0);
    for (const [i, byte] of GET_RANDOM.entries()) {
      expect(guest.burstCount(0)).toBe(FIFO_SIZE - i);
      guest.write(0, [byte]);
    }
    guest.go(0);
    expect(guest.burstCount(0)).toBe(0);
    await backend.answer(RANDOM);
    for (let left = RANDOM.length; left > 0; left--) {
      expect(guest.burstCount(0)).toBe(left);
      guest.read(0, 1);
    }
    expect(guest.burstCount(0)).toBe(0);
  });

  test("read by bytes never takes 256 for 0", async () => {
    const { device, guest, backend } = setUp();
    expect(device.read8(REG_STS + 1)).toBe(0xff);
    expect(device.read8(REG_STS + 2)).toBe(0);
    guest.send(0, STARTUP);
    await backend.answer(sized(0x100, 0x100));
    expect(device.read8(REG_STS + 1)).toBe(0xff);
    expect(device.read8(REG_STS + 2)).toBe(0);
    expect(device.read16(REG_STS + 1)).toBe(0x100);
    expect(device.read32(REG_STS + 1) & 0xffff).toBe(0x100);
    expect(device.read32(REG_STS - 2) >>> 24).toBe(0xff);
  });
});

describe("the command", () => {
  test("is dropped while the TPM is Idle", () => {
    const { guest, backend } = setUp();
    guest.write(0, STARTUP);
    guest.go(0);
    expect(guest.status(0)).toBe(0);
    expect(backend.executed).toEqual([]);
  });

  test("is complete when the size in its header is reached; further bytes are dropped", () => {
    const { guest, backend } = setUp();
    guest.commandReady(0);
    guest.write(0, [...STARTUP, 0xde, 0xad]);
    expect(guest.status(0)).toBe(VALID);
    expect(guest.burstCount(0)).toBe(FIFO_SIZE - STARTUP.length);
    guest.go(0);
    expect(backend.executed[0]!.command).toEqual(STARTUP);
  });

  test("is complete in the middle of a 32-bit write", () => {
    const { device, guest, backend } = setUp();
    const command11 = command("SelfTest", [1]);
    guest.commandReady(0);
    guest.write(0, command11.subarray(0, 8));
    device.write32(REG_DATA_FIFO, 0xee01_4301);
    guest.go(0);
    expect(backend.executed[0]!.command).toEqual(command11);
  });

  test("does not start before it is complete", () => {
    const { guest, backend } = setUp();
    guest.commandReady(0);
    for (const byte of STARTUP.subarray(0, 11)) {
      guest.go(0);
      guest.write(0, [byte]);
    }
    guest.go(0);
    expect(backend.executed).toEqual([]);
    expect(guest.status(0)).toBe(VALID | EXPECT);
    guest.write(0, STARTUP.subarray(11));
    guest.go(0);
    expect(backend.executed).toHaveLength(1);
  });

  test("starts once", () => {
    const { guest, backend } = setUp();
    guest.send(0, STARTUP);
    guest.go(0);
    expect(backend.executed).toHaveLength(1);
  });

  test("whose header says less than its six bytes is complete with them: the TPM refuses it", () => {
    for (const size of [0, 1, 5, 6]) {
      const { guest, backend } = setUp();
      guest.send(0, sized(12, size));
      expect(backend.executed[0]!.command).toEqual(sized(12, size).subarray(0, 6));
    }
  });

  test("of the FIFO's size is taken", () => {
    const { guest, backend } = setUp();
    guest.send(0, sized(FIFO_SIZE, FIFO_SIZE));
    expect(backend.executed[0]!.command).toEqual(sized(FIFO_SIZE, FIFO_SIZE));
  });

  test.each([FIFO_SIZE + 1, 0x8000_0000, 0xffff_ffff])(
    "whose header says %d bytes ends when the FIFO is full: the TPM sees that size and length differ",
    (size) => {
      const { guest, backend } = setUp();
      const bytes = sized(FIFO_SIZE + 4, size);
      guest.commandReady(0);
      guest.write(0, bytes.subarray(0, FIFO_SIZE - 1));
      expect(guest.status(0)).toBe(VALID | EXPECT);
      guest.write(0, bytes.subarray(FIFO_SIZE - 1));
      expect(guest.status(0)).toBe(VALID);
      expect(guest.burstCount(0)).toBe(0);
      guest.go(0);
      expect(backend.executed[0]!.command).toEqual(bytes.subarray(0, FIFO_SIZE));
    },
  );

  test("can't be changed or read during execution", () => {
    const { guest, backend } = setUp();
    guest.send(0, STARTUP);
    guest.write(0, [1, 2, 3]);
    expect(guest.read(0, 2)).toEqual(Uint8Array.of(0xff, 0xff));
    expect(guest.status(0)).toBe(VALID);
    expect(backend.executed[0]!.command).toEqual(STARTUP);
  });

  test("can't be read back while it is received", () => {
    const { guest } = setUp();
    guest.commandReady(0);
    expect(guest.read(0, 1)).toEqual(Uint8Array.of(0xff));
    guest.write(0, STARTUP);
    expect(guest.read(0, 1)).toEqual(Uint8Array.of(0xff));
  });

  describe("lies in the FIFO and nowhere else in the device", () => {
    /** Ready for a command, and the FIFO's memory. */
    async function ready() {
      const made = setUp();
      made.guest.send(0, STARTUP);
      await made.backend.answer(response("TPM_RC_SUCCESS"));
      made.guest.commandReady(0);
      return { ...made, memory: new Uint8Array(made.backend.given[0]!.buffer) };
    }
    /** The size field says more than will be written. */
    const PART = sized(40, 64);

    test("which is wiped when the backend has it", () => {
      const { guest, backend } = setUp();
      let duringTheCall = new Uint8Array(0);
      backend.onExecute = () => {
        duringTheCall = backend.given[0]!.slice();
      };
      guest.send(0, sized(FIFO_SIZE, FIFO_SIZE));
      expect(duringTheCall).toEqual(sized(FIFO_SIZE, FIFO_SIZE));
      const memory = new Uint8Array(backend.given[0]!.buffer);
      expect(memory).toEqual(new Uint8Array(FIFO_SIZE));
      expect(backend.executed[0]!.command).toEqual(sized(FIFO_SIZE, FIFO_SIZE));
    });

    test("which is wiped when the backend throws", () => {
      const { guest, backend } = setUp();
      backend.onExecute = () => {
        throw new Error("no memory");
      };
      guest.send(0, STARTUP);
      expect(new Uint8Array(backend.given[0]!.buffer)).toEqual(new Uint8Array(FIFO_SIZE));
    });

    test.each([
      ["commandReady", ({ guest }) => guest.commandReady(0)],
      ["a locality that lets go", ({ guest }) => guest.release(0)],
      ["a locality that seizes", ({ guest }) => guest.seize(1)],
      ["a reset", ({ device }) => device.reset()],
      ["being taken off the bus", ({ device }) => device.dispose()],
    ] as [string, (made: Awaited<ReturnType<typeof ready>>) => void][])(
      "which is wiped when it is given up: %s",
      async (_how, giveUp) => {
        const made = await ready();
        made.guest.write(0, PART);
        expect(made.memory.subarray(0, PART.length)).toEqual(PART);
        giveUp(made);
        expect(made.memory).toEqual(new Uint8Array(FIFO_SIZE));
      },
    );
  });
});

describe("the response", () => {
  test("is read byte by byte, then 0xFF", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length + 3)).toEqual(Uint8Array.of(...RANDOM, 0xff, 0xff, 0xff));
  });

  test("can be read in 32-bit pieces that end past it", async () => {
    const { device, guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(response("TPM_RC_SUCCESS"));
    expect(device.read32(REG_DATA_FIFO)).toBe(0x0000_0180);
    expect(device.read32(REG_DATA_FIFO)).toBe(0x0000_0a00);
    expect(device.read32(REG_DATA_FIFO)).toBe(0xffff_0000);
    expect(guest.status(0)).toBe(VALID);
  });

  test("is read again from its start after responseRetry", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    guest.read(0, 5);
    guest.writeStatus(0, RETRY);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
    expect(guest.status(0)).toBe(VALID);
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(VALID | DATA);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("responseRetry does nothing in other states", () => {
    const { guest, backend } = setUp();
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(0);
    guest.commandReady(0);
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(READY);
    guest.write(0, STARTUP);
    guest.writeStatus(0, RETRY);
    guest.go(0);
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(VALID);
    expect(backend.executed[0]!.command).toEqual(STARTUP);
  });

  test("does not take writes, nor another tpmGo", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    guest.write(0, STARTUP);
    guest.go(0);
    expect(backend.executed).toHaveLength(1);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("is the device's own copy", async () => {
    const { guest, backend } = setUp();
    const answer = RANDOM.slice();
    guest.send(0, GET_RANDOM);
    await backend.answer(answer);
    guest.commandReady(0);
    expect(answer).toEqual(RANDOM);
    guest.send(0, GET_RANDOM);
    await backend.answer(answer);
    answer.fill(0);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("of 4096 bytes passes whole", async () => {
    const { guest, backend, errors } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(sized(FIFO_SIZE, FIFO_SIZE));
    expect(guest.burstCount(0)).toBe(FIFO_SIZE);
    expect(guest.read(0, FIFO_SIZE)).toEqual(sized(FIFO_SIZE, FIFO_SIZE));
    expect(errors).toEqual([]);
  });

  test.each([0, 9, FIFO_SIZE + 1])("of %d bytes is the backend's failure, told as TPM_RC_FAILURE", async (length) => {
    const { guest, backend, errors } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(new Uint8Array(length));
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_FAILURE"));
    expect(guest.status(0)).toBe(VALID);
    expect(String(errors[0])).toContain(`${length} bytes`);
  });
});

describe("commandReady", () => {
  test("in Ready keeps Ready", () => {
    const { guest } = setUp();
    guest.commandReady(0);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY);
  });

  test("in Reception forgets the bytes received", () => {
    const { guest, backend } = setUp();
    guest.commandReady(0);
    guest.write(0, [1, 2, 3, 4, 5, 6, 7]);
    guest.send(0, STARTUP);
    expect(backend.executed.map((executed) => executed.command)).toEqual([STARTUP]);
    expect(backend.cancels).toBe(0);
  });

  test("in Completion forgets the response, read or not", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    guest.read(0, 2);
    guest.commandReady(0);
    expect(guest.status(0)).toBe(READY);
    expect(guest.burstCount(0)).toBe(FIFO_SIZE);
    expect(guest.read(0, 1)).toEqual(Uint8Array.of(0xff));
    guest.writeStatus(0, RETRY);
    expect(guest.status(0)).toBe(READY);
  });
});

describe("commandCancel", () => {
  test("asks the TPM to end the command, whose response is delivered as usual", async () => {
    const { guest, backend } = setUp();
    guest.send(0, GET_RANDOM);
    guest.writeStatus(0, STS_COMMAND_CANCEL);
    expect(backend.cancels).toBe(1);
    expect(guest.status(0)).toBe(VALID);
    await backend.answer(response("TPM_RC_CANCELED"));
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_CANCELED"));
  });

  test("does nothing unless a command executes", async () => {
    const { guest, backend } = setUp();
    guest.writeStatus(0, STS_COMMAND_CANCEL);
    guest.commandReady(0);
    guest.writeStatus(0, STS_COMMAND_CANCEL);
    guest.write(0, STARTUP);
    guest.writeStatus(0, STS_COMMAND_CANCEL);
    guest.go(0);
    await backend.answer(response("TPM_RC_SUCCESS"));
    guest.writeStatus(0, STS_COMMAND_CANCEL);
    expect(backend.cancels).toBe(0);
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_SUCCESS"));
  });
});

describe("a backend that fails", () => {
  test("by rejecting answers TPM_RC_FAILURE, and the next command goes through", async () => {
    const { guest, backend, errors } = setUp();
    guest.send(0, STARTUP);
    await backend.fail(new Error("worker died"));
    expect(guest.status(0)).toBe(VALID | DATA);
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_FAILURE"));
    expect(errors).toEqual([new Error("worker died")]);
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });

  test("by throwing does not throw into the bus", async () => {
    const { guest, backend, errors } = setUp();
    backend.onExecute = () => {
      throw new Error("thrown");
    };
    guest.send(0, STARTUP);
    expect(guest.status(0)).toBe(VALID);
    await Promise.resolve().then(() => new Promise((resolve) => setImmediate(resolve)));
    expect(guest.read(0, 10)).toEqual(response("TPM_RC_FAILURE"));
    expect(errors).toHaveLength(1);
  });

  test("by losing power resets the registers: they live on the same chip", async () => {
    const { guest, backend, errors } = setUp();
    guest.send(0, STARTUP);
    guest.request(1);
    await backend.powerOff();
    await backend.fail(new TpmPoweredOffError());
    await backend.powerOn();
    expect(guest.access(0)).toBe(0x81);
    expect(guest.access(1)).toBe(0x81);
    expect(errors).toEqual([]);
    guest.request(0);
    guest.send(0, GET_RANDOM);
    await backend.answer(RANDOM);
    expect(guest.read(0, RANDOM.length)).toEqual(RANDOM);
  });
});
