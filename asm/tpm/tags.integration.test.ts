/** The profile libtpms-0.9 against Debian's swtpm, for every tag there is. */
import { describe, expect, it } from "vitest";
import { command, concat, hex, TestTpm, u16, u32 } from "../testkit/harness.ts";
import { CC, ST } from "../testkit/names.ts";
import { Swtpm, swtpmIsInstalled } from "../testkit/swtpm.ts";

describe.runIf(swtpmIsInstalled())("a command with a tag that is none", () => {
  it("gets the answer of libtpms, before TPM2_Startup and after", { timeout: 120_000 }, async () => {
    const swtpm = await Swtpm.start();
    const tpm = new TestTpm({ profile: 1 });
    try {
      for (const first of [command(CC.Startup, [], [u16(0)]), command(CC.GetTestResult)]) {
        const different: string[] = [];
        for (let tag = 0; tag <= 0xffff; tag++) {
          if (tag === ST.NO_SESSIONS || tag === ST.SESSIONS) continue;
          const bytes = concat(u16(tag), u32(10), u32(0xf1));
          const [ours, theirs] = [hex(tpm.run(bytes).bytes), hex(await swtpm.run(bytes))];
          if (ours !== theirs) different.push(`${tag.toString(16)}: ${ours}, libtpms ${theirs}`);
        }
        expect(different).toEqual([]);
        // TPM2_GetTestResult of libtpms says that all is well from the start.
        const [ours, theirs] = [hex(tpm.run(first).bytes), hex(await swtpm.run(first))];
        expect([first, ours]).toEqual([first, theirs]);
        expect(ours.slice(12, 20)).toBe("00000000");
      }
    } finally {
      await swtpm.stop();
    }
  });

  it("and so does one whose size is wrong", async () => {
    const swtpm = await Swtpm.start();
    const tpm = new TestTpm({ profile: 1 });
    try {
      for (const tag of [0x00c1, 0x00c4, 0x8000, 0x8003, 0xffff, ST.NO_SESSIONS, ST.SESSIONS]) {
        for (const size of [0, 9, 11, 4095, 0xffffffff]) {
          const bytes = concat(u16(tag), u32(size), u32(0xf1));
          expect(hex(tpm.run(bytes).bytes)).toBe(hex(await swtpm.run(bytes)));
        }
      }
    } finally {
      await swtpm.stop();
    }
  });
});
