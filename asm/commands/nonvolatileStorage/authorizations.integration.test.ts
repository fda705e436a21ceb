import { describe, expect, it } from "vitest";
import { command, u16 } from "../../testkit/harness.ts";
import { CC } from "../../testkit/names.ts";
import { nvScenarios } from "../../testkit/nvScenarios.ts";
import { Swtpm, swtpmIsInstalled } from "../../testkit/swtpm.ts";

// The unit tests run these scenarios on our core. Here swtpm checks the client that tells them.
describe.runIf(swtpmIsInstalled())("swtpm sees the same authorizations of NV Indices", () => {
  for (const [name, scenario] of nvScenarios) {
    it(name, async () => {
      const swtpm = await Swtpm.start();
      try {
        expect((await swtpm.run(command(CC.Startup, [], [u16(0)]))).length).toBe(10);
        await scenario((bytes) => swtpm.run(bytes));
      } finally {
        await swtpm.stop();
      }
    });
  }
});
