// [TPM2.0 1.59] 15.2 TPM2_EncryptDecrypt
import { EncryptDecrypt as parameters } from "../../generated/parameters";
import { encryptDecrypt } from "./encryptDecrypt";

export function EncryptDecrypt(): u32 {
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
