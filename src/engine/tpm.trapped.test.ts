import { afterEach, describe, expect, it } from "vitest";
import { errorOf } from "../store/testkit/errorOf.ts";
import { TpmStateError } from "./errors.ts";
import { BACKENDS } from "./testkit/backends.ts";
import { Bench, run } from "./testkit/bench.ts";
import { OP } from "./testkit/fakeCore.ts";

describe.each(BACKENDS)("a TPM whose core trapped, %s", (_name, make) => {
  const bench = new Bench(make);
  afterEach(() => bench.closeAll());

  it("takes no notice of physical presence, and can't be saved, until it has power anew", async () => {
    const calls: string[] = [];
    const tpm = bench.start({ onCall: (name) => calls.push(name) });
    await tpm.powerOn();
    expect((await run(tpm, OP.trap)).responseCode).toBe(0x101);
    await tpm.setPhysicalPresence(true);
    expect(calls).not.toContain("physicalPresence 1");
    expect(await errorOf(tpm.snapshot())).toBeInstanceOf(TpmStateError);
    // It is told to the next instance.
    await tpm.powerOff();
    await tpm.powerOn();
    expect(calls).toContain("physicalPresence 1");
    expect((await run(tpm, OP.increment)).responseCode).toBe(0);
  });
});
