import { beforeAll, describe, expect, it } from "vitest";
import type { TpmClient } from "../client/index.ts";
import { ekTemplates } from "../provision/index.ts";
import { attributeBits } from "../spec/attributes.ts";
import { activateCredential, createAk, createEk, type LoadedKey } from "./attester.ts";
import type { PublicArea } from "./attestKey.ts";
import { checkCredential, makeCredential } from "./credential.ts";
import { nameOf } from "./names.ts";
import { Attester } from "./testkit/attester.ts";
import { flipped } from "./testkit/findings.ts";

const SECRET = new TextEncoder().encode("only this TPM");
/** RSA keys take long to make: those are tried against other programs' TPMs. */
const ECC = ["L-2", "H-2", "H-3", "H-4", "H-5"];

let client: TpmClient;
let ak: LoadedKey;
const flush = (key: LoadedKey) => client.call("FlushContext", { parameters: { flushHandle: key.handle } });

beforeAll(async () => {
  ({ client } = await Attester.start());
  ak = await createAk(client);
});

describe("a credential", () => {
  it.each(ECC)("for an EK of the template %s is read by its TPM", async (template) => {
    const ek = await createEk(client, template);
    const made = await makeCredential(ek.publicArea, await nameOf(ak.publicArea), SECRET);
    const answer = await activateCredential(client, ek, ak, made);
    expect(checkCredential(SECRET, answer).verdict).toBe("good");
    await flush(ek);
  });

  it("is as long as the digest at most, and not empty", async () => {
    const ek = await createEk(client, "L-2");
    const name = await nameOf(ak.publicArea);
    const longest = crypto.getRandomValues(new Uint8Array(32));
    const made = await makeCredential(ek.publicArea, name, longest);
    expect(await activateCredential(client, ek, ak, made)).toEqual(longest);
    await expect(makeCredential(ek.publicArea, name, new Uint8Array(33))).rejects.toThrow("1 to 32 octets");
    await expect(makeCredential(ek.publicArea, name, new Uint8Array(0))).rejects.toThrow("1 to 32 octets");
    await flush(ek);
  });

  it.each(["L-2", "H-5"])(
    "for an EK of %s is of no use to another key, another EK, or with any octet changed",
    async (template) => {
      const ek = await createEk(client, template);
      const name = await nameOf(ak.publicArea);
      const made = await makeCredential(ek.publicArea, name, SECRET);
      const refused = (file: typeof made) =>
        expect(activateCredential(client, ek, ak, file)).rejects.toThrow("TPM_RC_");
      await refused(await makeCredential(ek.publicArea, name.with(5, (name[5] ?? 0) ^ 1), SECRET));
      for (const [, credential] of flipped(made.credential)) await refused({ ...made, credential });
      for (const [, secret] of flipped(made.secret)) await refused({ ...made, secret });
      await flush(ek);
      const other = await createEk(client, "H-2");
      await expect(activateCredential(client, other, ak, made)).rejects.toThrow("TPM_RC_");
      await flush(other);
    },
  );

  it("is made for restricted keys that decrypt, with algorithms that there are", async () => {
    const name = await nameOf(ak.publicArea);
    await expect(makeCredential(ak.publicArea, name, SECRET)).rejects.toThrow("no restricted key that decrypts");
    await expect(makeCredential(ak.publicArea, new Uint8Array(0), SECRET)).rejects.toThrow("no restricted key");
    const ek = await createEk(client, "L-2");
    await flush(ek);
    await expect(makeCredential(ek.publicArea, new Uint8Array(0), SECRET)).rejects.toThrow("needs the Name");
    const objectAttributes = ek.publicArea.objectAttributes & ~attributeBits("TPMA_OBJECT", "restricted");
    const free = { ...ek.publicArea, objectAttributes } as PublicArea;
    await expect(makeCredential(free, name, SECRET)).rejects.toThrow("no restricted key that decrypts");
    const sm2 = await createEk(client, "H-5");
    await flush(sm2);
    const mixed = { ...ek.publicArea, parameters: { ...ek.publicArea.parameters, curveID: 0x20 } } as PublicArea;
    await expect(makeCredential(mixed, name, SECRET)).rejects.toThrow("does not protect with sm4");
    const unnamed = { ...sm2.publicArea, nameAlg: ek.publicArea.nameAlg } as PublicArea;
    await expect(makeCredential(unnamed, name, SECRET)).rejects.toThrow("does not have SM3");
    const elsewhere = { ...sm2.publicArea, unique: ek.publicArea.unique } as PublicArea;
    await expect(makeCredential(elsewhere, name, SECRET)).rejects.toThrow("not on its curve");
  });

  it("is answered with its secret and nothing else", () => {
    expect(checkCredential(SECRET, SECRET.subarray(1)).verdict).toBe("bad");
    expect(checkCredential(SECRET, SECRET.with(0, 1)).verdict).toBe("bad");
    expect(checkCredential(new Uint8Array(0), new Uint8Array(0)).verdict).toBe("bad");
  });
});

describe("the EK", () => {
  it("is of L-2 where there is no certificate; another template is none", async () => {
    const ek = await createEk(client);
    expect([ek.template, ek.certificate]).toEqual(["L-2", null]);
    await flush(ek);
    await expect(createEk(client, "X-1")).rejects.toThrow(ekTemplates.map(({ name }) => name).join(", "));
  });
});
