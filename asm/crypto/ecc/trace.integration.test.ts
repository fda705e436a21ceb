import { describe, it } from "vitest";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import {
  expectEcdaaTraceless,
  expectExchangeTraceless,
  expectKeyGenerationTraceless,
  expectMultiplyTraceless,
  expectPublicPointTraceless,
  expectSigningTraceless,
} from "../../testkit/crypto/ecc/traces.ts";

/** Secrets per operation: a thousand for the curves that are used most. */
const countFor = (name: string) => (name === "NIST P-256" || name === "NIST P-384" ? 1000 : 50);

describe.each(CURVES)("$name: branches and addresses don't depend on", (curve) => {
  const count = countFor(curve.name);
  it("the private key of a public point", () => expectPublicPointTraceless(curve, count));
  it("the scalar of a product", () => expectMultiplyTraceless(curve, count));
  it("the key that is generated", () => expectKeyGenerationTraceless(curve, count));
  it("the key and the secret of an ECDSA signature", () => expectSigningTraceless(curve, "ecdsa", count));
  it("the key and the secret of an EC Schnorr signature", () => expectSigningTraceless(curve, "ecschnorr", count));
  it("the key and the secret of an SM2 signature", () => expectSigningTraceless(curve, "sm2", count));
  it("the key and the commitment of an ECDAA signature", () => expectEcdaaTraceless(curve, count));
  it("the keys of an MQV exchange", () => expectExchangeTraceless(curve, "ecmqv", count));
  it("the keys of an SM2 exchange", () => expectExchangeTraceless(curve, "sm2KeyExchange", count));
});
