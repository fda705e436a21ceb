import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { furnish, PERSISTENT, PUBLIC_INDEX } from "../../asm/testkit/inspection.ts";
import { FileStore } from "../store/file.ts";
import { inspect, parseInspectOptions } from "./inspect.ts";
import { FakeStreams } from "./testkit/streams.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "tabtpm-inspect-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function printed(...argv: string[]): Promise<string> {
  const streams = new FakeStreams(false);
  let text = "";
  streams.stdout.on("data", (piece: Buffer) => {
    text += piece.toString();
  });
  await inspect(parseInspectOptions(["--state", home, ...argv])!, streams);
  return text;
}

/** A stored TPM with something of everything; its permanent and volatile state. */
async function stored(): Promise<{ volatile: Uint8Array }> {
  const { tpm } = await furnish();
  const store = new FileStore({ dir: home });
  await store.open();
  await store.commit(tpm.save());
  await store.close();
  return { volatile: tpm.saveVolatile() };
}

describe("tabtpm inspect", () => {
  it("prints what is stored, in lines", async () => {
    await stored();
    const text = await printed();
    expect(text).toMatch(/^profile: full\nstate: \d+ bytes\nlast shutdown: not orderly\n/);
    expect(text).toContain("owner authorization: set\nendorsement authorization: not set\n");
    expect(text).toContain(`persistent object 0x${PERSISTENT.toString(16)}: TPM_ALG_ECC, fixedTPM | fixedParent`);
    expect(text).toContain("PCR bank TPM_ALG_SHA256: all 24\n");
    expect(text).toContain("NV index 0x01500001: 16 bytes, ");
    expect(text).not.toContain("session");
  });

  it("prints what ran, too, where the volatile state is given", async () => {
    const { volatile } = await stored();
    const file = join(home, "saved");
    await writeFile(file, volatile);
    const text = await printed("--volatile", file);
    expect(text).toMatch(/^policy session 0x0300000\d: TPM_ALG_SHA256$/m);
    expect(text).toMatch(/^loaded object 0x80000001: TPM_ALG_KEYEDHASH, /m);
    expect(text).toMatch(/^ {2}PCR 17: f{64}$/m);
    await writeFile(file, volatile.subarray(1));
    await expect(printed("--volatile", file)).rejects.toThrow("is damaged, or of another TPM");
  });

  it("prints all of it as JSON", async () => {
    await stored();
    const found = JSON.parse(await printed("--json")) as {
      profile: string;
      clock: { clock: string };
      nvIndices: { handle: number; contents: { data: string | null } }[];
      pcrs: { banks: { values: Record<string, string> }[] };
    };
    expect(found).toMatchObject({ profile: "full", started: false, clock: { clock: expect.any(String) } });
    const index = found.nvIndices.find(({ handle }) => handle === PUBLIC_INDEX.handle);
    expect(index?.contents.data).toBe("a5".repeat(16));
    expect(Object.keys(found.pcrs.banks[1]?.values ?? {})).toHaveLength(24);
  });
});
