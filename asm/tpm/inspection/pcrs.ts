// The PCRs of all banks.
import { IMPLEMENTATION_PCR, sizeOf2B } from "../../base/index";
import { bankAlgorithm, bankDigestSize } from "../algorithms/index";
import { allocated, pcrValue } from "../platform/index";
import { BANK_COUNT, PCR_AUTH, PCR_COUNTER, PCR_POLICY } from "../state/index";
import { addPolicy } from "./platform";
import { add16, add32, add8, addBytes, addFlag } from "./record";

export function addPcrs(): void {
  add32(load<u32>(PCR_COUNTER));
  addFlag(sizeOf2B(PCR_AUTH) != 0);
  addPolicy(PCR_POLICY);
  add8(BANK_COUNT);
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) {
    add16(bankAlgorithm(bank));
    add32(allocated(bank));
    for (let pcr: u32 = 0; pcr < IMPLEMENTATION_PCR; pcr++) {
      const value = pcrValue(bank, pcr);
      if (value != 0) addBytes(value, bankDigestSize(bank));
    }
  }
}
