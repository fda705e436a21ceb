import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { useOfFolder } from "./inUse.ts";
import { parseImportOptions } from "./options.ts";

it("takes swtpm's folder and where the TPM is to be, with a key for each", () => {
  const parsed = parseImportOptions([
    ...["--from", "dir:///var/lib/tpm", "--key", "pwdfile=/p,kdf=sha512,mode=aes-256-cbc"],
    ...["--to", "file:///x/state", "--to-key", "file=/k", "--drop-volatile"],
  ]);
  expect(parsed).toMatchObject({
    from: "/var/lib/tpm",
    key: { from: { file: "/p" }, form: "sha512", size: 32 },
    to: { dir: "/x", file: "state" },
    toKey: { from: { file: "/k" }, form: "hex", size: 16 },
    ...{ dropVolatile: true, acceptNewEk: false, exportFile: undefined },
  });
  expect(parseImportOptions(["--help"])).toBeUndefined();
});

it.each([
  [[], "--from needs"],
  [["--from", "d"], "needs --to DIR or --export FILE"],
  [["--from", "d", "--export", "f", "--to-key", "file=k"], "--to-key encrypts what --to DIR gets"],
  [["--from", "d", "--to", "t", "--key", "file=a,pwdfile=b"], "exclude each other"],
  [["--from", "d", "--to", "t", "--wings"], "--wings"],
])("%j is a mistake of the command line", (argv, message) => {
  expect(() => parseImportOptions(argv)).toThrow(message);
});

it("a folder is in use while somebody holds the lock in it, as far as the system tells", () => {
  const dir = mkdtempSync(join(tmpdir(), "tabtpm-lock-"));
  try {
    expect(useOfFolder(dir, null)).toEqual({ is: "free" });
    writeFileSync(join(dir, ".lock"), "");
    const { ino } = statSync(join(dir, ".lock"), { bigint: true });
    const line = (pid: number, inode: bigint) => `3: POSIX  ADVISORY  WRITE ${pid} fe:00:${inode} 0 EOF\n`;
    expect(useOfFolder(dir, line(77, ino + 1n))).toEqual({ is: "free" });
    expect(useOfFolder(dir, `${line(77, ino + 1n)}${line(1144, ino)}`)).toEqual({ is: "in use", pid: 1144 });
    expect(useOfFolder(dir, `9: OFDLCK ADVISORY  WRITE -1 00:2f:${ino} 0 EOF\n`)).toEqual({ is: "in use", pid: null });
    expect(useOfFolder(dir, null)).toMatchObject({ is: "unknown" });
  } finally {
    rmSync(dir, { recursive: true });
  }
});
