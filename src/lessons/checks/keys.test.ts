/** The checks of keys, tickets, replays and failure mode against a TPM. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { made, signingKey, storageKey } from "../../client/testkit/keys.ts";
import { attributeBits } from "../../spec/attributes.ts";
import { Bench } from "../testkit/bench.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start();
});
afterEach(() => bench.close());

type Hierarchy = "TPM_RH_OWNER" | "TPM_RH_ENDORSEMENT";
/** In the TPM no longer than it takes: there is room for three. */
async function primary(primaryHandle: Hierarchy, template: typeof storageKey | typeof signingKey = storageKey) {
  const { handles } = await bench.client.call("CreatePrimary", {
    handles: { primaryHandle },
    parameters: made(template),
  });
  await bench.client.call("FlushContext", { parameters: { flushHandle: handles.objectHandle } });
}

describe("names", () => {
  const same = { names: { of: "CreatePrimary", parent: "owner", same: true } };

  it("tells whether the same key was made again", async () => {
    expect(await bench.told(same)).toBe("? No key was made in this step yet.");
    await primary("TPM_RH_OWNER");
    expect(await bench.told(same)).toBe("One key was made so far; make a second one to compare it with.");
    await bench.facts.beginStep();
    await primary("TPM_RH_OWNER", signingKey);
    expect(await bench.told(same)).toMatch(/^The keys have different Names: /);
    expect(await bench.told({ names: { of: "CreatePrimary", same: false } })).toBe("passed");
    await primary("TPM_RH_ENDORSEMENT");
    expect(await bench.told(same)).toBe(
      "A key was made under the endorsement hierarchy; the owner hierarchy was asked.",
    );
    await primary("TPM_RH_OWNER");
    expect(await bench.told(same)).toBe("passed");
  });

  it("tells whether there was a boot between, and what is another key", async () => {
    const across = { names: { of: "CreatePrimary", parent: "owner", same: true, acrossBoots: true } };
    const other = { names: { of: ["CreatePrimary", "CreateLoaded"], parent: "owner", same: false } };
    await primary("TPM_RH_OWNER");
    await primary("TPM_RH_OWNER");
    expect(await bench.told(across)).toMatch(/^The keys were made in the same boot/);
    expect(await bench.told(other)).toMatch(/^The keys have the same Name/);
    await bench.boot();
    await primary("TPM_RH_OWNER");
    expect(await bench.told(across)).toBe("passed");
    await bench.client.call("Clear", { handles: { authHandle: "TPM_RH_LOCKOUT" } });
    await primary("TPM_RH_OWNER");
    expect(await bench.told(other)).toBe("passed");
  });
});

describe("key", () => {
  it("asks for hierarchy, type, attributes and policy, and tells of each what it saw", async () => {
    expect(await bench.told({ key: { type: "ecc" } })).toBe("? No such key was made yet.");
    await primary("TPM_RH_ENDORSEMENT");
    const told = (asked: object) => bench.told({ key: { made: "CreatePrimary", ...asked } });
    expect(await told({ parent: "endorsement", type: "ecc", attributes: ["fixedTPM", "decrypt"], policy: false })).toBe(
      "passed",
    );
    expect(await told({ parent: "owner" })).toBe(
      "The key is under the endorsement hierarchy; the owner hierarchy was asked.",
    );
    expect(await told({ type: ["rsa", "symcipher"] })).toBe("The key is of type ecc; type rsa or symcipher was asked.");
    expect(await told({ attributes: ["sign", "fixedTPM", "x509sign"] })).toBe(
      "The key lacks the attribute sign and x509sign.",
    );
    expect(await told({ without: ["fixedTPM", "sign"] })).toBe(
      "The key has the attribute fixedTPM, and was not to have it.",
    );
    expect(await told({ policy: true })).toBe("The key has no authPolicy.");
    expect(await bench.told({ key: { made: "Import" } })).toMatch(/^\? /);
  });

  it("takes the one that fits of several", async () => {
    await primary("TPM_RH_OWNER", {
      ...signingKey,
      objectAttributes: attributeBits("TPMA_OBJECT", "sensitiveDataOrigin", "userWithAuth", "sign"),
    } as unknown as typeof signingKey);
    await primary("TPM_RH_OWNER");
    expect(await bench.told({ key: { attributes: "sign", without: ["fixedTPM", "fixedParent"] } })).toBe("passed");
  });
});

describe("ticket", () => {
  const hash = (data: Uint8Array, hierarchy: "TPM_RH_OWNER" | "TPM_RH_NULL") =>
    bench.client.call("Hash", { parameters: { data, hashAlg: "TPM_ALG_SHA256", hierarchy } });
  const text = new TextEncoder().encode("word");

  it("of a hierarchy; empty for what looks like the TPM's own statement", async () => {
    const asked = { ticket: { hierarchy: "owner" } };
    expect(await bench.told(asked)).toBe("? The TPM has hashed nothing yet.");
    await hash(text, "TPM_RH_NULL");
    expect(await bench.told(asked)).toBe("The ticket was asked of the null hierarchy; the owner hierarchy was asked.");
    await hash(text, "TPM_RH_OWNER");
    expect(await bench.told(asked)).toBe("passed");
    await bench.facts.beginStep();
    const generated = Uint8Array.from([0xff, 0x54, 0x43, 0x47, 1]);
    await hash(generated, "TPM_RH_OWNER");
    expect(await bench.told(asked)).toBe("The ticket is empty; one with an HMAC was asked.");
    expect(await bench.told({ ticket: { hierarchy: "owner", empty: true } })).toBe("passed");
  });
});

describe("the TPM as it stands", () => {
  it("pcrEquals: one PCR is what another is", async () => {
    const extend = (pcrHandle: number) =>
      bench.client.call("PCR_Extend", {
        handles: { pcrHandle },
        parameters: { digests: [{ hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(32).fill(7) }] },
      });
    await extend(8);
    const asked = { pcrEquals: { index: 16, other: 8 } };
    expect(await bench.told(asked)).toBe("? PCR 16 of the sha256 bank is not what PCR 8 is.");
    await extend(16);
    expect(await bench.told(asked)).toBe("passed");
    await extend(16);
    expect(await bench.told(asked)).toBe("PCR 16 of the sha256 bank is not what PCR 8 is.");
    expect(await bench.told({ pcrEquals: { index: 16, other: 8, bank: "sha1" } })).toBe("passed");
  });

  it("transients: how many there are", async () => {
    expect(await bench.told({ transients: { count: 1 } })).toBe("? The TPM has 0 transient objects; 1 was asked.");
    await bench.client.call("CreatePrimary", {
      handles: { primaryHandle: "TPM_RH_OWNER" },
      parameters: made(storageKey),
    });
    expect(await bench.told({ transients: { count: 1 } })).toBe("passed");
    expect(await bench.told({ transients: { count: 0 } })).toBe("The TPM has 1 transient object; 0 was asked.");
  });

  it("failureMode, until the next boot", async () => {
    expect(await bench.told({ failureMode: {} })).toBe("? The TPM is not in failure mode.");
    await bench.tpm.enterFailureMode();
    expect(await bench.told({ failureMode: {} })).toBe("passed");
    await bench.boot([], { orderly: false });
    expect(await bench.told({ failureMode: {} })).toMatch(/^\? /);
    await bench.tpm.powerOff();
    expect(await bench.told({ failureMode: {} }, { transients: { count: 0 } })).toMatch(/^\? /);
  });
});
