/** The verifier and TPMs that attest to it, without a page: what it trusts, and what it refuses. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TPM_ALG, TpmClient } from "../../src/client/index.ts";
import {
  activateCredential,
  createAk,
  createEk,
  createQuote,
  createTpm,
  EVIDENCE_FILES,
  type LoadedKey,
  readCredentialFile,
  type Tpm,
  writePcrFile,
  writePublicFile,
} from "../../src/node/index.ts";
import { toHex } from "../pc/hex.ts";
import { type Known, type KnownStore, nothingKnown } from "./known.ts";
import type { Line } from "./line.ts";
import {
  type Challenge,
  type Enrolment,
  type Evidence,
  type Message,
  readMessage,
  type VerdictMessage,
  writeMessage,
} from "./messages.ts";
import { randomOctets } from "./octets.ts";
import { Verifier } from "./verifier.ts";

const SELECTION = [{ algorithm: TPM_ALG.TPM_ALG_SHA256, pcrs: [0, 8, 16] }];

/** A machine: a TPM with its EK and an AK. */
class Attester {
  readonly #tpm: Tpm = createTpm({ store: { kind: "memory" } });
  readonly client = new TpmClient(this.#tpm);
  ek!: LoadedKey;
  ak!: LoadedKey;

  async start(): Promise<this> {
    await this.#tpm.powerOn();
    await this.client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    this.ek = await createEk(this.client);
    this.ak = await createAk(this.client);
    return this;
  }

  close = () => this.#tpm.close();

  enrolment(): Enrolment {
    const [ek, ak] = [writePublicFile(this.ek.publicArea), writePublicFile(this.ak.publicArea)];
    return { kind: "enrolment", session: toHex(randomOctets(16)), ek, ak, ekCertificate: null };
  }

  async evidence({ session, nonce, credential }: Challenge): Promise<Evidence> {
    const answer = await activateCredential(this.client, this.ek, this.ak, readCredentialFile(credential));
    const { quote, signature, pcrs } = await createQuote(this.client, this.ak, nonce, SELECTION);
    const values = writePcrFile(SELECTION, pcrs);
    return { kind: "evidence", session, answer, quote, signature, pcrs: values, log: null, ima: null };
  }

  /** Measures something. */
  async extend(): Promise<void> {
    await this.client.call("PCR_Event", {
      handles: { pcrHandle: 16 },
      parameters: { eventData: Uint8Array.of(1) },
    } as never);
  }
}

/** A channel whose other end is the test, and memory. */
class Bench implements Line, KnownStore {
  readonly said: Message[] = [];
  kept: Known = nothingKnown;
  readonly verifier = new Verifier(this, this);

  send(text: string): void {
    this.said.push(readMessage(text));
  }
  onText(): void {}
  close(): void {}
  async read(): Promise<Known> {
    return this.kept;
  }
  async write(known: Known): Promise<void> {
    this.kept = known;
  }
  async forget(): Promise<void> {
    this.kept = nothingKnown;
  }

  async ask(message: Message): Promise<Challenge | VerdictMessage> {
    await this.verifier.take(writeMessage(message));
    return this.said.at(-1) as Challenge | VerdictMessage;
  }
  async challenge(attester: Attester): Promise<Challenge> {
    return (await this.ask(attester.enrolment())) as Challenge;
  }
  async attest(attester: Attester): Promise<[verdict: string, checks: string[]]> {
    return outcome(await this.ask(await attester.evidence(await this.challenge(attester))));
  }
  problem = () => this.verifier.store.value.problem;
}

function outcome(said: Challenge | VerdictMessage): [string, string[]] {
  if (said.kind !== "verdict") throw new Error(`A ${said.kind} is no verdict.`);
  return [said.verdict, said.reasons.map(({ check }) => check)];
}

let known: Attester;
let other: Attester;
let bench: Bench;
beforeAll(async () => {
  known = await new Attester().start();
  other = await new Attester().start();
});
afterAll(async () => {
  await known.close();
  await other.close();
});
beforeEach(async () => {
  bench = new Bench();
  expect(await bench.attest(known)).toEqual(["unknown", ["verifier.ek", "ak.trust", "policy"]]);
  await bench.verifier.learn();
});

describe("what was called good", () => {
  test("is trusted from then on, with each new nonce", async () => {
    expect(await bench.attest(known)).toEqual(["good", []]);
    expect(await bench.attest(known)).toEqual(["good", []]);
    expect(bench.kept.ekName).toMatch(/^000b[0-9a-f]{64}$/);
  });

  test("is no longer good when something else was measured", async () => {
    await known.extend();
    const [verdict, checks] = await bench.attest(known);
    expect([verdict, checks]).toEqual(["bad", ["policy.pcr.sha256.16"]]);
    await known.client.call("PCR_Reset", { handles: { pcrHandle: 16 } } as never);
  });

  test("is forgotten when that is asked for", async () => {
    await bench.verifier.forget();
    expect((await bench.attest(known))[0]).toBe("unknown");
  });

  test("has each root once, beside those that came before", async () => {
    const [one, two] = [Uint8Array.of(0x30, 1), Uint8Array.of(0x30, 2)];
    for (const root of [one, two, one.slice()]) await bench.verifier.trustRoot(root);
    expect(bench.kept.roots).toEqual([one, two]);
  });

  test("is never learned from what is bad", async () => {
    await known.extend();
    await bench.attest(known);
    const before = bench.kept;
    await bench.verifier.learn();
    expect(bench.kept).toBe(before);
    await known.client.call("PCR_Reset", { handles: { pcrHandle: 16 } } as never);
  });
});

describe("attacks", () => {
  test("another TPM gets no challenge", async () => {
    expect(outcome(await bench.ask(other.enrolment()))).toEqual(["bad", ["verifier.ek"]]);
    expect(bench.said.filter(({ kind }) => kind === "challenge")).toHaveLength(1);
  });

  test("another TPM's AK beside the known EK opens no credential", async () => {
    const mixed = { ...known.enrolment(), ak: other.enrolment().ak };
    const challenge = (await bench.ask(mixed)) as Challenge;
    await expect(other.evidence(challenge)).rejects.toThrow("TPM_RC");
    const quoted = await createQuote(other.client, other.ak, challenge.nonce, SELECTION);
    const pcrs = writePcrFile(SELECTION, quoted.pcrs);
    const evidence = { kind: "evidence", session: challenge.session, log: null, ima: null } as const;
    const said = await bench.ask({ ...evidence, ...quoted, pcrs, answer: randomOctets(20) });
    expect(outcome(said)).toEqual(["bad", ["credential"]]);
  });

  test("an answer counts once", async () => {
    const evidence = await known.evidence(await bench.challenge(known));
    expect(outcome(await bench.ask(evidence))).toEqual(["good", []]);
    expect(outcome(await bench.ask(evidence))).toEqual(["bad", ["verifier.challenge"]]);
  });

  test("a quote with another challenge's nonce", async () => {
    const old = await known.evidence(await bench.challenge(known));
    const { session, answer } = await known.evidence(await bench.challenge(known));
    expect(outcome(await bench.ask({ ...old, session, answer }))).toEqual(["bad", ["quote.nonce"]]);
  });

  test("an answer to nothing", async () => {
    const evidence = await known.evidence(await bench.challenge(known));
    expect(outcome(await bench.ask({ ...evidence, session: "0".repeat(32) }))).toEqual(["bad", ["verifier.challenge"]]);
  });

  test("a challenge that many newer ones have driven out is answered too late", async () => {
    const evidence = await known.evidence(await bench.challenge(known));
    for (let n = 0; n < 16; n++) await bench.challenge(known);
    expect(outcome(await bench.ask(evidence))).toEqual(["bad", ["verifier.challenge"]]);
  });

  test("an octet of the quote, its signature or the answer changed", async () => {
    for (const part of ["quote", "signature", "answer"] as const) {
      const evidence = await known.evidence(await bench.challenge(known));
      const changed = evidence[part].slice();
      changed[changed.length >> 1]! ^= 1;
      expect([part, outcome(await bench.ask({ ...evidence, [part]: changed }))[0]]).toEqual([part, "bad"]);
    }
  });

  test("keys that are none", async () => {
    const said = await bench.ask({ ...known.enrolment(), ek: Uint8Array.of(1, 2, 3) });
    expect(outcome(said)).toEqual(["bad", ["verifier.keys"]]);
  });

  test("a verifier's own messages, and no messages", async () => {
    await bench.ask(await bench.challenge(known));
    expect(bench.problem()).toContain("verifier");
    await bench.verifier.take("{}");
    expect(bench.problem()).toContain("version");
    expect(await bench.attest(known)).toEqual(["good", []]);
    expect(bench.problem()).toBeNull();
  });
});

describe("files", () => {
  const file = (name: string, octets: Uint8Array) => new File([octets.slice()], name);
  const keys = () => {
    const { ek, ak } = known.enrolment();
    return [file(EVIDENCE_FILES.ek, ek), file(EVIDENCE_FILES.ak, ak)];
  };
  const quoted = ({ quote, signature, pcrs }: Evidence) => [
    file(EVIDENCE_FILES.quote, quote),
    file(EVIDENCE_FILES.signature, signature),
    file(EVIDENCE_FILES.pcrs, pcrs),
    file(EVIDENCE_FILES.ak, known.enrolment().ak),
  ];
  const verdict = () => bench.verifier.store.value.result?.finding.verdict;

  test("of a folder are taken, after a challenge for its keys", async () => {
    await bench.verifier.takeFiles(keys(), "");
    const evidence = await known.evidence(bench.said.at(-1) as Challenge);
    await bench.verifier.takeFiles(quoted(evidence), toHex(evidence.answer));
    expect(verdict()).toBe("good");
    // Once.
    await bench.verifier.takeFiles(quoted(evidence), toHex(evidence.answer));
    expect(verdict()).toBe("unknown");
  });

  test("without the credential's answer say nothing of the EK that is pinned", async () => {
    await bench.verifier.takeFiles(keys(), "");
    await bench.verifier.takeFiles(quoted(await known.evidence(bench.said.at(-1) as Challenge)), "");
    expect(verdict()).toBe("unknown");
  });

  test("policies and messages are told apart", async () => {
    const text = new TextEncoder().encode(bench.kept.policy!);
    await bench.verifier.forget();
    await bench.verifier.takeFiles([file("policy.json", text)], "");
    expect(bench.kept.policy).toBe(bench.verifier.store.value.known.policy);
    expect(bench.kept.policy).not.toBeNull();
    const enrolment = new TextEncoder().encode(writeMessage(known.enrolment()));
    await bench.verifier.takeFiles([file("enrolment.json", enrolment)], "");
    expect(bench.said.at(-1)!.kind).toBe("challenge");
  });

  test("that nobody knows are named", async () => {
    await bench.verifier.takeFiles([file("holiday.jpg", Uint8Array.of(1))], "");
    expect(bench.problem()).toContain("holiday.jpg");
    await bench.verifier.takeFiles([file("bad.json", new TextEncoder().encode('{"tabtpmPolicy": 9}'))], "");
    expect(bench.problem()).not.toBeNull();
    expect(bench.kept.policy).toContain('"tabtpmPolicy": 1');
  });
});
