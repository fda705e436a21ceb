// [TPM2.0 1.59] 15.3 TPM2_EncryptDecrypt2
import { EncryptDecrypt2 as parameters } from "../../generated/parameters";
import { encryptDecrypt } from "./encryptDecrypt";

export function EncryptDecrypt2(): u32 {
  const decrypt = parameters.decrypt != 0;
  return encryptDecrypt(
    parameters.keyHandle,
    decrypt,
    parameters.mode,
    parameters.ivIn,
    parameters.inData,
    parameters.RC_keyHandle,
    parameters.RC_mode,
    parameters.RC_ivIn,
    parameters.RC_inData,
  );
}
