/**
 * How a row becomes an owner's: it is looked at, opened, and claimed as it was seen. Who can't open it takes it from nobody, whatever
 * others do between the look and the claim.
 */
import { StoreError, StoreLockedError } from "../../store/store.ts";
import { type Moment, now } from "./database.ts";
import { CLAIM, type Content, LOOK, MAKE, type Seen } from "./statements.ts";

/** Who wants the row, and how it is asked for. */
export interface Claimant {
  readonly name: string;
  readonly owner: string;
  /** For people: which process this is, and which database. */
  readonly holder: string;
  readonly where: string;
  readonly leaseMs: number;
  /** From an owner whose lease is not over. */
  readonly takesOver: boolean;
  /** Makes the row where there is none. */
  readonly creates: boolean;
  /** What failed, as a clause: for the errors. */
  readonly doing: string;
  /** @throws StoreError */
  asked<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** What is stored, decrypted. @throws StoreError where it is not to be opened here */
  opened(content: Content): Uint8Array | null;
}

export interface Claimed {
  readonly epoch: string;
  /** Of the commit that the row has. */
  readonly number: number;
  /** When the lease was asked for. */
  readonly sentAt: Moment;
  /** @throws StoreError where the owner before has left what is not to be opened here */
  readonly state: () => Uint8Array | null;
}

/** @throws StoreLockedError; StoreError when there is no row, it is not to be opened here, or the server can't be had */
export async function claim(claimant: Claimant): Promise<Claimed> {
  const { name, owner, holder, leaseMs, takesOver, creates, doing, where } = claimant;
  let before: Seen | undefined;
  let isMade = false;
  for (;;) {
    const [seen] = await claimant.asked<Seen>(LOOK, [name, owner]);
    if (seen === undefined) {
      if (!creates || isMade) {
        throw new StoreError(`${doing}: there is no TPM "${name}" in ${where}.`, { code: "unavailable" });
      }
      await claimant.asked(MAKE, [name]);
      isMade = true;
      continue;
    }
    if (!seen.free && !takesOver) throw lockedBy(seen, name);
    const opened = claimant.opened(seen);
    const sentAt = now();
    const number = hasCommitted(before, seen) ? null : seen.commit_number;
    const values = [name, owner, holder, leaseMs, takesOver, seen.epoch, number];
    const [row] = await claimant.asked<Content & { epoch: string }>(CLAIM, values);
    if (row !== undefined) {
      return {
        ...{ epoch: row.epoch, number: Number(row.commit_number), sentAt },
        state: () => (isSame(seen, row) ? opened : claimant.opened(row)),
      };
    }
    // It is not as it was seen any more: another owner, a commit, or a lease that goes on after all.
    before = seen;
  }
}

/**
 * Whether its owner has stored something between two looks that both could be opened. An owner has one key: what else he commits can
 * be opened too, and he is not to be too quick for whoever takes the row over.
 */
const hasCommitted = (before: Seen | undefined, seen: Seen) =>
  before?.epoch === seen.epoch && seen.state !== null && Number(seen.commit_number) > Number(before.commit_number);

function lockedBy({ holder, seconds }: Seen, name: string): StoreLockedError {
  const by = holder ?? "another owner";
  return new StoreLockedError(
    `The TPM "${name}" is in use by ${by}; its lease ends in ${seconds ?? 0} s unless it is renewed. End that one, or take the TPM over.`,
    by,
  );
}

const isSame = (seen: Content, row: Content) =>
  seen.commit_number === row.commit_number &&
  (seen.state === null || row.state === null ? seen.state === row.state : Buffer.compare(seen.state, row.state) === 0);
