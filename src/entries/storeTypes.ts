/** What `tabtpm/store` has everywhere: what a store is, what goes wrong with one, and the one that forgets. */
export { MemoryMedium, MemoryStore } from "../store/memory.ts";
export {
  type CommitOptions,
  NotGivenUpError,
  SealedStateError,
  type SealedStateProblem,
  type Secret,
  StoreError,
  type StoreErrorCode,
  StoreFencedError,
  StoreGivenUpError,
  StoreLockedError,
  type StoreOpenOptions,
  type StoreSpec,
  type SyncTpmStore,
  type TpmStore,
} from "../store/store.ts";
