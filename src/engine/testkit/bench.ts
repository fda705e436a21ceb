import { type MemoryMedium, MemoryStore } from "../../store/memory.ts";
import type { TpmStore } from "../../store/store.ts";
import type { Tpm } from "../api.ts";
import type { TpmProfile } from "../core.ts";
import type { BackendParts } from "./backends.ts";
import { command, decode, type FakeAnswer, type FakeCoreOptions, fakeCore } from "./fakeCore.ts";

export interface StartOptions extends FakeCoreOptions {
  store?: TpmStore;
  medium?: MemoryMedium;
  profile?: TpmProfile;
}

/** TPMs over the fake core, for the tests of one backend. */
export class Bench {
  readonly #make: (parts: BackendParts) => Tpm;
  readonly #open: Tpm[] = [];

  constructor(make: (parts: BackendParts) => Tpm) {
    this.#make = make;
  }

  /** A TPM that {@link closeAll} closes. */
  start(options: StartOptions = {}): Tpm {
    const tpm = this.startUnowned(options);
    this.#open.push(tpm);
    return tpm;
  }

  /** A TPM that the test closes, or that dies. */
  startUnowned({ medium, store = new MemoryStore(medium), profile, ...fake }: StartOptions = {}): Tpm {
    return this.#make({ store, newCore: async () => fakeCore(fake), ...(profile ? { profile } : {}) });
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((tpm) => tpm.close()));
  }
}

export async function run(tpm: Tpm, op: number, argument?: number): Promise<FakeAnswer> {
  return decode(await tpm.execute(command(op, argument)));
}

export const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** A promise that the test settles. */
export function gate(): { promise: Promise<void>; release: () => void } {
  let release = () => {};
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release: () => release() };
}
