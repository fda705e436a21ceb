// [TPM2.0 1.59] 10.3 TPM2_IncrementalSelfTest
import { TPM_RC_CANCELED, TPM_RC_FAILURE, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { IncrementalSelfTest as parameters } from "../../generated/parameters";
import { REFUSAL_CANCELED, REFUSAL_TEST_UNKNOWN } from "../../generated/refusals";
import {
  get16,
  get32,
  isCanceled,
  phase,
  rcAbout,
  refuse,
  setPhase,
  sliceIsOver,
  UNFINISHED,
  writeU16,
  writeU32,
} from "../../base/index";
import { algorithmImplemented, nextUntested, testAlgorithm, untestedCount } from "../../tpm/algorithms/index";

/** Tests the algorithms of the list, then says what is still to be tested. */
export function IncrementalSelfTest(): u32 {
  const list = parameters.toTest + 4;
  const count = get32(parameters.toTest);
  if (phase == 0) {
    for (let i: u32 = 0; i < count; i++) {
      if (!algorithmImplemented(get16(list + (i << 1))))
        return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_TEST_UNKNOWN, get16(list + (i << 1))), parameters.RC_toTest);
    }
  }
  if (phase != 0 && isCanceled()) return refuse(TPM_RC_CANCELED, REFUSAL_CANCELED);
  for (let i = phase; i < count; i++) {
    if (!testAlgorithm(get16(list + (i << 1)))) return TPM_RC_FAILURE;
    if (!sliceIsOver()) continue;
    setPhase(i + 1);
    return UNFINISHED;
  }
  writeU32(untestedCount());
  for (let algorithm = nextUntested(0); algorithm != 0; algorithm = nextUntested(algorithm)) writeU16(algorithm);
  return TPM_RC_SUCCESS;
}
