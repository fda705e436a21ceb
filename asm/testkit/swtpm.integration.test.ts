import { describe, expect, it } from "vitest";
import { command, u16 } from "./harness.ts";
import { lockoutScenarios } from "./lockoutScenarios.ts";
import { CC } from "./names.ts";
import { objectSessionScenarios } from "./objectSessionScenarios.ts";
import { policyScenarios } from "./policyScenarios.ts";
import { sessionScenarios } from "./sessionScenarios.ts";
import { Swtpm, swtpmIsInstalled } from "./swtpm.ts";

// The unit tests run these scenarios on our core. Here swtpm checks the client that tells them.
describe.runIf(swtpmIsInstalled())("swtpm sees the same sessions", () => {
  const scenarios = [...sessionScenarios, ...objectSessionScenarios, ...policyScenarios, ...lockoutScenarios];
  for (const [name, scenario] of scenarios) {
    it(name, async () => {
      const swtpm = await Swtpm.start();
      try {
        const started = await swtpm.run(command(CC.Startup, [], [u16(0)]));
        expect(started.length).toBe(10);
        await scenario((bytes, locality) => swtpm.run(bytes, locality));
      } finally {
        await swtpm.stop();
      }
    });
  }
});
