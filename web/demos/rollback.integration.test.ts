/** The demo of a TPM that is copied and rolled back, on a real PC. */
import { expect, test } from "vitest";
import { SECRET } from "./engine/lines.ts";
import { compareReports, Rollback } from "./engine/rollback.ts";
import { COUNTER } from "./engine/rollbackLines.ts";
import { demoBench } from "./testkit/demoBench.ts";

const bench = demoBench((ground) => new Rollback(ground));
const { state, wrong } = bench;

/** What the TPM itself says, asked by nobody's command. */
async function counterOfTpm(): Promise<bigint> {
  const index = (await bench.ground.tpm.inspect()).nvIndices.find(({ handle }) => handle === COUNTER);
  return Buffer.from(index!.contents.data!).readBigUInt64BE();
}

test("nothing is copied before there is something to copy", async () => {
  await bench.demo.copy();
  expect(state().failure).toBe("not-counted");
});

test("a secret is tied to the counter, and opens", async () => {
  await bench.ground.boot({});
  await bench.demo.prepare();
  expect(wrong()).toEqual([null, null]);
  expect(state().prepared?.counter).toBe(await counterOfTpm());
});

test("a clone has the same keys and the secret, and counts for itself", async () => {
  await bench.demo.copy();
  expect(wrong()).toEqual([null, null]);
  const { here, clone, secret, counters } = state().copy!;
  // Of SHA-256: the algorithm's identifier and the digest.
  expect(here.primary).toMatch(/^000b[0-9a-f]{64}$/);
  expect(here.ek).toMatch(/^000b[0-9a-f]{64}$/);
  expect(here.ek).not.toBe(here.primary);
  expect(clone).toEqual(here);
  expect(secret).toBe(SECRET);
  expect(counters).toEqual({ here: state().prepared!.counter, clone: state().prepared!.counter + 1n });
});

test("counted up, the secret stays shut", async () => {
  await bench.demo.count();
  expect(wrong()).toEqual([null, null]);
  expect(state().counted?.report.counter).toBe(state().prepared!.counter + 1n);
  expect(state().counted?.report.counter).toBe(await counterOfTpm());
  expect(state().counted?.opening.isOpen).toBe(false);
});

test("with the older state it opens again: the guest finds nothing, who remembers outside does", async () => {
  await bench.demo.rollBack();
  expect(wrong()).toEqual([null, null]);
  const { back, counted, prepared } = state();
  expect(await counterOfTpm()).toBe(prepared!.counter);
  expect(back!.opening.isOpen).toBe(true);
  expect(back!.isNoticedInside).toBe(false);
  expect(compareReports(counted!.report, back!.report)).toMatchObject({ counterFell: true, resetCountFell: false });
  expect(bench.ground.text()).toContain(SECRET);
});

test("counted up again, nobody who compares numbers finds anything", async () => {
  await bench.demo.catchUp();
  expect(wrong()).toEqual([null, null]);
  const { counted, caughtUp } = state();
  expect(compareReports(counted!.report, caughtUp!)).toEqual({
    counterFell: false,
    clockFell: false,
    resetCountFell: false,
  });
  expect(await counterOfTpm()).toBe(counted!.report.counter);
});

test("all of it is saved as a trace, also the boot in the middle", () => {
  const { commands } = JSON.parse(new TextDecoder().decode(bench.demo.trace("json")));
  const names: string[] = commands.map(({ name }: { name: string }) => name);
  const count = (wanted: string) => names.filter((name) => name === wanted).length;
  expect(count("NV_Increment")).toBeGreaterThanOrEqual(3);
  expect(count("Startup")).toBeGreaterThanOrEqual(2);
  // A pcapng file begins with a section header.
  expect(Buffer.from(bench.demo.trace("pcapng").subarray(0, 4)).toString("hex")).toBe("0a0d0d0a");
});

test("begun anew it makes another counter, which stands above the old one", async () => {
  const before = await counterOfTpm();
  await bench.demo.prepare();
  expect(wrong()).toEqual([null, null]);
  expect(state().prepared?.counter).toBeGreaterThan(before);
  expect(state().copy).toBeNull();
});
