import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isInstalled } from "../node/testkit/installed.ts";
import { checkStateFile, StateFileError } from "./stateFile.ts";

test.runIf(isInstalled("swtpm_setup"))("a state that swtpm wrote is known as one", () => {
  const dir = mkdtempSync(join(tmpdir(), "tabtpm-swtpm-"));
  try {
    mkdirSync(join(dir, "state"));
    execFileSync("swtpm_setup", ["--tpm2", "--tpmstate", join(dir, "state"), "--overwrite"]);
    const bytes = new Uint8Array(readFileSync(join(dir, "state", "tpm2-00.permall")));
    const check = () => checkStateFile(bytes);
    expect(check).toThrow(StateFileError);
    expect(check).toThrow("a state of swtpm");
  } finally {
    rmSync(dir, { recursive: true });
  }
});
