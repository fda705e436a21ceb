/** Firmware that gives up on its TPM boots on and tells nobody: `tabtpm boot` does. */
import { expect, it } from "vitest";
import type { Tpm, TpmEvents } from "../engine/api.ts";
import type { TpmBackend } from "../engine/backend.ts";
import { Emitter } from "../engine/events.ts";
import { bootPc } from "../v86/testkit/pc.ts";
import { sayWhatHappens } from "./boot.ts";

const FAILURE = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 0x01, 0x01);

/** A TPM that answers its nth command with TPM_RC_FAILURE, without executing it. */
function failing(tpm: Tpm, nth: number): TpmBackend & Pick<Tpm, "on" | "inspect"> {
  const failures = new Emitter<Pick<TpmEvents, "command">>();
  let commands = 0;
  const execute: Tpm["execute"] = async (given, options) => {
    if (++commands !== nth) return tpm.execute(given, options);
    const [command, response] = [given.slice(), FAILURE.slice()];
    const startedAt = performance.timeOrigin + performance.now();
    failures.emit("command", { command, response, locality: 0, reason: null, own: false, startedAt, duration: 0 });
    return response;
  };
  const on: Tpm["on"] = (name, listener) => {
    if (name === "command") failures.on(name, listener as (event: TpmEvents["command"]) => void);
    return tpm.on(name, listener);
  };
  return new Proxy(tpm, {
    get(target, name) {
      if (name === "execute") return execute;
      if (name === "on") return on;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

it("names a firmware that gave up, and finds the boot after a reset whole", async () => {
  const said: string[] = [];
  const terminal = { say: (text: string) => void said.push(text), interactive: true };
  let seen: ReturnType<typeof failing>;
  const pc = await bootPc(
    { kind: "memory" },
    (tpm) => {
      seen = failing(tpm, 4);
      return seen;
    },
    (machine) => sayWhatHappens(machine, seen, terminal),
  );
  try {
    const lines = said.splice(0).filter((line) => !/waiting for the TPM/.test(line));
    expect(lines[0]).toMatch(/firmware gave up on the TPM after TPM2_PCR_Extend answered TPM_RC_FAILURE/);
    expect(lines[1]).toMatch(
      /not measured from its beginning: the event log has its kernel, and nothing of the firmware/,
    );
    expect(lines[2]).toMatch(/`reboot -f`.*Ctrl-\] quits/);
    expect(lines).toHaveLength(3);
    expect(await pc.shell.ok("tpm2_getcap properties-variable")).toMatch(/shEnable: +0/);

    pc.machine.reset();
    await pc.shell.stage("bios");
    await pc.shell.stage("shell");
    expect(said.filter((line) => !/waiting for the TPM/.test(line))).toEqual([]);
    expect(await pc.shell.ok("tpm2_getcap properties-variable")).toMatch(/shEnable: +1/);
    // What sets a clock that is behind.
    await pc.shell.ok("date -s @1790000000");
    expect(await pc.shell.ok("date +%s")).toMatch(/^17900000\d\d$/);
  } finally {
    await pc.close();
  }
});
