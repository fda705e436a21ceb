import { describe, expect, test } from "vitest";
import {
  STS_EXPECT as EXPECT,
  FIFO_SIZE,
  STS_COMMAND_READY as READY,
  REG_DATA_FIFO,
  STS_RESPONSE_RETRY as RETRY,
  STS_COMMAND_CANCEL,
  STS_VALID as VALID,
} from "./registers.ts";
import { GET_RANDOM, RANDOM, STARTUP, setUp, sized } from "./testkit/exchange.ts";
import { command, response } from "./testkit/guest.ts";

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
