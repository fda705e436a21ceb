import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import { externalEcc, externalRsa, patterned, pointBytes, scalarOf, timesBase } from "../../testkit/externalKeys.ts";
import { command, concat, hex, password, Response, sized, TestTpm, text, u16, u32 } from "../../testkit/harness.ts";
import { CC } from "../../testkit/names.ts";
import { fieldsOf, handleAndFields, NULL_ALGORITHM } from "../../testkit/objects.ts";
import { Swtpm, swtpmIsInstalled } from "../../testkit/swtpm.ts";

type Run = (bytes: Uint8Array) => Promise<Response>;
const LABEL = concat(text("label"), [0]);
const none: Uint8Array = new Uint8Array(0);
const ECDH = 0x19;

describe.runIf(swtpmIsInstalled())("between this TPM and libtpms", () => {
  let swtpm: Swtpm;
  const both: [string, Run, Run][] = [];

  beforeAll(async () => {
    swtpm = await Swtpm.start();
    const tpm = TestTpm.started({ profile: 1 });
    const ours: Run = (bytes) => Promise.resolve(tpm.run(bytes));
    const theirs: Run = async (bytes) => new Response(await swtpm.run(bytes));
    await theirs(command(CC.Startup, [], [u16(0)]));
    both.push(["from here to there", ours, theirs], ["from there to here", theirs, ours]);
  });
  afterAll(async () => {
    await swtpm.stop();
  });

  const withKey = async (run: Run, key: Uint8Array, steps: (handle: number) => Promise<void>) => {
    const { handle } = handleAndFields(await run(key));
    await steps(handle);
    expect((await run(command(CC.FlushContext, [], [u32(handle)]))).rc).toBe(0);
  };
  const encrypt = (handle: number, message: Uint8Array, scheme: Uint8Array, label: Uint8Array) =>
    command(CC.RSA_Encrypt, [handle], [sized(message), scheme, sized(label)]);
  const decrypt = (handle: number, message: Uint8Array, scheme: Uint8Array, label: Uint8Array) =>
    command(CC.RSA_Decrypt, [handle], [sized(message), scheme, sized(label)], [password()]);
  const zGen = (handle: number, point: Uint8Array) => command(CC.ECDH_ZGen, [handle], [sized(point)], [password()]);

  it("what one encrypts the other decrypts", async () => {
    for (const bits of [1024, 2048, 3072])
      for (const [name, from, to] of both)
        for (const [scheme, label] of [
          [NULL_ALGORITHM, none],
          [u16(0x15), none],
          ...[0x04, 0x0b, 0x0c].flatMap((hash) => [none, LABEL].map((label) => [concat(u16(0x17), u16(hash)), label])),
        ] as [Uint8Array, Uint8Array][])
          for (const size of [0, 1, 30]) {
            const message = patterned(size);
            let cipherText = none;
            await withKey(from, externalRsa({ bits, publicOnly: true }), async (handle) => {
              cipherText = fieldsOf(await from(encrypt(handle, message, scheme, label))).sized();
            });
            await withKey(to, externalRsa({ bits }), async (handle) => {
              const out = hex(fieldsOf(await to(decrypt(handle, cipherText, scheme, label))).sized());
              const expected = scheme === NULL_ALGORITHM ? hex(message).padStart(bits / 4, "0") : hex(message);
              expect([name, out]).toEqual([name, expected]);
            });
          }
  }, 120_000);

  it("both come to the same point by ECDH", async () => {
    for (const { id, name } of CURVES)
      for (const [direction, from, to] of both) {
        let [z, point] = [none, none];
        await withKey(from, externalEcc({ curve: id, publicOnly: true }), async (handle) => {
          const fields = fieldsOf(await from(command(CC.ECDH_KeyGen, [handle])));
          [z, point] = [fields.sized(), fields.sized()];
        });
        await withKey(to, externalEcc({ curve: id }), async (handle) => {
          const shared = fieldsOf(await to(zGen(handle, point))).sized();
          expect([name, direction, hex(shared)]).toEqual([name, direction, hex(z)]);
        });
      }
  }, 60_000);

  it("two phases with ECDH between them give both the same Z", async () => {
    for (const { id, name } of CURVES) {
      const parties = await Promise.all(
        both.map(async ([, run], i) => {
          const fields = fieldsOf(await run(command(CC.EC_Ephemeral, [], [u16(id)])));
          const label = `party ${i}`;
          const Qs = pointBytes(id, timesBase(id, scalarOf(id, label)));
          return { run, label, Qs, Qe: fields.sized(), counter: fields.number(2) };
        }),
      );
      const results: string[] = [];
      for (const [i, own] of parties.entries()) {
        const other = parties[1 - i];
        if (!other) continue;
        await withKey(own.run, externalEcc({ curve: id, label: own.label }), async (handle) => {
          const parameters = [sized(other.Qs), sized(other.Qe), u16(ECDH), u16(own.counter)];
          const fields = fieldsOf(await own.run(command(CC.ZGen_2Phase, [handle], parameters, [password()])));
          results.push(hex(concat(fields.sized(), fields.sized())));
        });
      }
      expect([name, results[0]]).toEqual([name, results[1]]);
    }
  }, 60_000);
});
