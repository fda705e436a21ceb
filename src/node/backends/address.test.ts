import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { parseBackend } from "./index.ts";

const parse = (text: string) => parseBackend("--to", text, ["swtpm", "mssim", "device", "state", "bridge"]);
const tcp = (port: number, host = "127.0.0.1") => ({ host, port });

describe("where a TPM is", () => {
  it.each([
    ["swtpm:127.0.0.1:2321", { kind: "swtpm", data: tcp(2321), control: tcp(2322) }],
    ["swtpm::2321", { kind: "swtpm", data: tcp(2321), control: tcp(2322) }],
    ["swtpm:localhost:1,[::1]:9", { kind: "swtpm", data: tcp(1, "localhost"), control: tcp(9, "::1") }],
    ["swtpm:127.0.0.1:2321,ctrl=/run/ctl", { kind: "swtpm", data: tcp(2321), control: { path: "/run/ctl" } }],
    ["swtpm:/run/tpm", { kind: "swtpm", data: { path: "/run/tpm" }, control: { path: "/run/tpm.ctrl" } }],
    ["swtpm:/run/tpm,/run/c", { kind: "swtpm", data: { path: "/run/tpm" }, control: { path: "/run/c" } }],
    ["swtpm:host=127.0.0.1,port=7", { kind: "swtpm", data: tcp(7), control: tcp(8) }],
    ["swtpm:path=/run/tpm", { kind: "swtpm", data: { path: "/run/tpm" }, control: { path: "/run/tpm.ctrl" } }],
    ["mssim:127.0.0.1:2321", { kind: "mssim", ...tcp(2321) }],
    ["mssim:host=h,port=3", { kind: "mssim", ...tcp(3, "h") }],
    ["device:/dev/tpm0", { kind: "device", path: "/dev/tpm0" }],
    ["state:a folder", { kind: "state", dir: "a folder" }],
    ["bridge:ws://127.0.0.1:1/#t", { kind: "bridge", url: "ws://127.0.0.1:1/#t" }],
  ])("%s", (text, address) => {
    expect(parse(text)).toEqual(address);
  });

  it.each([
    "",
    "swtpm",
    "swtpm:",
    "swtpm:127.0.0.1",
    "swtpm:127.0.0.1:0",
    "swtpm:127.0.0.1:65535",
    "swtpm:127.0.0.1:99999",
    "swtpm:/a,/b,/c",
    "swtpm:path=",
    "mssim:127.0.0.1:65535",
    "mssim:/run/tpm",
    "device:tpm0",
    "device:",
    "state:",
    "bridge:http://127.0.0.1/",
    "tabrmd:",
    "constructor:x",
  ])('"%s" is none, and the error says how one looks', (text) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(/--to needs .*(HOST:PORT|\/dev\/tpm0|DIR)/);
  });

  it("shows no token in an error, and takes only what there is in its place", () => {
    expect(() => parse("bridge:http://127.0.0.1/#my-token")).not.toThrow(/my-token/);
    expect(() => parseBackend("--tpm", "state:x", ["swtpm"])).toThrow("swtpm:HOST:PORT");
  });
});
