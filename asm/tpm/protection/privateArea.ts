// TPM2B_PRIVATE of a response (Part 2, 12.3.7): an object's sensitive area under the protection of its parent.
import { reserve, writeU16, written } from "../../base/writer";
import { put16 } from "../../base/bytes";
import { fitsResponse, responseBuffer } from "../../base/memory";
import { publicOf } from "../objects/object";
import { nameAlgOf } from "../objects/publicArea";
import { MARSHALLED_SENSITIVE, sensitiveToPrivate } from "../objects/sensitive";
import { outerWrapSize } from "./wrap";

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
