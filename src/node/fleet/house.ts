/** What the TPMs of a fleet have in common. */
import type { TpmProfile } from "../../public.ts";
import type { KeyRing } from "../socket/keyRing.ts";
import type { SocketOptions } from "../socket/options.ts";
import type { FleetStates } from "./states.ts";

export interface FleetSettings {
  readonly states: FleetStates;
  /** Folder of the sockets. */
  readonly listen: string;
  /** Of the sockets' files. */
  readonly access: { readonly mode: number; readonly uid?: number | undefined; readonly gid?: number | undefined };
  /** Of a TPM that has no state yet. */
  readonly profile: TpmProfile | undefined;
  readonly keys: KeyRing;
  /** What a TPM that starts does without CMD_INIT. */
  readonly power: Pick<SocketOptions, "powerOn" | "startup">;
  /** After which a TPM that nobody speaks with gives its memory back. */
  readonly idleMs: number;
  /** TPMs in memory at once. */
  readonly maxInMemory: number;
}

/** What a TPM asks of its fleet. */
export interface FleetHouse {
  readonly settings: FleetSettings;
  /** Resolves when there is room in memory. */
  admit(): Promise<void>;
  leave(): void;
  /** Somebody waits for room. */
  readonly isFull: boolean;
  log(level: number, text: string): void;
  /** Whether anybody reads lines of this level. */
  logs(level: number): boolean;
}
