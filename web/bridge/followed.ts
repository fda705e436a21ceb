/** A TPM behind a bridge, as far as it can be followed: its commands and its power. Nothing looks into it. */
import type { ForeignTpm } from "../../src/entries/bridgedTpm.ts";
import type { TpmSummary } from "../../src/index.ts";
import type { FollowedTpm } from "../pc/follower.ts";

export class UninspectedError extends Error {
  override name = "UninspectedError";
}

/** @param why there is nothing to look at, in the language that is in use */
export function followed(tpm: ForeignTpm, why: () => string): FollowedTpm {
  let error: Error | null = null;
  const state = (): TpmSummary => ({
    power: tpm.power,
    failureMode: false,
    established: tpm.established,
    signaledActs: 0,
    profile: null,
    store: "bridge",
    stateSize: null,
    lastCommit: null,
    error: tpm.power === "failed" ? error : null,
  });
  tpm.on("lost", (cause) => {
    error = cause;
  });
  const on = (event: string, listener: (value: never) => void): (() => void) => {
    if (event === "command") return tpm.on("command", listener as (value: unknown) => void);
    if (event === "power") return tpm.on("power", listener as (value: unknown) => void);
    if (event === "state") return tpm.on("power", () => (listener as (value: TpmSummary) => void)(state()));
    // It stores nothing here, and is never another one.
    return () => {};
  };
  return {
    on: on as FollowedTpm["on"],
    state,
    busy: false,
    inspect: () => Promise.reject(new UninspectedError(why())),
  };
}
