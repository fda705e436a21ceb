import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BootRecord, joinEvents, serializeBootRecord } from "../history/index.ts";
import { recordedBoot, recordedEvents } from "../history/testkit/recorded.ts";
import { run } from "./cli.ts";
import { FakeStreams } from "./testkit/streams.ts";

let dir: string;
const path = (name: string) => join(dir, name);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tabtpm-history-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const boot: BootRecord = { ...recordedBoot(), steps: joinEvents(recordedBoot().steps, recordedEvents()).steps };
const isLine = (step: BootRecord["steps"][number]) =>
  step.source?.kind === "firmware" && step.source.event === "command line";

async function cli(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(["history", ...argv], streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}

describe("tabtpm history", () => {
  test("prints each step of a boot with the value that it makes", async () => {
    writeFileSync(path("boot.json"), serializeBootRecord(boot));
    const { code, output } = await cli("--boot", path("boot.json"));
    const digest = boot.steps.find(isLine)!.digests.find(({ algorithm }) => algorithm === 0x000b)!.digest;
    const value = createHash("sha256").update(Buffer.alloc(32)).update(Buffer.from(digest, "hex")).digest("hex");
    expect(code).toBe(0);
    expect(output).toMatch(
      new RegExp(
        `^PCR 8, sha256\n.*TPM2_Startup\n +value 0{64}\n.*EV_IPL kernel_cmdline: .*\n.*${digest}\n.*${value}$`,
        "m",
      ),
    );
  });

  test("prints what is different, that which came first at the top", async () => {
    const steps = boot.steps.map((step) =>
      isLine(step)
        ? { ...step, digests: step.digests.map((one) => ({ ...one, digest: one.digest.replace(/../g, "ab") })) }
        : step,
    );
    writeFileSync(path("good.json"), serializeBootRecord(boot));
    writeFileSync(path("other.json"), serializeBootRecord({ ...boot, steps }));
    const { output } = await cli("--boot", path("other.json"), "--with", path("good.json"));
    expect(output).toMatch(
      /^PCR 8 is the first that differs.\nPCR 8: something else was measured, at step 1\n {2}- EV_IPL kernel.*\n {2}\+ EV_IPL kernel.*\n$/,
    );
    expect((await cli("--boot", path("good.json"), "--with", path("good.json"))).output).toBe(
      "Every PCR was made in the same way.\n",
    );
  });

  test("shows what a terminal would obey, such as in the name of a guest's file", async () => {
    const name = "/bin/a\u001b[2J\u202e\nb";
    const source = { kind: "ima", index: 0, template: "ima-ng", fileDigest: "\u009b1m", name, proven: false } as const;
    const [first, ...rest] = boot.steps.filter(({ pcr }) => pcr !== null);
    writeFileSync(path("boot.json"), serializeBootRecord({ ...boot, steps: [{ ...first!, source }, ...rest] }));
    writeFileSync(path("good.json"), serializeBootRecord({ ...boot, steps: rest }));
    const shown = "IMA /bin/a\\u{1b}[2J\\u{202e}\\u{a}b \\u{9b}1m\n";
    expect((await cli("--boot", path("boot.json"))).output).toContain(shown);
    expect((await cli("--boot", path("boot.json"), "--with", path("good.json"))).output).toContain(shown);
    const bank = JSON.stringify({
      format: "tabtpm boot record",
      version: 1,
      began: 0,
      steps: [],
      banks: { "\u001b": [] },
    });
    writeFileSync(path("bank.json"), bank);
    expect((await cli("--boot", path("bank.json"))).errors).toContain("names a bank “\\u{1b}”");
  });

  test("says which file is none, and what it needs", async () => {
    writeFileSync(path("photo.png"), "\x89PNG");
    const refused = await cli("--boot", path("photo.png"));
    expect(refused).toEqual({
      code: 1,
      output: "",
      errors: `tabtpm: ${path("photo.png")}: This is no record of a boot: it is not JSON, or ends early.\n`,
    });
    writeFileSync(path("large.json"), new Uint8Array(7 << 20));
    expect((await cli("--boot", path("large.json"))).errors).toContain("more than any record");
    expect((await cli("--boot", path("missing.json"))).errors).toContain("missing.json");
    expect(await cli()).toMatchObject({ code: 2, errors: expect.stringContaining("--boot needs the name of a file") });
  });
});
