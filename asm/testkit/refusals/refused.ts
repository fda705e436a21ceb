import type { RefusalName } from "../../../src/spec/refusals.ts";
import { TestTpm } from "../harness.ts";

/** A TPM, and the command that it refuses. */
export interface Refused {
  readonly tpm: TestTpm;
  readonly command: Uint8Array;
  readonly locality?: number;
}
export type RefusalCase = () => Refused | Promise<Refused>;
export type RefusalCases = Partial<Record<RefusalName, RefusalCase>>;

/** A command that a TPM after TPM2_Startup refuses. */
export const refused =
  (command: Uint8Array): RefusalCase =>
  () => ({ tpm: TestTpm.started(), command });

/** Commands that must succeed, and one that is refused. */
export const after =
  (before: readonly Uint8Array[], command: Uint8Array): RefusalCase =>
  () => {
    const tpm = TestTpm.started();
    for (const bytes of before) must(tpm, bytes);
    return { tpm, command };
  };

/** @throws when the TPM refuses the command */
export function must(tpm: TestTpm, bytes: Uint8Array): Uint8Array {
  const response = tpm.run(bytes);
  if (response.rc !== 0) throw new Error(`0x${response.rc.toString(16)}, ${tpm.refusal?.check}`);
  return response.bytes;
}
