/** The client's sessions with libtpms, which nobody here wrote. */
import { afterEach, describe, it } from "vitest";
import { Swtpm, swtpmIsInstalled } from "../../asm/testkit/swtpm.ts";
import { scenarios, watched } from "./testkit/scenarios.ts";

describe.runIf(swtpmIsInstalled())("with swtpm", () => {
  let swtpm: Swtpm;
  afterEach(() => swtpm.stop());

  it.each(scenarios)("%s", async (_, run) => {
    swtpm = await Swtpm.start();
    const wire = watched({ execute: (command) => swtpm.run(command) });
    await wire.client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    await run(wire);
  });
});
