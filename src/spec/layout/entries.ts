/** What lies in STATE again and again: entries of NV, PCRs in their banks. And the head of a volatile state. */
import type { AlgorithmName } from "../algorithms.ts";
import { bytes, end, f64be, type LayoutTable, u8, u32be, u64be } from "./rows.ts";

/** A PCR is one digest of each of these algorithms, in the order in which banks are reported. */
export const banks: readonly AlgorithmName[] = ["TPM_ALG_SHA1", "TPM_ALG_SHA256", "TPM_ALG_SHA384", "TPM_ALG_SHA512"];

export const entryTable: LayoutTable = {
  file: "entry",
  meaning: "An entry of a run: a head, then its content. The permanent blob holds runs as they are.",
  rows: [
    u32be("ENTRY_HANDLE", "TPM_HANDLE: entries lie in its order."),
    u32be("ENTRY_CONTENT_SIZE", "Bytes of the content."),
    end("ENTRY_HEADER", "Where the content begins."),
  ],
};

export const orderlyTable: LayoutTable = {
  file: "orderly",
  meaning: "The content of an orderly NV Index's entry: a head, then its data. The permanent blob has them, too.",
  rows: [
    u32be("ORDERLY_ATTRIBUTES", "TPMA_NV, for the bits that change."),
    end("ORDERLY_HEADER", "Where the data begin."),
  ],
};

export const volatileTable: LayoutTable = {
  file: "volatile",
  meaning: "The blob of a volatile state: a head, an image of LIVE, an HMAC.",
  rows: [
    u64be("AT_MAGIC", "TABTPMVS."),
    u32be("AT_VERSION", "Of this form."),
    u32be("AT_SIZE", "Bytes of the whole blob."),
    u64be("AT_LAYOUT", "Fingerprint of the layout."),
    bytes("AT_PERMANENT", 32, "SHA-256 of the permanent state that it goes with."),
    u64be("AT_CLOCK", "Clock, milliseconds."),
    f64be("AT_TIME", "Time, milliseconds with their fraction."),
    u32be("AT_RATE", "Rate of the clock: its ticks for 30000 of the host's."),
    u8("AT_FAILED", "In failure mode."),
    u32be("AT_LOCATION", "Of the failure."),
    u32be("AT_CODE", "Of the failure."),
    bytes("AT_PROTECTION", "DA_DATA_SIZE", "DA_DATA of the permanent state that it goes with, in the machine's order."),
    u32be("AT_IMAGE_SIZE", "Bytes of the image."),
    end("AT_IMAGE", "Where the image begins."),
  ],
};
