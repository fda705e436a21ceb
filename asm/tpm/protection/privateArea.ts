// TPM2B_PRIVATE of a response (Part 2, 12.3.7): an object's sensitive area under the protection of its parent.
import { TPM_RC_INSUFFICIENT, TPM_RC_SENSITIVE, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { bytesOf2B, fitsResponse, put16, reserve, responseBuffer, sizeOf2B, writeU16, written } from "../../base/index";
import {
  checkSensitive,
  MARSHALLED_SENSITIVE,
  marshalSensitive,
  nameAlgOf,
  OBJECT_NAME,
  OBJECT_SEED,
  publicOf,
} from "../objects/index";
import { outerWrapSize, unwrapOuter, wrapOuter } from "./wrap";

/** Protects an object under its parent, into the response. `type` is its sensitiveType when not that of its area. */
export function writePrivate(object: usize, parent: usize, type: u32 = 0): void {
  writeU16(0);
  const at = responseBuffer + written();
  // The most that it can be is there: no response with a TPM2B_PRIVATE gets near the end of the buffer before it.
  const room = outerWrapSize(parent, nameAlgOf(publicOf(parent)), true) + MARSHALLED_SENSITIVE;
  if (!fitsResponse(written(), room)) unreachable();
  const size = sensitiveToPrivate(object, parent, at, type);
  put16(at - 2, size);
  reserve(size);
}

/** TPM2B_PRIVATE of an object under its parent (Part 1, 22.4), without its size, at `out`. @returns its size. */
export function sensitiveToPrivate(object: usize, parent: usize, out: usize, type: u32 = 0): u32 {
  const hash = nameAlgOf(publicOf(parent));
  const size = marshalSensitive(object, out + outerWrapSize(parent, hash, true), type);
  return wrapOuter(parent, object + OBJECT_NAME, hash, parent + OBJECT_SEED, true, out, size);
}

/** Address of the TPMT_SENSITIVE after a successful privateToSensitive. */
export let unwrappedSensitive: usize = 0;

/** Unwraps a TPM2B_PRIVATE in place. `name` is the TPM2B_NAME of the object. @returns a response code without number. */
export function privateToSensitive(blob: usize, name: usize, parent: usize): u32 {
  const hash = nameAlgOf(publicOf(parent));
  const at = bytesOf2B(blob);
  const rc = unwrapOuter(parent, name, hash, parent + OBJECT_SEED, true, at, sizeOf2B(blob));
  if (rc != TPM_RC_SUCCESS) return rc;
  const head = outerWrapSize(parent, hash, true);
  if (sizeOf2B(blob) - head < 2) return TPM_RC_INSUFFICIENT;
  unwrappedSensitive = at + head + 2;
  return checkSensitive(at + head, sizeOf2B(blob) - head, TPM_RC_SIZE) == TPM_RC_SUCCESS
    ? TPM_RC_SUCCESS
    : TPM_RC_SENSITIVE;
}
