import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "./cli.ts";
import { FakeStreams } from "./testkit/streams.ts";

async function cli(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(argv, streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}

describe("exit codes", () => {
  it.each(["boot", "history", "import-swtpm", "inspect", "provision", "simulator", "socket", "verify"])(
    "%s --help is 0, and says how it is used",
    async (command) => {
      const { code, output, errors } = await cli(command, "--help");
      expect([code, errors]).toEqual([0, ""]);
      expect(output).toContain(`Usage: tabtpm ${command}`);
    },
  );

  it.each(["history", "import-swtpm", "inspect", "provision", "simulator", "socket", "verify"])(
    "%s with an option that it does not have is 2",
    async (command) => {
      const { code, output, errors } = await cli(command, "--wings");
      expect([code, output]).toEqual([2, ""]);
      expect(errors).toMatch(/^tabtpm: .*--wings.*\n/);
    },
  );

  it("what fails after the options were read is 1, in a line on stderr", async () => {
    const dir = await mkdtemp(join(tmpdir(), "tabtpm-exit-"));
    try {
      expect(await cli("inspect", "--state", dir)).toEqual({
        code: 1,
        output: "",
        errors: `tabtpm: There is no TPM in ${dir}.\n`,
      });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
