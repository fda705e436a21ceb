// Lists of commands: those that are audited, and those that need physical presence.
import { isInAuditList } from "../authorization/index";
import { CODE_COUNT, FIRST_CODE, physicalPresenceRequired } from "../platform/index";
import { AUDIT_COUNTER, AUDIT_HASH_ALG, COMMAND_AUDIT_DIGEST, EXCLUSIVE_AUDIT_SESSION } from "../state/index";
import { add16, add32, add64, addWire2B, reserveCount, setCount } from "./record";

export function addAudit(): void {
  add16(load<u16>(AUDIT_HASH_ALG));
  addWire2B(COMMAND_AUDIT_DIGEST);
  add64(load<u64>(AUDIT_COUNTER));
  add32(load<u32>(EXCLUSIVE_AUDIT_SESSION));
  const place = reserveCount();
  let count: u32 = 0;
  for (let code = FIRST_CODE; code < FIRST_CODE + CODE_COUNT; code++) {
    if (!isInAuditList(code)) continue;
    add32(code);
    count++;
  }
  setCount(place, count);
}

export function addPhysicalPresence(): void {
  const place = reserveCount();
  let count: u32 = 0;
  for (let code = FIRST_CODE; code < FIRST_CODE + CODE_COUNT; code++) {
    if (!physicalPresenceRequired(code)) continue;
    add32(code);
    count++;
  }
  setCount(place, count);
}
