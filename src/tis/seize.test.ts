import { describe, expect, test } from "vitest";
import { FakeBackend } from "../engine/testkit/fakeBackend.ts";
import { TisDevice } from "./device.ts";
import { ACCESS_ACTIVE_LOCALITY as ACTIVE, ACCESS_BEEN_SEIZED as BEEN_SEIZED } from "./registers.ts";
import { command, Guest, response } from "./testkit/guest.ts";

/** tpmRegValidSts and the (active low) establishment bit. */
const REST = 0x81;

/** A guest whose locality 0 has the TPM execute a command: who seizes it waits for the end of the abort. */
function executing() {
  const backend = new FakeBackend();
  const guest = new Guest(new TisDevice({ backend }));
  guest.request(0);
  guest.send(0, command("GetRandom", [0, 16]));
  return { backend, guest };
}

describe("Seize while another Seize waits", () => {
  test("of a higher locality takes its place: the lower one has to ask again", async () => {
    const { backend, guest } = executing();
    guest.seize(1);
    guest.seize(3);
    await backend.answer(response("TPM_RC_CANCELED"));
    expect(guest.access(3)).toBe(REST | ACTIVE);
    expect(guest.access(0)).toBe(REST | BEEN_SEIZED);
    // Nobody waits any more.
    guest.release(3);
    for (const locality of [1, 2, 3, 4]) expect(guest.access(locality)).toBe(REST);
    guest.request(1);
    expect(guest.access(1)).toBe(REST | ACTIVE);
  });

  test("of a lower or the same locality is none", async () => {
    const { backend, guest } = executing();
    for (const locality of [2, 1, 2]) guest.seize(locality);
    await backend.answer(response("TPM_RC_CANCELED"));
    expect(guest.access(2)).toBe(REST | ACTIVE);
    guest.release(2);
    for (const locality of [1, 2, 3, 4]) expect(guest.access(locality)).toBe(REST);
  });
});
