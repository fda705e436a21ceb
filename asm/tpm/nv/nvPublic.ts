// A TPM2B_NV_PUBLIC in wire form, by offset (Part 2, 13.6).
import { TPMA_NV_ORDERLY, TPMA_NV_TPM_NT, TPMA_NV_TPM_NT_SHIFT } from "../../generated/constants";
import { get16, get32, sizeOf2B } from "../../base/index";
import { digestSizeOf } from "../algorithms/index";

const PUBLIC_HANDLE: usize = 2;
const PUBLIC_NAME_ALGORITHM: usize = 6;
export const PUBLIC_ATTRIBUTES: usize = 8;
const PUBLIC_POLICY: usize = 12;

export function publicHandle(info: usize): u32 {
  return get32(info + PUBLIC_HANDLE);
}

export function publicNameAlgorithm(info: usize): u32 {
  return get16(info + PUBLIC_NAME_ALGORITHM);
}

export function publicAttributes(info: usize): u32 {
  return get32(info + PUBLIC_ATTRIBUTES);
}

/** Address of the TPM2B_DIGEST. */
export function publicPolicy(info: usize): usize {
  return info + PUBLIC_POLICY;
}

export function publicDataSize(info: usize): u32 {
  return get16(info + sizeOf2B(info));
}

/** TPM_NT */
export function nvType(attributes: u32): u32 {
  return (attributes & TPMA_NV_TPM_NT) >> TPMA_NV_TPM_NT_SHIFT;
}

/** Bytes of the entry's content. */
export function contentSize(info: usize): u32 {
  const data = publicAttributes(info) & TPMA_NV_ORDERLY ? 0 : publicDataSize(info);
  return 2 + sizeOf2B(info) + 2 + digestSizeOf(publicNameAlgorithm(info)) + data;
}
