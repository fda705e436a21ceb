/** Wireshark (Debian: tshark) as the judge of our captures. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Dissected {
  readonly command: number | null;
  readonly responseCode: number | null;
  /** "49152 → 2321,  [TPM Request], Command TPM2_CC_Startup, len(12)" */
  readonly info: string;
  readonly protocol: string;
  readonly handles: readonly number[];
  /** Seconds since 1970. */
  readonly time: string;
  readonly comment: string;
  readonly expert: string;
}

const FIELDS = [
  "tpm.req.cc",
  "tpm.resp.rc",
  "_ws.col.Info",
  "_ws.col.Protocol",
  "tpm.handle.TPMI_RH_HIERARCHY",
  "frame.time_epoch",
  "frame.comment",
  "_ws.expert.message",
];
const SEPARATOR = "\x1f";

/** What tshark makes of each packet of a capture file. */
export function dissectFile(file: string): Dissected[] {
  const args = [
    "-r",
    file,
    "-T",
    "fields",
    "-E",
    `separator=${SEPARATOR}`,
    ...FIELDS.flatMap((field) => ["-e", field]),
  ];
  const env = { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" };
  const output = execFileSync("tshark", args, { encoding: "utf8", stdio: "pipe", env, maxBuffer: 2 ** 28 });
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [command, code, info = "", protocol = "", handles = "", time = "", comment = "", expert = ""] =
        line.split(SEPARATOR);
      const number = (text: string | undefined) => (text ? Number(text) : null);
      return {
        command: number(command),
        responseCode: number(code),
        info,
        protocol,
        handles: handles.split(",").filter(Boolean).map(Number),
        time,
        comment,
        expert,
      };
    });
}

export function dissect(capture: Uint8Array): Dissected[] {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-tshark-"));
  try {
    const file = join(folder, "trace.pcapng");
    writeFileSync(file, capture);
    return dissectFile(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
