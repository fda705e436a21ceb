/** Differences from libtpms that are meant, each with its reason. */
import { rc } from "../names.ts";
import { NEED_DATA } from "./nvIndices.ts";
import type { Excuse } from "./pair.ts";

const TPM_RC_VALUE = rc("TPM_RC_VALUE");
const TPM_RC_SIZE_OF_SALT = rc("TPM_RC_SIZE", { parameter: 2 });
const TPM_RC_SIZE = rc("TPM_RC_SIZE");
const TPM_RC_SIZE_OF_SESSION_4 = rc("TPM_RC_SIZE", { session: 4 });
const TPM_RC_AUTHSIZE = rc("TPM_RC_AUTHSIZE");
const TPM_RC_REFERENCE_H1 = rc("TPM_RC_REFERENCE_H1");
const TPM_RC_MODE_OF_HANDLE = rc("TPM_RC_MODE", { handle: 1 });
const TPM_RC_MODE_OF_PARAMETER = rc("TPM_RC_MODE", { parameter: 1 });
const TPM_HT_PERSISTENT = 0x81;
const TPM_RC_1 = 0x100;
/** The bits of a response code that say which handle or parameter: the second handle. */
const OF_HANDLE_2 = 0x280;

const TPM_RC_FAILURE = rc("TPM_RC_FAILURE");
const TPM_RC_SEQUENCE = rc("TPM_RC_SEQUENCE");
const TPM_RC_HASH = rc("TPM_RC_HASH");
const TPM_RC_NV_UNINITIALIZED = rc("TPM_RC_NV_UNINITIALIZED");
const TPM_RC_NV_RANGE = rc("TPM_RC_NV_RANGE");
const TPM_RC_SIZE_OF_PARAMETER_1 = rc("TPM_RC_SIZE", { parameter: 1 });
const TPM_RC_ATTRIBUTES_OF_OBJECT = rc("TPM_RC_ATTRIBUTES", { handle: 1 });
const TPM_RC_VALUE_OF_PARAMETER_3 = rc("TPM_RC_VALUE", { parameter: 3 });
/** Of the first or the second handle. */
const isHandleCode = (rc: number) => [0x180, 0x280].includes(rc & 0xfc0);

export const excuses: readonly Excuse[] = [
  (_step, ours, theirs) =>
    ours.rc === TPM_RC_AUTHSIZE && (theirs.rc === TPM_RC_SIZE || theirs.rc === TPM_RC_SIZE_OF_SESSION_4)
      ? "Part 3, 5.5: a bad authorizationSize is TPM_RC_AUTHSIZE; libtpms says TPM_RC_SIZE"
      : null,
  (step, _ours, theirs) =>
    step.name === "StartAuthSession" && theirs.rc === TPM_RC_SIZE_OF_SALT
      ? "libtpms has no RSA-4096: a salt of at most 384 octets"
      : null,
  ({ name }, ours, theirs) =>
    name === "SequenceUpdate" && ours.rc === TPM_RC_MODE_OF_HANDLE && theirs.rc === TPM_RC_MODE_OF_PARAMETER
      ? "Part 2, 6.6.3.1: the object that is no sequence is handle 1; libtpms says parameter 1"
      : null,
  ({ name }, ours, theirs) =>
    name.startsWith("RSA_") && [TPM_RC_VALUE, TPM_RC_HASH].includes(ours.rc) && theirs.rc === TPM_RC_FAILURE
      ? "Part 3, 14.2 and 14.3: TPM_RC_VALUE or TPM_RC_HASH; libtpms says TPM_RC_FAILURE for what OpenSSL refuses"
      : null,
  ({ name }, ours, theirs) =>
    ours.rc === TPM_RC_NV_UNINITIALIZED &&
    ![0, ours.rc].includes(theirs.rc) &&
    [...NEED_DATA, "NV_Certify"].includes(name)
      ? "Part 3, 31.1: TPM_RC_NV_UNINITIALIZED comes before the authValue is checked; libtpms says it last"
      : null,
  ({ name }, ours, theirs) =>
    name === "Certify" && ours.rc === TPM_RC_SEQUENCE && theirs.rc === 0
      ? "Part 3, 12.4: a sequence has no public area and no Name; libtpms certifies Empty Buffers"
      : null,
  ({ name }, ours, theirs) =>
    name === "PolicyNV" && ours.rc === TPM_RC_NV_RANGE && theirs.rc === TPM_RC_SIZE_OF_PARAMETER_1
      ? "Part 3, 23.9: what lies beyond the data is TPM_RC_NV_RANGE; libtpms says TPM_RC_SIZE"
      : null,
  ({ name }, ours, theirs) =>
    name === "CertifyX509" && isHandleCode(ours.rc) && isHandleCode(theirs.rc) && (ours.rc ^ theirs.rc) === 0x300
      ? "Part 3, 18.8: objectHandle is the first handle and signHandle the second; libtpms numbers them the other way round"
      : null,
  ({ name }, ours, theirs) =>
    name === "CertifyX509" && ours.rc === TPM_RC_ATTRIBUTES_OF_OBJECT && theirs.rc === TPM_RC_VALUE_OF_PARAMETER_3
      ? "Part 3, 18.8: a KeyUsage that does not fit the object is TPM_RC_ATTRIBUTES; libtpms says TPM_RC_VALUE"
      : null,
  (step, ours) =>
    ours.rc === TPM_RC_REFERENCE_H1 && (step.handles[0] ?? 0) >>> 24 === TPM_HT_PERSISTENT
      ? "Part 3, 5.4: a transient handle is that of a loaded object; in libtpms it may be the slot of a persistent one's copy"
      : null,
  (step, ours, theirs) =>
    step.name === "SequenceUpdate" && ours.rc === TPM_RC_MODE_OF_HANDLE && theirs.rc === TPM_RC_MODE_OF_PARAMETER
      ? "Part 2, 6.6.3: what is wrong with a handle has the number of the handle; libtpms gives that of a parameter"
      : null,
  ({ name }, ours, theirs) =>
    name === "CertifyX509" && ours.rc === theirs.rc + TPM_RC_1 && (ours.rc & 0xfc0) === OF_HANDLE_2
      ? "Part 2, 6.6.3: signHandle is the second handle of TPM2_CertifyX509; libtpms gives the number 1"
      : null,
];
