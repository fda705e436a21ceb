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

// A few secrets; trace.integration.test.ts takes a thousand.
const curves = CURVES.filter(({ name }) => ["NIST P-256", "NIST P-384", "BN P-256"].includes(name));

describe.each(curves)("$name: branches and addresses don't depend on", (curve) => {
  it("the private key of a public point", () => expectPublicPointTraceless(curve, 20));
  it("the scalar of a product", () => expectMultiplyTraceless(curve, 20));
  it("the key that is generated", () => expectKeyGenerationTraceless(curve, 3));
  it("the key and the secret of an ECDSA signature", () => expectSigningTraceless(curve, "ecdsa", 4));
  it("the key and the secret of an EC Schnorr signature", () => expectSigningTraceless(curve, "ecschnorr", 3));
  it("the key and the secret of an SM2 signature", () => expectSigningTraceless(curve, "sm2", 3));
  it("the key and the commitment of an ECDAA signature", () => expectEcdaaTraceless(curve, 3));
  it("the keys of an MQV exchange", () => expectExchangeTraceless(curve, "ecmqv", 3));
  it("the keys of an SM2 exchange", () => expectExchangeTraceless(curve, "sm2KeyExchange", 3));
});
