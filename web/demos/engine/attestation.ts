/**
 * A boot that is shown to a verifier: the guest's tools make what is sent, the page carries it, over a channel between tabs or by
 * hand. Demo "remote-attestation". What the verifier says of it is the verifier's word; the page here judges nothing.
 */
import { toHex } from "../../pc/hex.ts";
import type { Line } from "../../remote/line.ts";
import {
  type Challenge,
  type Message,
  MessageError,
  readMessage,
  type VerdictMessage,
  writeMessage,
} from "../../remote/messages.ts";
import { randomOctets } from "../../remote/octets.ts";
import { ARGUMENT } from "./changes.ts";
import { Demo, type DemoState, initialDemo, Unproven } from "./demo.ts";
import type { DemoGround } from "./ground.ts";
import { ATTEST_FILES, attestLines, enrolLines } from "./lines.ts";

const SESSION_SIZE = 16;

export interface AttestationState extends DemoState {
  /** The present boot was made here, with this on its kernel's command line; null before. */
  readonly boot: "good" | "changed" | null;
  /** The last message, for a verifier elsewhere. */
  readonly outgoing: { readonly kind: "enrolment" | "evidence"; readonly text: string } | null;
  /** A challenge is awaited for what was sent. */
  readonly isWaiting: boolean;
  /** What the verifier has said last of each boot. */
  readonly verdicts: Readonly<Partial<Record<"good" | "changed", VerdictMessage>>>;
  /** A message that was pasted can't be taken. */
  readonly refusedMessage: MessageError | null;
}

const initial: AttestationState = {
  ...initialDemo,
  boot: null,
  outgoing: null,
  isWaiting: false,
  verdicts: {},
  refusedMessage: null,
};

export class Attestation extends Demo<AttestationState> {
  readonly #line: Line;
  #session = "";

  constructor(ground: DemoGround, line: Line) {
    super(ground, initial);
    this.#line = line;
    line.onText((text) => void this.#heard(text));
  }

  override close(): void {
    this.#line.close();
    super.close();
  }

  /** @param boot "changed": with one more argument on the kernel's command line */
  boot(boot: "good" | "changed"): Promise<void> {
    return this.attempt(() => this.#boot(boot));
  }

  /** Makes an AK, and shows it and the EK. The rest is done when the challenge comes. */
  show(): Promise<void> {
    return this.attempt(() => this.#show());
  }

  bootAndShow(boot: "good" | "changed"): Promise<void> {
    return this.attempt(async () => {
      await this.#boot(boot);
      await this.#show();
    });
  }

  /** A message of the verifier's that was pasted. */
  async take(text: string): Promise<void> {
    this.store.set({ refusedMessage: null });
    try {
      const message = readMessage(text.trim());
      if (!this.#isMine(message)) throw new MessageError("field", "session");
      await this.#answer(message);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      this.store.set({ refusedMessage: error });
    }
  }

  /** What other tabs say, to whomever. */
  async #heard(text: string): Promise<void> {
    try {
      const message = readMessage(text);
      if (this.#isMine(message)) await this.#answer(message);
    } catch (error) {
      // It was no message, and nobody here has asked for it.
      if (!(error instanceof MessageError)) throw error;
    }
  }

  #isMine = (message: Message): message is Challenge | VerdictMessage =>
    message.session === this.#session && (message.kind === "challenge" || message.kind === "verdict");

  async #answer(message: Challenge | VerdictMessage): Promise<void> {
    const { boot, verdicts, isWaiting } = this.store.value;
    if (message.kind === "verdict") {
      this.store.set({ isWaiting: false, verdicts: boot === null ? verdicts : { ...verdicts, [boot]: message } });
    } else if (isWaiting && this.store.value.activity === null) {
      await this.attempt(() => this.#attest(message));
    }
  }

  async #boot(boot: "good" | "changed"): Promise<void> {
    this.#session = "";
    this.store.set({ boot: null, outgoing: null, isWaiting: false, refusedMessage: null });
    await this.bootMeasured(boot === "good" ? {} : { append: ARGUMENT });
    this.store.set({ boot });
  }

  async #show(): Promise<void> {
    const { boot, verdicts } = this.store.value;
    if (boot === null) throw new Unproven("not-measured");
    const { [boot]: _, ...others } = verdicts;
    this.store.set({ outgoing: null, isWaiting: false, verdicts: others, refusedMessage: null });
    await this.type(enrolLines);
    const ek = await this.#made("ek");
    const ak = await this.#made("ak");
    const ekCertificate = await this.hands.read(ATTEST_FILES.ekCertificate);
    this.#session = toHex(randomOctets(SESSION_SIZE));
    const hasCertificate = ekCertificate !== null && ekCertificate.length > 0;
    this.#send({
      kind: "enrolment",
      session: this.#session,
      ek,
      ak,
      ekCertificate: hasCertificate ? ekCertificate : null,
    });
    this.store.set({ isWaiting: true });
  }

  async #attest({ session, nonce, credential }: Challenge): Promise<void> {
    this.store.set({ isWaiting: false });
    await this.hands.write(ATTEST_FILES.credential, credential.slice());
    await this.type(attestLines(toHex(nonce)));
    const evidence = {
      answer: await this.#made("answer"),
      quote: await this.#made("quote"),
      signature: await this.#made("signature"),
      pcrs: await this.#made("pcrs"),
      log: await this.#made("log"),
      ima: await this.#made("ima"),
    };
    this.#send({ kind: "evidence", session, ...evidence });
  }

  #send(message: Message & { kind: "enrolment" | "evidence" }): void {
    const text = writeMessage(message);
    this.store.set({ outgoing: { kind: message.kind, text } });
    this.#line.send(text);
  }

  /** @throws Unproven where the guest's tools did not write it */
  async #made(file: keyof typeof ATTEST_FILES): Promise<Uint8Array> {
    const content = await this.hands.read(ATTEST_FILES[file]);
    if (content === null || content.length === 0) throw new Unproven("not-attested");
    return content;
  }
}
