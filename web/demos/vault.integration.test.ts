/** The demos of a sealed secret, on a real PC: the honest boot, every change of the evil maid, and the way back. */
import { describe, expect, test } from "vitest";
import { explainRefusal } from "../../src/node/index.ts";
import { CHANGED_PCR, changeNames, ROM_TEXT } from "./engine/changes.ts";
import { SEALED_TO, SECRET } from "./engine/lines.ts";
import { Vault } from "./engine/vault.ts";
import { demoBench } from "./testkit/demoBench.ts";

const bench = demoBench((ground) => new Vault(ground));
const { state, wrong } = bench;

describe("an honest boot", () => {
  test("lights every link, and the TPM has the values that follow", async () => {
    await bench.demo.boot();
    expect(wrong()).toEqual([null, null]);
    expect(state().proven).toEqual(SEALED_TO);
    const links = state().chain.map(({ name, count }) => [name, count > 0]);
    expect(links).toEqual(["firmware", "roms", "kernel", "cmdline", "initrd", "ima"].map((name) => [name, true]));
    expect(
      state()
        .chain.map(({ text }) => text)
        .slice(2, 5),
    ).toEqual(["/bzImage", expect.stringMatching(/^kernel_cmdline: \/bzImage /), "/initrd.img"]);
  });

  test("has a secret sealed to it, which the next boot opens", async () => {
    await bench.demo.seal();
    expect(wrong()).toEqual([null, null]);
    expect(state().sealed).toMatch(/^[0-9a-f]{64}$/);
    expect(state().good).not.toBeNull();
    await bench.demo.again();
    expect(wrong()).toEqual([null, null]);
    expect(state().again).toEqual({ isOpen: true, refused: null });
    expect(bench.ground.text()).toContain(`\r\n${SECRET}\r\n`);
  });
});

describe("the evil maid", () => {
  test.each(changeNames)("changes the %s, and the secret stays shut", async (change) => {
    await bench.demo.attack(change);
    expect(wrong()).toEqual([null, null]);
    const { comparison, opening } = state().attack!;
    expect(comparison.first).toBe(CHANGED_PCR[change]);
    const differing = comparison.pcrs.flatMap(({ pcr, difference }) => (difference === null ? [] : [pcr]));
    expect(differing).toEqual([...new Set([CHANGED_PCR[change], 10])]);
    const { rows, difference } = comparison.pcrs[CHANGED_PCR[change]]!;
    const source = rows.slice(difference!.row).find(({ later }) => later !== null)!.later!.source!;
    expect(source.kind === "ima" ? source.name : source.event).toBe(
      {
        argument: "command line",
        initrd: "initrd",
        kernel: "kernel",
        rom: "option ROM",
        script: "/mnt/boot-demo/unlock",
      }[change],
    );
    // Of all that IMA has measured it is known which file it was.
    expect(comparison.pcrs[10]!.rows.filter(({ later }) => later?.pcr === 10 && later.source === undefined)).toEqual(
      [],
    );
    expect(opening.isOpen).toBe(false);
    expect(explainRefusal(opening.refused!)).toMatchObject({ kind: "noted", text: expect.stringMatching(/polic/i) });
    if (change === "rom") expect(bench.ground.text()).toContain(ROM_TEXT);
  });

  test("has everything put back, and it opens", async () => {
    await bench.demo.undo();
    expect(wrong()).toEqual([null, null]);
    expect(state().undone).toEqual({ isOpen: true, refused: null });
  });

  test("gets nothing from a secret that was not sealed here: the demo says so", async () => {
    await bench.ground.run("tpm2_evictcontrol -Q -C o -c 0x8100de01", new AbortController().signal);
    await bench.demo.again();
    expect(state().failure).toBe("not-opened");
    expect(state().again).toMatchObject({ isOpen: false });
  });
});
