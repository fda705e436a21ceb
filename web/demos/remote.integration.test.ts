/** The demo of remote attestation, on a real PC, with the verifier at the other end of its line. */
import { expect, test } from "vitest";
import { type Known, nothingKnown } from "../remote/known.ts";
import type { Line } from "../remote/line.ts";
import { readMessage, type VerdictMessage, writeMessage } from "../remote/messages.ts";
import { Verifier } from "../remote/verifier.ts";
import { Attestation } from "./engine/attestation.ts";
import { demoBench } from "./testkit/demoBench.ts";

/** Two ends: what one says the other hears, later. */
function lines(): [Line, Line] {
  const listeners: ((text: string) => void)[][] = [[], []];
  const end = (own: number): Line => ({
    send(text) {
      setImmediate(() => {
        for (const listener of listeners[1 - own]!) listener(text);
      });
    },
    onText: (listener) => void listeners[own]!.push(listener),
    close() {},
  });
  return [end(0), end(1)];
}

const [here, there] = lines();
let kept: Known = nothingKnown;
const verifier = new Verifier(there, {
  read: async () => kept,
  write: async (known) => {
    kept = known;
  },
  forget: async () => {
    kept = nothingKnown;
  },
});
const bench = demoBench((ground) => new Attestation(ground, here));

/** The verifier's word on what is shown, or what went wrong. */
async function verdictOn(boot: "good" | "changed", show: () => Promise<void>): Promise<VerdictMessage> {
  const { store } = bench.demo;
  const said = new Promise<VerdictMessage>((resolve, reject) => {
    const stop = store.subscribe(() => {
      const { verdicts, failure, problem, activity } = store.value;
      const verdict = verdicts[boot];
      if (failure === null && problem === null && (verdict === undefined || activity !== null)) return;
      stop();
      if (verdict === undefined) reject(new Error(`${failure} ${problem} ${bench.ground.text().slice(-2000)}`));
      else resolve(verdict);
    });
  });
  await show();
  return said;
}

test("a boot that was called good is trusted, and refused with another command line, by the event", async () => {
  await bench.demo.boot("good");
  const first = await verdictOn("good", () => bench.demo.show());
  expect([first.verdict, first.reasons.map(({ check }) => check)]).toEqual([
    "unknown",
    ["verifier.ek", "ak.trust", "policy"],
  ]);
  await verifier.learn();
  expect((await verdictOn("good", () => bench.demo.show())).verdict).toBe("good");

  const changed = await verdictOn("changed", () => bench.demo.bootAndShow("changed"));
  expect(changed.verdict).toBe("bad");
  const event = changed.reasons.find(({ check }) => check.startsWith("policy.events.8."));
  expect(event?.seen).toContain("init=/bin/sh");
  expect(event?.expected).not.toContain("init=/bin/sh");
});

test("the same boot later is trusted, until a program that is on no list has run", async () => {
  await bench.demo.boot("good");
  expect(await verdictOn("good", () => bench.demo.show())).toMatchObject({ verdict: "good", reasons: [] });
  await bench.ground.run(
    "printf '#!/bin/sh\\n' >/mnt/evil; chmod +x /mnt/evil; /mnt/evil",
    new AbortController().signal,
  );
  const { verdict, reasons } = await verdictOn("good", () => bench.demo.show());
  expect([verdict, reasons.map(({ check, seen }) => [check.replace(/\d+$/, "N"), seen])]).toEqual([
    "bad",
    [["policy.ima.file.N", expect.stringContaining("/mnt/evil")]],
  ]);
});

test("what is pasted is taken when it is the verifier's word on what was shown, and else refused", async () => {
  const { session } = readMessage(bench.demo.store.value.outgoing!.text);
  const verdict = (session: string) => writeMessage({ kind: "verdict", session, verdict: "unknown", reasons: [] });
  const refusal = async (text: string) => {
    await bench.demo.take(text);
    const { refusedMessage, verdicts } = bench.state();
    return [refusedMessage?.message ?? null, verdicts.good?.verdict];
  };
  expect(await refusal("good")).toEqual(["no-json", "bad"]);
  expect(await refusal(verdict("0".repeat(32)))).toEqual(["field: session", "bad"]);
  // The verifier's page has it, not this one.
  expect(await refusal(bench.state().outgoing!.text)).toEqual(["field: session", "bad"]);
  expect(await refusal(` ${verdict(session)}\n`)).toEqual([null, "unknown"]);
});
