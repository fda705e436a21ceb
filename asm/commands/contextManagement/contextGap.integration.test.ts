/** The whole life of a contextID, which takes 65,530 contexts. */

import { expect, it } from "vitest";
import { command, type Response, TestTpm, u32 } from "../../testkit/harness.ts";
import { CC, rc } from "../../testkit/names.ts";
import { AuthSession } from "../../testkit/sessions.ts";

const save = (handle: number) => command(CC.ContextSave, [handle]);
const load = (context: Uint8Array) => command(CC.ContextLoad, [], [context]);
const flush = (handle: number) => command(CC.FlushContext, [], [u32(handle)]);
const startSession = (tpm: TestTpm) => AuthSession.start((bytes) => tpm.run(bytes).bytes);

function succeeded(response: Response): Response {
  expect(response.rc).toBe(0);
  return response;
}
const saved = (tpm: TestTpm, handle: number) => succeeded(tpm.run(save(handle))).body.slice();
const loaded = (tpm: TestTpm, context: Uint8Array) => succeeded(tpm.run(load(context)));

it("the gap between the oldest context and the next is limited, and the oldest closes it", async () => {
  const tpm = TestTpm.started();
  const oldest = saved(tpm, (await startSession(tpm)).handle);
  const first = Number(Buffer.from(oldest.subarray(0, 8)).readBigUInt64BE());
  let other = saved(tpm, (await startSession(tpm)).handle);
  let count = 0;
  for (;;) {
    loaded(tpm, other);
    const response = tpm.run(save(0x02000001));
    if (response.rc !== 0) {
      expect(response.rc).toBe(rc("TPM_RC_CONTEXT_GAP"));
      break;
    }
    other = response.body.slice();
    count++;
  }
  // The contextID's low 16 bits would be those of the oldest; 0 to 3 are never used.
  expect(count).toBe(0x10000 - 4 - 2);
  const free = await startSession(tpm);
  // The last free slot is kept for the oldest.
  await expect(startSession(tpm)).rejects.toThrow("0x901");
  expect(tpm.run(flush(free.handle)).rc).toBe(0);
  loaded(tpm, oldest);
  other = saved(tpm, 0x02000001);
  expect(Number(Buffer.from(other.subarray(0, 8)).readBigUInt64BE()) - first).toBe(0x10000);
  loaded(tpm, other);
});
