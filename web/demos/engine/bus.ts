/** What somebody sees who listens between the PC and its TPM: a secret that is unsealed in the clear, and in a salted session. Demo "bus". */
import { Demo, type DemoState, initialDemo, Unproven } from "./demo.ts";
import type { DemoGround } from "./ground.ts";
import { BUS_HANDLE, BUS_OUTPUT, PASSWORD, plainLines, SECRET, saltedLines, sealForBusLines } from "./lines.ts";
import type { Heard } from "./witness.ts";

/** A message as it goes over the bus, and where in it something stands that should not be read. */
export interface Overheard {
  readonly octets: Uint8Array;
  /** Places of the password or the secret in it; empty where neither can be read. */
  readonly readable: readonly { readonly offset: number; readonly size: number }[];
}

export interface Listening {
  /** TPM2_Unseal and its answer. */
  readonly command: Overheard;
  readonly response: Overheard;
}

export interface BusState extends DemoState {
  /** The TPM keeps a secret with a password. */
  readonly isReady: boolean;
  readonly plain: Listening | null;
  readonly salted: Listening | null;
}

const initial: BusState = { ...initialDemo, isReady: false, plain: null, salted: null };

export class Bus extends Demo<BusState> {
  constructor(ground: DemoGround) {
    super(ground, initial);
  }

  /** A secret with a password, kept in the TPM. */
  prepare(): Promise<void> {
    return this.attempt(async () => {
      this.store.set({ isReady: false, plain: null, salted: null });
      await this.type(sealForBusLines((await this.kept(BUS_HANDLE)) !== undefined));
      const object = await this.kept(BUS_HANDLE);
      if (object?.publicArea.type !== "TPM_ALG_KEYEDHASH" || !object.authSet) throw new Unproven("not-sealed");
      this.store.set({ isReady: true });
    });
  }

  /** In the clear: the secret can be read. The password only where it is not in an HMAC, as tpm2-tools have it. */
  plain(): Promise<void> {
    return this.attempt(async () => {
      const { listening: plain } = await this.#listen(plainLines);
      this.store.set({ plain });
      if (plain.response.readable.length === 0) throw new Unproven("not-opened");
    });
  }

  /** In a salted session that encrypts: neither can, in any message, and the PC has the secret all the same. */
  salted(): Promise<void> {
    return this.attempt(async () => {
      const { listening: salted, all } = await this.#listen(saltedLines);
      this.store.set({ salted });
      const messages = all.flatMap(({ event }) => [event.command, event.response]);
      if (messages.some((octets) => overheard(octets).readable.length > 0)) throw new Unproven("not-refused");
    });
  }

  /** @throws Unproven where the PC did not get the secret */
  async #listen(lines: readonly string[]): Promise<{ listening: Listening; all: readonly Heard[] }> {
    const all = await this.type(lines);
    const unsealed = all.findLast(({ name, succeeded }) => name === "Unseal" && succeeded);
    const got = await this.hands.read(BUS_OUTPUT);
    if (unsealed === undefined || got === null || new TextDecoder().decode(got) !== SECRET) {
      throw new Unproven("not-opened");
    }
    const { command, response } = unsealed.event;
    return { listening: { command: overheard(command), response: overheard(response) }, all };
  }
}

/** Where the password or the secret stands in a message. */
export function overheard(octets: Uint8Array): Overheard {
  const readable = [PASSWORD, SECRET].flatMap((text) => {
    const wanted = new TextEncoder().encode(text);
    const offset = octets.findIndex((_, at) => wanted.every((octet, index) => octets[at + index] === octet));
    return offset < 0 ? [] : [{ offset, size: wanted.length }];
  });
  return { octets, readable };
}
