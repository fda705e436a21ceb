import { describe, expect, it } from "vitest";
import { command, u16 } from "./testing/harness.ts";
import { lockoutScenarios } from "./testing/lockoutScenarios.ts";
import { policyScenarios } from "./testing/policyScenarios.ts";
import { objectSessionScenarios } from "./testing/objectSessionScenarios.ts";
import { sessionScenarios } from "./testing/sessionScenarios.ts";
import { Swtpm, swtpmIsInstalled } from "./testing/swtpm.ts";

// The unit tests run these scenarios on our core. Here swtpm checks the client that tells them.
describe.runIf(swtpmIsInstalled())("swtpm sees the same sessions", () => {
  const scenarios = [...sessionScenarios, ...objectSessionScenarios, ...policyScenarios, ...lockoutScenarios];
  for (const [name, scenario] of scenarios) {
    it(name, async () => {
      const swtpm = await Swtpm.start();
      try {
        const started = await swtpm.run(command(0x144, [], [u16(0)]));
        expect(started.length).toBe(10);
        await scenario((bytes, locality) => swtpm.run(bytes, locality));
      } finally {
        await swtpm.stop();
      }
    });
  }
});
