/** TPMs that are made, or looked at, in memory beside the one that is in use; nothing of them is stored here. */

import { createWorkerTpm } from "../../../src/entries/workerTpm.ts";
import {
  ekCertificateIndices,
  newIdentityState,
  openBrowserAuthority,
  provisionedState,
  reconfiguredState,
  type SavedTpm,
  type Tpm,
  TpmClient,
  type TpmFacts,
} from "../../../src/index.ts";
import type { Making } from "../../state/model.ts";
import { type NewTpm, type PcrBankName, pcrBanks } from "../../state/tpms.ts";

export interface MadeTpm {
  readonly state: Uint8Array;
  readonly facts: TpmFacts;
}

type OnProgress = (making: Making) => void;

/** TPM_ALG_ID (Part 2, table 9). */
const algorithms: Readonly<Record<PcrBankName, number>> = { sha1: 0x4, sha256: 0xb, sha384: 0xc, sha512: 0xd };

/** @throws what keeps it from being made; the reason of `signal` when that is aborted. */
export function makeNew(wanted: NewTpm, onProgress: OnProgress, signal: AbortSignal): Promise<MadeTpm> {
  const { profile, certificates } = wanted;
  const banks = wanted.banks.length === pcrBanks.length ? undefined : wanted.banks.map((bank) => algorithms[bank]);
  return withTpm({ profile, signal }, async (tpm) => {
    let state: Uint8Array | null;
    if (certificates) {
      const authority = await openBrowserAuthority();
      state = await provisionedState(tpm, { authority, pcrBanks: banks, onProgress, signal });
    } else {
      state = banks === undefined ? await tpm.exportState() : await reconfiguredState(tpm, { pcrBanks: banks, signal });
    }
    return factsOf(state!, signal);
  });
}

/** A copy of a TPM that is another one: its seeds are new, and so are its certificates if it had any. @throws as {@link makeNew} */
export function makeNewIdentity(state: Uint8Array, onProgress: OnProgress, signal: AbortSignal): Promise<MadeTpm> {
  return withTpm({ state, signal }, async (tpm) => {
    const { facts } = await factsOf(state, signal);
    const authority = facts.certificates === 0 ? null : await openBrowserAuthority();
    return factsOf(await newIdentityState(tpm, { authority, onProgress, signal }), signal);
  });
}

/** What a state is that comes from elsewhere. @throws TpmStateError when it is damaged or newer. */
export function factsOf(state: Uint8Array, signal: AbortSignal): Promise<MadeTpm> {
  return withTpm({ state, signal }, async (tpm) => {
    await tpm.powerOn();
    const client = new TpmClient(tpm);
    await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
    const certificates = (await ekCertificateIndices(client)).length;
    return { state, facts: { profile: tpm.state().profile, certificates } };
  });
}

/**
 * Whether a saved TPM goes on in this release: one in memory does.
 * @throws TpmStateError when it is damaged, newer or laid out in another way.
 */
export function tryState(profile: NewTpm["profile"], saved: SavedTpm): Promise<void> {
  return withTpm({ profile, signal: new AbortController().signal }, async (tpm) => {
    await tpm.powerOn();
    await tpm.restore?.(saved, { onMovedOn: "rollback" });
  });
}

interface Wanted {
  readonly profile?: NewTpm["profile"];
  readonly state?: Uint8Array;
  readonly signal: AbortSignal;
}

/** A TPM in memory, with a worker of its own, which ends with the work or the signal. */
async function withTpm<T>({ profile, state, signal }: Wanted, work: (tpm: Tpm) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const tpm = createWorkerTpm({ store: { kind: "memory" }, ...(profile && { profile }) });
  const close = () => void tpm.close().catch(() => {});
  signal.addEventListener("abort", close);
  try {
    await tpm.ready;
    if (state !== undefined) await tpm.newTpm({ permanent: state });
    return await work(tpm);
  } finally {
    signal.removeEventListener("abort", close);
    await tpm.close().catch(() => {});
  }
}
