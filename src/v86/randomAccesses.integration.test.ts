/** A guest gone mad in front of a real TPM: whatever it does to the registers, nothing but a command changes the TPM. */
import { expect, test } from "vitest";
import { TestTpm } from "../../asm/testkit/harness.ts";
import { CrbDevice } from "../crb/device.ts";
import * as crb from "../crb/registers.ts";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { randomFrom } from "../testkit/random.ts";
import { TisDevice } from "../tis/device.ts";
import * as tis from "../tis/registers.ts";

const ACCESSES = 1_000_000;
/** Accesses between two looks at the TPM. */
const LOOK = 1000;
/** TPM2_PCR_Extend of PCR 10 with an empty password. */
const EXTEND = Buffer.from(
  `800200000041000001820000000a0000000940000009000000000000000001000b${"11".repeat(32)}`,
  "hex",
);

type Device = TisDevice | CrbDevice;

interface Kind {
  make(backend: FakeBackend): Device;
  size: number;
  /** Registers that do something. */
  busy: number[];
  values: number[];
  /** A driver that knows what it does. */
  send(device: Device, command: Uint8Array): void;
}

const TIS: Kind = {
  make: (backend) => new TisDevice({ backend, irq: () => {} }),
  size: tis.TIS_SIZE,
  busy: [
    ...[tis.REG_ACCESS, tis.REG_STS, tis.REG_STS, tis.REG_DATA_FIFO, tis.REG_DATA_FIFO, tis.REG_XDATA_FIFO],
    ...[tis.REG_INT_ENABLE, tis.REG_INT_STATUS, 0x1000 + tis.REG_ACCESS, 0x3000 + tis.REG_STS],
  ],
  values: [0, 0x02, 0x08, 0x20, 0x20, 0x40, 0x80, 0x0a, 0x8000_0097, 0x0200_0000],
  send(device, command) {
    device.write8(tis.REG_ACCESS, tis.ACCESS_REQUEST_USE);
    device.write8(tis.REG_STS, tis.STS_COMMAND_READY);
    for (const byte of command) device.write8(tis.REG_DATA_FIFO, byte);
    device.write8(tis.REG_STS, tis.STS_GO);
  },
};

const CRB: Kind = {
  make: (backend) => new CrbDevice({ backend }),
  size: crb.CRB_SIZE + 8,
  busy: [
    ...[crb.REG_LOC_CTRL, crb.REG_CTRL_REQ, crb.REG_CTRL_START, crb.REG_CTRL_START, crb.REG_CTRL_CANCEL],
    ...[crb.REG_INTF_ID, crb.DATA_BUFFER, crb.DATA_BUFFER + 4, crb.DATA_BUFFER + 8],
  ],
  values: [0, 0, 1, 1, 2, 0x80, 0x0180, 0x0c00_0000],
  send(device, command) {
    device.write8(crb.REG_LOC_CTRL, crb.LOC_CTRL_REQUEST_ACCESS);
    for (const [index, byte] of command.entries()) device.write8(crb.DATA_BUFFER + index, byte);
    device.write8(crb.REG_CTRL_START, crb.CTRL_START);
  },
};

test.each([
  ["TIS", TIS],
  ["CRB", CRB],
])("a million random accesses to %s change no TPM but by commands that it was given", async (_, kind) => {
  const below = randomFrom(0x51ac);
  const tpm = TestTpm.started();
  const backend = new FakeBackend();
  const device = kind.make(backend);
  let [executed, changed, unchanged] = [0, 0, 0];
  let [seen, state] = [0, tpm.stateHash()];
  const answer = async () => {
    const pending = backend.pending.shift();
    if (pending !== undefined) {
      executed++;
      pending.resolve(tpm.run(pending.command, pending.locality).bytes);
    }
    for (let tick = 0; tick < 4; tick++) await Promise.resolve();
  };
  for (let i = 1; i <= ACCESSES; i++) {
    const offset = below(3) === 0 ? below(kind.size) : kind.busy[below(kind.busy.length)]!;
    const value = below(4) === 0 ? below(0x1_0000_0000) : kind.values[below(kind.values.length)]!;
    switch (below(6)) {
      case 0:
        device.read8(offset);
        break;
      case 1:
        device.read16(offset);
        break;
      case 2:
        device.read32(offset);
        break;
      case 3:
        device.write8(offset, value & 0xff);
        break;
      case 4:
        device.write16(offset, value & 0xffff);
        break;
      default:
        device.write32(offset, value);
    }
    if (below(5000) === 0) kind.send(device, EXTEND);
    // Seldom, so that the TPM is also looked at between two commands.
    if (below(400) === 0) await answer();
    if (i % LOOK !== 0) continue;
    const now = tpm.stateHash();
    if (executed === seen) expect(now, `after ${i} accesses`).toBe(state);
    if (executed === seen) unchanged++;
    else if (now !== state) changed++;
    [seen, state] = [executed, now];
  }
  // Both happened: looks between which the TPM was given nothing, and commands that changed it.
  expect(unchanged).toBeGreaterThan(20);
  expect(changed).toBeGreaterThan(20);
  expect(backend.executed.length).toBe(executed + backend.pending.length);
});
