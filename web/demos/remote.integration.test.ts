/** The demo of remote attestation, on a real PC, with the verifier at the other end of its line. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Known, nothingKnown } from "../remote/known.ts";
import type { Line } from "../remote/line.ts";
import type { VerdictMessage } from "../remote/messages.ts";
import { Verifier } from "../remote/verifier.ts";
import { Attestation } from "./engine/attestation.ts";
import { type NodeGround, nodeGround } from "./testkit/nodeGround.ts";

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

let ground: NodeGround;
let attestation: Attestation;
let verifier: Verifier;
beforeAll(async () => {
  ground = await nodeGround();
  const [here, there] = lines();
  let kept: Known = nothingKnown;
  verifier = new Verifier(there, {
    read: async () => kept,
    write: async (known) => {
      kept = known;
    },
    forget: async () => {
      kept = nothingKnown;
    },
  });
  attestation = new Attestation(ground, here);
});
afterAll(async () => {
  attestation.close();
  await ground.close();
});

/** The verifier's word on what is shown, or what went wrong. */
async function verdictOn(boot: "good" | "changed", show: () => Promise<void>): Promise<VerdictMessage> {
  const { store } = attestation;
  const said = new Promise<VerdictMessage>((resolve, reject) => {
    const stop = store.subscribe(() => {
      const { verdicts, failure, problem, activity } = store.value;
      const verdict = verdicts[boot];
      if (failure === null && problem === null && (verdict === undefined || activity !== null)) return;
      stop();
      if (verdict === undefined) reject(new Error(`${failure} ${problem} ${ground.text().slice(-2000)}`));
      else resolve(verdict);
    });
  });
  await show();
  return said;
}

test("a boot that was called good is trusted, and refused with another command line, by the event", async () => {
  await attestation.boot("good");
  const first = await verdictOn("good", () => attestation.show());
  expect([first.verdict, first.reasons.map(({ check }) => check)]).toEqual([
    "unknown",
    ["verifier.ek", "ak.trust", "policy"],
  ]);
  await verifier.learn();
  expect((await verdictOn("good", () => attestation.show())).verdict).toBe("good");

  const changed = await verdictOn("changed", () => attestation.bootAndShow("changed"));
  expect(changed.verdict).toBe("bad");
  const event = changed.reasons.find(({ check }) => check.startsWith("policy.events.8."));
  expect(event?.seen).toContain("init=/bin/sh");
  expect(event?.expected).not.toContain("init=/bin/sh");
});

test("the same boot later is trusted, until a program that is on no list has run", async () => {
  await attestation.boot("good");
  expect(await verdictOn("good", () => attestation.show())).toMatchObject({ verdict: "good", reasons: [] });
  await ground.run("printf '#!/bin/sh\\n' >/mnt/evil; chmod +x /mnt/evil; /mnt/evil", new AbortController().signal);
  const { verdict, reasons } = await verdictOn("good", () => attestation.show());
  expect([verdict, reasons.map(({ check, seen }) => [check.replace(/\d+$/, "N"), seen])]).toEqual([
    "bad",
    [["policy.ima.file.N", expect.stringContaining("/mnt/evil")]],
  ]);
});
