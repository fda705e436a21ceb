// The record: sections one after the other, in this order; integers big-endian, TPM structures in wire form. The host
// decodes it in src/engine/inspection.ts, which has the same order.
import { addAudit, addPhysicalPresence } from "./commands";
import { addAreas, addClock, addGeneral, addHierarchies, addTimers } from "./platform";
import { addLockout } from "./lockout";
import { addIndices } from "./indices";
import { addPersistent, addTransient } from "./objects";
import { addPcrs } from "./pcrs";
import { beginRecord, recordSize } from "./record";
import { addSessions } from "./sessions";

/** Writes the record to stateBuffer; returns its size, 0 when it does not fit. Nothing of the TPM changes. */
export function inspect(): u32 {
  beginRecord();
  addGeneral();
  addClock();
  addHierarchies();
  addLockout();
  addTimers();
  addAudit();
  addPhysicalPresence();
  addAreas();
  addPcrs();
  addTransient();
  addPersistent();
  addSessions();
  addIndices();
  return recordSize();
}
