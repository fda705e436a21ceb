/** The differential driver's streams of commands, on Debian's swtpm and on another one behind a bridge: the same answers. */
import { expect, it } from "vitest";
import { Grammar } from "../../../asm/testkit/differential/grammar.ts";
import { Pair } from "../../../asm/testkit/differential/pair.ts";
import { Random } from "../../../asm/testkit/differential/random.ts";
import { Swtpm } from "../../../asm/testkit/swtpm.ts";
import type { Locality } from "../../engine/backend.ts";
import { openForeignTpm } from "../backends/index.ts";
import { SwtpmProcess } from "../backends/testkit/swtpmProcess.ts";
import { startTabtpm } from "../testkit/process.ts";

const SEEDS = [1, 2, 3];
const LENGTH = 600;

it.each(SEEDS)("stream %i gets the same answers directly and through the bridge", async (seed) => {
  const behind = await SwtpmProcess.start();
  const bridge = await startTabtpm("bridge", "--to", behind.address);
  const tpm = openForeignTpm({ kind: "bridge", url: /ws:\S+/.exec(bridge.line)?.[0] ?? "" });
  await tpm.ready;
  await tpm.powerOn();
  const pair = new Pair(await Swtpm.start(), [], {
    run: (bytes, locality) => tpm.execute(bytes, { locality: locality as Locality }),
    init: () => tpm.powerOn(),
    async hash(data) {
      await tpm.hashStart();
      await tpm.hashData(data);
      await tpm.hashEnd();
    },
  });
  const grammar = new Grammar(new Random(seed), pair.model);
  try {
    for (let step = 0; step < LENGTH; step++) expect(await pair.run(grammar.next())).toBeNull();
    expect(pair.seen.size).toBeGreaterThan(50);
  } finally {
    await pair.stop();
    await tpm.close();
    await bridge.end("SIGTERM");
    await behind.stop();
  }
});
