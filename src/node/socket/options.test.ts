import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { parseSocketRequest } from "./options.ts";

const BASE = ["--tpm2", "--tpmstate", "dir=state"];
const serve = (...argv: string[]) => {
  const request = parseSocketRequest([...BASE, ...argv], {});
  if (request?.kind !== "serve") throw new Error("no server");
  return request.options;
};

describe("the options of tabtpm socket", () => {
  it("are swtpm's", () => {
    expect(
      serve(
        ...["--server", "type=tcp,port=2321,bindaddr=::1,disconnect"],
        ...["--ctrl", "type=unixio,path=/run/c,mode=0600,terminate", "--tpmstate", "dir=state,mode=0640"],
        ...["--key", "file=k,format=hex,mode=aes-256-cbc,remove", "--migration-key", "pwdfd=7,kdf=sha512", "-r", "0"],
        ...[
          "--flags",
          "not-need-init,startup-clear,auto-shutdown",
          "--locality",
          "allow-set-locality,reject-locality-4",
        ],
        ...[
          "--log",
          "level=5,file=log,prefix=x,truncate",
          "--pid",
          "file=pid",
          "-t",
          "--daemon",
          "--seccomp",
          "action=none",
        ],
      ),
    ).toEqual({
      dir: "state",
      mode: 0o640,
      key: { option: "--key", from: { file: "k" }, form: "hex", size: 32, removes: true },
      migrationKey: { option: "--migration-key", from: { fd: 7 }, form: "sha512", size: 16, removes: false },
      runas: { name: "root", uid: 0, gid: 0 },
      profile: undefined,
      server: { kind: "tcp", host: "::1", port: 2321 },
      ctrl: { kind: "unix", path: "/run/c", mode: 0o600, uid: undefined, gid: undefined },
      ctrlTerminate: true,
      terminate: true,
      disconnect: true,
      powerOn: true,
      startup: "clear",
      autoShutdown: true,
      allowSetLocality: true,
      rejectLocality4: true,
      log: { target: { file: "log", truncate: true }, level: 5, prefix: "x" },
      pid: { file: "pid" },
      daemon: true,
    });
  });

  it("have swtpm's defaults and short forms", () => {
    expect(serve("--server", "port=1")).toMatchObject({
      server: { kind: "tcp", host: "127.0.0.1", port: 1 },
      disconnect: false,
      powerOn: false,
      terminate: false,
      ctrlTerminate: false,
      autoShutdown: false,
      mode: undefined,
      log: { target: undefined, level: 0 },
    });
    expect(serve("--port", "1", "--log", "file=x")).toMatchObject({ log: { level: 1 } });
    expect(serve("-p", "7")).toMatchObject({ server: { port: 7 }, disconnect: true });
    expect(serve("-f7")).toMatchObject({ server: { kind: "connected", fd: 7 }, terminate: true });
    expect(serve("--port=7", "--flags", "startup-none")).toMatchObject({ powerOn: false, startup: undefined });
    expect(serve("--ctrl", "type=unixio,clientfd=5")).toMatchObject({ ctrl: { kind: "connected", fd: 5 } });
    expect(serve("--ctrl", "type=tcp,fd=5", "--log", "file=-")).toMatchObject({
      ctrl: { kind: "fd", fd: 5 },
      log: { target: null },
    });
    expect(parseSocketRequest(["--tpm2", "--server", "type=tcp"], { TPM_PATH: "d", TPM_PORT: "9" })).toMatchObject({
      options: { dir: "d", server: { port: 9 } },
    });
    expect(serve("--server", "fd=4,port=1", "--tpmstate", "backend-uri=dir:///x")).toMatchObject({ dir: "/x" });
    expect(parseSocketRequest(["--help"])).toBeUndefined();
    expect(parseSocketRequest(["--print-capabilities"])).toEqual({ kind: "print-capabilities" });
    expect(parseSocketRequest([...BASE, "--print-states"])).toEqual({ kind: "print-states", dir: "state" });
  });

  it.each([
    [[], "--tpm2"],
    [["--tpm2"], "--tpmstate dir=DIR is needed"],
    [BASE, "Nobody could talk to the TPM"],
    [[...BASE, "--chroot", "/"], "--chroot is not supported"],
    [[...BASE, "-R", "/"], "--chroot is not supported"],
    [[...BASE, "--migration", "incoming"], "--migration is not supported: the folder is locked"],
    [[...BASE, "--port", "1", "--runas", "no-such-user"], "no such user"],
    [[...BASE, "--port", "1", "--key", "format=hex"], "--key needs one of file="],
    [[...BASE, "--port", "1", "--key", "file=k,pwdfile=p"], "--key needs one of file="],
    [[...BASE, "--port", "1", "--migration-key", "file=k,mode=des"], "--migration-key mode=des"],
    [[...BASE, "--port", "1", "--key", "file=k,format=pem"], "hex or binary"],
    [[...BASE, "--port", "1", "--key", "pwdfile=k,kdf=md5"], "pbkdf2 or sha512"],
    [[...BASE, "--seccomp", "action=kill"], "--seccomp"],
    [[...BASE, "--wings"], 'no option "--wings"'],
    [[...BASE, "now"], 'no option "now"'],
    [[...BASE, "--server"], "--server needs a value"],
    [[...BASE, "--server", "type=carrier-pigeon"], "carrier-pigeon is not supported"],
    [[...BASE, "--server", "type=tcp,port=70000"], "port=70000"],
    [[...BASE, "--server", "type=tcp"], "needs port="],
    [[...BASE, "--server", "type=tcp,port=x"], "is a number"],
    [[...BASE, "--ctrl", "path=x"], "needs type="],
    [[...BASE, "--ctrl", "type=unixio"], "needs path="],
    [[...BASE, "--ctrl", "type=unixio,path=x,uid=no-such-user"], "uid=no-such-user"],
    [[...BASE, "--ctrl", "type=unixio,path=x,mode=9"], "is octal"],
    [[...BASE, "--ctrl", "type=unixio,fd=3,clientfd=4"], "exclude each other"],
    [[...BASE, "--flags", "fast"], 'no "fast"; it has not-need-init'],
    [[...BASE, "--flags", "startup-deactivated"], "TPM 1.2"],
    [["--tpm2", "--tpmstate", "backend-uri=file://x"], "give a folder"],
    [["--tpm2", "--tpmstate", "dir=x,mode=rw"], "is octal"],
    [[...BASE, "--port", "1", "--pid", "file=a,fd=3"], "--pid needs"],
    [[...BASE, "--fd", "1"], "from 3 on"],
  ])("%j is refused with the reason", (argv, message) => {
    expect(() => parseSocketRequest(argv, {})).toThrow(UsageError);
    expect(() => parseSocketRequest(argv, {})).toThrow(message);
  });

  it("of any kind are taken or refused, never anything else", () => {
    const words = ["--server", "--ctrl", "--log", "type=tcp", "port=1", ",", "fd=", "-t", "--flags=", "mode=0777", "="];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string())), (argv) => {
        try {
          parseSocketRequest([...BASE, ...argv], {});
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
