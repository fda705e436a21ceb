import { readFileSync } from "node:fs";

/** Of this package: "0.1.0". */
export function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}
