import { describe, expect, it } from "vitest";
import { parseBootOptions } from "./boot.ts";
import { run } from "./cli.ts";
import { FakeStreams } from "./testkit/streams.ts";

async function cli(...argv: string[]) {
  const streams = new FakeStreams(false);
  const code = await run(argv, streams);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output: streams.output, errors: streams.errors };
}

describe("tabtpm", () => {
  it("explains itself", async () => {
    for (const argv of [["--help"], ["-h"], ["help"]]) {
      expect(await cli(...argv)).toMatchObject({
        code: 0,
        errors: "",
        output: expect.stringContaining("Commands:\n  boot"),
      });
    }
    expect(await cli("boot", "--help")).toMatchObject({ code: 0, output: expect.stringContaining("--state DIR") });
    expect((await cli("--version")).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[], ""],
    [["fly"], 'no command "fly"'],
    [["boot", "--wings"], "--wings"],
    [["boot", "now"], "now"],
    [["boot", "--memory", "lots"], '"lots" is none'],
    [["boot", "--memory"], "--memory"],
    [["boot", "--irq", "10"], "--irq: Interrupt 10 belongs to PCI: the TPM can't have it. Take 7"],
    [["boot", "--irq", "3"], "belongs to the serial port uart1"],
    [["boot", "--irq", "16"], "There is no interrupt 16"],
    [["boot", "--irq", "7abc"], '"7abc" is none'],
    [["boot", "--irq=-7"], '"-7" is none'],
    [["boot", "--irq", "3,7"], '"3,7" is none'],
    [["boot", "--irq", ""], '"" is none'],
    [["boot", "--irq", "NaN"], '"NaN" is none'],
    [["boot", "--irq"], "--irq"],
    [["boot", "--boot-menu=5"], "--boot-menu"],
    [["boot", "--irq", "7", "--interface", "crb"], "crb has no interrupt"],
    [["boot", "--profile", "best"], 'full, libtpms-0.9; there is no "best"'],
    [["boot", "--state", ""], "--state needs the name of a folder"],
  ])("refuses %j with exit code 2", async (argv, message) => {
    const { code, errors } = await cli(...argv);
    expect(code).toBe(2);
    expect(errors).toContain(message);
    expect(errors.split("\n").length).toBeLessThanOrEqual(2);
  });

  it("reads the options of boot", () => {
    expect(parseBootOptions([])).toEqual({});
    expect(
      parseBootOptions(["--state", "d", "--memory=256", "--profile", "libtpms-0.9", "--append", "quiet ro"]),
    ).toEqual({
      state: "d",
      memoryMiB: 256,
      profile: "libtpms-0.9",
      append: "quiet ro",
    });
    expect(parseBootOptions(["--interface", "crb"])).toEqual({ interface: "crb" });
    expect(() => parseBootOptions(["--interface", "fifo"])).toThrow('--interface needs tis or crb; "fifo" is neither.');
    expect(parseBootOptions(["--irq", "7"])).toEqual({ irq: 7 });
    expect(parseBootOptions(["--interface", "tis", "--irq=7"])).toEqual({ interface: "tis", irq: 7 });
    expect(parseBootOptions(["--boot-menu"])).toEqual({ bootMenu: true });
    expect(parseBootOptions(["--state", "d", "-h"])).toBeUndefined();
  });
});
