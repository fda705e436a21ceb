import { describe, expect, test } from "vitest";
import {
  GuestImageError,
  GuestManifestError,
  StoreError,
  StoreFencedError,
  StoreLockedError,
  TpmPlatformError,
  TpmStateError,
} from "../../src/index.ts";
import type { Problem } from "../state/model.ts";
import { words } from "../words/index.ts";
import { problemOf } from "./problems.ts";

const paragraphs = ({ kind, message }: Problem) => words().problems.kinds[kind].paragraphs(message);

const choices = (error: unknown) => problemOf(error).choices.map(({ kind }) => kind);

describe("what kept the PC from running", () => {
  test.each([
    ["another tab has the TPM", new StoreLockedError("held", "a tab"), "in-use", ["bring-here", "take-over"]],
    ["another tab took the TPM", new StoreFencedError("fenced"), "taken-over", ["take-over"]],
    ["a damaged state", new TpmStateError("bad", "damaged"), "damaged-state", ["download-state", "new-tpm"]],
    ["a newer state", new TpmStateError("new", "newer"), "newer-state", ["reload", "download-state", "new-tpm"]],
    ["no storage", new StoreError("private", { code: "unavailable" }), "no-storage", ["reload"]],
    ["no SIMD", new TpmPlatformError("no SIMD"), "platform", []],
    ["a damaged image", new GuestImageError("kernel", "damaged", "SHA-256"), "image", ["reload"]],
    ["a missing manifest", new GuestManifestError("", "is gone"), "image", ["reload"]],
    ["anything else", new Error("odd"), "error", ["reload"]],
  ])("%s", (_name, error, kind, expected) => {
    expect(problemOf(error).kind).toBe(kind);
    expect(choices(error)).toEqual(expected);
  });

  test("the reason is among what is shown, or one click away", () => {
    for (const error of [
      new TpmPlatformError("reason X"),
      new StoreLockedError("reason X", "y"),
      new Error("reason X"),
    ]) {
      const problem = problemOf(error);
      expect([...paragraphs(problem), problem.detail].join(" ")).toContain("reason X");
    }
  });

  test("also what is no Error is told", () => {
    expect(paragraphs(problemOf("just words"))).toContain("just words");
  });

  test("a state that can't be used is never dropped by the first button", () => {
    for (const reason of ["damaged", "newer", "profile"] as const) {
      expect(choices(new TpmStateError("x", reason))[0]).not.toBe("new-tpm");
    }
  });
});
