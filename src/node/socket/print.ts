/** `--print-capabilities` and `--print-states`, in swtpm's JSON. */
import { readFileSync } from "node:fs";
import { FileStore } from "../../store/file.ts";
import { VolatileFile } from "./volatileFile.ts";

export function printCapabilities(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  const features = [
    ...["tpm-2.0", "cmdarg-print-states", "nvram-backend-dir", "tpm-send-command-header", "flags-opt-startup"],
    ...["rsa-keysize-1024", "rsa-keysize-2048", "rsa-keysize-3072", "rsa-keysize-4096"],
  ];
  return `${JSON.stringify({ type: "swtpm", features, version })}\n`;
}

/** What a folder holds. Needs no lock and changes nothing. */
export async function printStates(dir: string): Promise<string> {
  const permanent = await new FileStore({ dir }).exportBlob();
  const volatile = await new VolatileFile(dir).read();
  const states = [
    ...(permanent ? [{ name: "permall", size: permanent.length }] : []),
    ...(volatile ? [{ name: "volatile", size: volatile.length }] : []),
  ];
  return `${JSON.stringify({ type: "swtpm", states })}\n`;
}
