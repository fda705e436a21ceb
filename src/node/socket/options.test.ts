import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { formOf, partsOf } from "./given.ts";
import { SOCKET_HELP } from "./help.ts";
import { parseSocketRequest } from "./options.ts";
import { rows } from "./optionTable.ts";
import { printCapabilities } from "./print.ts";

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
          "--durability",
          "none",
          "--pcap",
          "file=trace,secrets",
        ],
      ),
    ).toEqual({
      dir: "state",
      mode: 0o640,
      durability: "none",
      key: { option: "--key", from: { file: "k" }, form: "hex", size: 32, removes: true, adopts: false },
      migrationKey: {
        option: "--migration-key",
        from: { fd: 7 },
        form: "sha512",
        size: 16,
        removes: false,
        adopts: false,
      },
      runas: { name: "root", uid: 0, gid: 0 },
      profile: undefined,
      profileFrom: undefined,
      pcap: { file: "trace", revealSecrets: true },
      server: { kind: "tcp", host: "::1", port: 2321 },
      ctrl: { kind: "unix", path: "/run/c", mode: 0o600, uid: undefined, gid: undefined },
      ctrlTerminate: true,
      terminate: true,
      disconnect: true,
      maxClients: 1,
      powerOn: true,
      startup: "clear",
      autoShutdown: true,
      allowSetLocality: true,
      rejectLocality4: true,
      log: { target: { file: "log", truncate: true }, level: 5, prefix: "x" },
      pid: { file: "pid" },
      daemon: true,
      descriptors: [7],
      idle: ["--seccomp: Node can't filter its own system calls; a container can"],
      migration: { incoming: false, releaseLockOutgoing: false },
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
    expect(parseSocketRequest([...BASE, "--print-states"])).toEqual({
      kind: "print-states",
      location: { dir: "state" },
    });
  });

  it.each([
    [[], "--tpm2"],
    [["--tpm2"], "--tpmstate dir=DIR is needed"],
    [BASE, "Nobody could talk to the TPM"],
    [[...BASE, "--chroot", "/"], "--chroot is not supported"],
    [[...BASE, "-R", "/"], "--chroot is not supported"],
    [[...BASE, "--port", "2321", "--pcap", "secrets=true"], "--pcap needs a file: --pcap file=PATH"],
    [
      [...BASE, "--port", "1", "--migration", "outgoing"],
      '--migration has no "outgoing"; it has incoming, release-lock',
    ],
    [[...BASE, "--flags", "startup-clear", "-p", "1", "--migration", "incoming"], "leave one of them out"],
    [[...BASE, "--print-info", "all"], "--print-info=all: it is a number of 32 bits"],
    [[...BASE, "--port", "1", "--profile", "best"], 'there is no "best"'],
    [
      [...BASE, "--port", "1", "--profile", 'profile={"Name": "custom", "Algorithms": "rsa,aes"}'],
      '"Algorithms" is not',
    ],
    [[...BASE, "--port", "1", "--profile", "profile={}"], "a profile needs its name"],
    [[...BASE, "--port", "1", "--profile", "profile=[1]"], "a profile needs its name"],
    [[...BASE, "--port", "1", "--profile", "profile={no"], "a profile is JSON"],
    [[...BASE, "--port", "1", "--profile", "name=full,file=x"], "--profile: name and file exclude"],
    [["--tpm2", "--tpmstate", "backend-uri=file://"], "the path is missing"],
    [["--tpm2", "--tpmstate", "backend-uri=file:///x/"], "the path is missing"],
    [["--tpm2", "--tpmstate", "backend-uri=nfs://x"], "it begins with dir:// or file://"],
    [[...BASE, "--port", "1", "--runas", "no-such-user"], "no such user"],
    [[...BASE, "--port", "1", "--key", "format=hex"], "--key needs one of file, fd, pwdfile, pwdfd and passphrase"],
    [
      [...BASE, "--port", "1", "--key", "file=k,pwdfile=p"],
      "--key: file and pwdfile exclude each other; give one of file, fd, pwdfile, pwdfd and passphrase",
    ],
    [[...BASE, "--port", "1", "--migration-key", "file=k,mode=des"], "--migration-key mode=des"],
    [[...BASE, "--port", "1", "--key", "file=k,format=pem"], "--key format=pem: there are hex, binary"],
    [[...BASE, "--port", "1", "--key", "pwdfile=k,kdf=md5"], "--key kdf=md5: there are pbkdf2, sha512"],
    [[...BASE, "--seccomp", "action=pray"], "--seccomp action=pray: there are none, log, kill"],
    [[...BASE, "--wings"], 'no option "--wings"; tabtpm socket --help lists'],
    [[...BASE, "--daemon=yes"], '--daemon takes no value; leave "yes" out'],
    [[...BASE, "-tx"], '--terminate takes no value; leave "x" out'],
    [[...BASE, "now"], 'no option "now"'],
    [[...BASE, "--server"], "--server needs a value: --server type=unixio|tcp[,...]"],
    [[...BASE, "--server", "type=carrier-pigeon"], "--server type=carrier-pigeon: there are unixio, tcp"],
    [[...BASE, "--server", "type=tcp,port=70000"], "--server port=70000: give a port from 0 to 65535"],
    [[...BASE, "--server", "type=tcp"], "needs port="],
    [[...BASE, "--server", "type=tcp,port=x"], "--server port=x: give a port"],
    [[...BASE, "--ctrl", "path=x"], "needs type="],
    [[...BASE, "--ctrl", "type=unixio"], "needs path="],
    [
      [...BASE, "--ctrl", "type=unixio,path=x,uid=no-such-user"],
      "--ctrl uid=no-such-user: there is no such name in /etc/passwd",
    ],
    [[...BASE, "--ctrl", "type=unixio,path=x,mode=9"], "--ctrl mode=9: permissions are octal"],
    [[...BASE, "--ctrl", "type=unixio,fd=3,clientfd=4"], "exclude each other"],
    [[...BASE, "--flags", "fast"], 'no "fast"; it has not-need-init'],
    [[...BASE, "--flags", "startup-deactivated"], "TPM 1.2"],
    [["--tpm2", "--tpmstate", "dir=x,mode=rw"], "--tpmstate mode=rw: permissions are octal"],
    [[...BASE, "--port", "1", "--pid", "file=a,fd=3"], "--pid: file and fd exclude"],
    [[...BASE, "--fd", "1"], "--fd=1: give a descriptor from 3"],
  ])("%j is refused with the reason", (argv, message) => {
    expect(() => parseSocketRequest(argv, {})).toThrow(UsageError);
    expect(() => parseSocketRequest(argv, {})).toThrow(message);
  });

  /** [which, a command line with this value, its smallest and largest] */
  const NUMBERS: [string, (value: string) => string[], number, number][] = [
    ["--port", (value) => ["--port", value], 0, 65535],
    ["--fd", (value) => ["--fd", value], 3, 999_999_999],
    ["--server port", (value) => ["--server", `type=tcp,port=${value}`], 0, 65535],
    ["--server fd", (value) => ["--server", `fd=${value}`], 0, 999_999_999],
    ["--ctrl port", (value) => ["--ctrl", `type=tcp,port=${value}`], 0, 65535],
    ["--ctrl fd", (value) => ["--ctrl", `type=unixio,fd=${value}`], 0, 999_999_999],
    ["--ctrl clientfd", (value) => ["--ctrl", `type=unixio,clientfd=${value}`], 0, 999_999_999],
    ["--key fd", (value) => ["--key", `fd=${value}`], 0, 999_999_999],
    ["--key pwdfd", (value) => ["--key", `pwdfd=${value}`], 0, 999_999_999],
    ["--passphrase-fd", (value) => ["--passphrase-fd", value], 0, 999_999_999],
    ["--migration-key fd", (value) => ["--migration-key", `fd=${value}`], 0, 999_999_999],
    ["--migration-key pwdfd", (value) => ["--migration-key", `pwdfd=${value}`], 0, 999_999_999],
    ["--log fd", (value) => ["--log", `fd=${value}`], 0, 999_999_999],
    ["--server max-clients", (value) => ["--server", `type=tcp,port=1,max-clients=${value}`], 1, 999_999_999],
    ["--log level", (value) => ["--log", `level=${value}`], 0, 999_999_999],
    ["--profile fd", (value) => ["--profile", `fd=${value}`], 0, 999_999_999],
    ["--pid fd", (value) => ["--pid", `fd=${value}`], 0, 999_999_999],
  ];
  const MODES: [string, (value: string) => string[]][] = [
    ["--tpmstate mode", (value) => ["--tpmstate", `dir=state,mode=${value}`]],
    ["--server mode", (value) => ["--server", `type=unixio,path=x,mode=${value}`]],
    ["--ctrl mode", (value) => ["--ctrl", `type=unixio,path=x,mode=${value}`]],
  ];
  /** Whether it is taken, beside a channel to talk to; otherwise refused with a message that has the value. */
  function isTaken(argv: string[], value: string, env: { TPM_PORT?: string } = {}): boolean {
    try {
      return parseSocketRequest([...BASE, "--ctrl", "type=unixio,path=c", ...argv], env)?.kind === "serve";
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as Error).message).toContain(value);
      return false;
    }
  }
  /** What no number is, but something takes for one. */
  const noNumber = fc.constantFrom(
    "-1",
    "+1",
    "1e3",
    "0x10",
    "1.0",
    " 1",
    "1 ",
    "1_000",
    "\u0663",
    "NaN",
    "Infinity",
    "9".repeat(400),
  );
  const near = (limit: number) => fc.integer({ min: Math.max(0, limit - 2), max: limit + 2 });

  it.each(NUMBERS)("%s is taken up to its limits, and no further", (_, argv, low, high) => {
    const taken = (value: number) => isTaken(argv(String(value)), String(value));
    expect([low - 1, low, high, high + 1].map(taken)).toEqual([false, true, true, false]);
    fc.assert(
      fc.property(fc.oneof(near(low), near(high), fc.maxSafeNat()), (value) => {
        expect(taken(value)).toBe(value >= low && value <= high);
      }),
    );
    fc.assert(
      fc.property(noNumber, (value) => {
        expect(isTaken(argv(value), value)).toBe(false);
      }),
    );
  });

  it("TPM_PORT is taken up to its limits, and no further", () => {
    const taken = (TPM_PORT: string) => isTaken(["--server", "type=tcp"], TPM_PORT, { TPM_PORT });
    expect(["0", "65535", "65536", "x"].map(taken)).toEqual([true, true, false, false]);
  });

  it.each(MODES)("%s is octal, up to 0777", (_, argv) => {
    const taken = (value: string) => isTaken(argv(value), value);
    expect(["0", "0640", "777", "0777"].map(taken)).toEqual([true, true, true, true]);
    expect(["01000", "1777", "8", "-1", "rw", "0x1ff"].map(taken)).toEqual([false, false, false, false, false, false]);
    fc.assert(
      fc.property(fc.nat({ max: 0o2000 }), (mode) => {
        expect(taken(mode.toString(8))).toBe(mode <= 0o777);
      }),
    );
  });

  it("that are numbers are all held to their limits here", () => {
    const kinds = ["port", "descriptor", "number", "mode"];
    const numeric = rows.flatMap(([name, { parts = {}, value }]) =>
      [[`--${name}`, value] as const, ...Object.entries(parts).map(([part, is]) => [`--${name} ${part}`, is] as const)]
        .filter(([, option]) => typeof option?.is === "string" && kinds.includes(option.is))
        .map(([where]) => where),
    );
    const tested = [...NUMBERS, ...MODES].map(([where]) => where);
    expect(tested).toEqual(expect.arrayContaining(numeric));
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

describe("the table of the options", () => {
  it("is the help: every option and part with its explanation, in 120 columns", () => {
    const unwrapped = SOCKET_HELP.replace(/\s+/g, " ");
    for (const [name, row] of rows) {
      const head = `--${name} ${formOf(row)}`.trimEnd();
      if (row.refused === undefined) expect(unwrapped).toContain(head);
      for (const said of [row.help, row.refused]) if (said) expect(unwrapped).toContain(said);
      if (row.refused !== undefined) continue;
      for (const [{ help = "" }, form] of partsOf(row.parts ?? {})) expect(unwrapped).toContain(`${form} ${help}`);
    }
    for (const line of SOCKET_HELP.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
  });

  it("says what can be printed as a capability: of options that work, and of no other", () => {
    const { features } = JSON.parse(printCapabilities()) as { features: string[] };
    expect(features).toEqual(expect.arrayContaining(["tpm-2.0", "cmdarg-key-fd", "cmdarg-print-states"]));
    for (const [name, { features: says = [], refused, idle }] of rows) {
      for (const feature of says) {
        expect([name, feature, features.includes(feature)]).toEqual([
          name,
          feature,
          refused === undefined && idle === undefined,
        ]);
      }
    }
    expect(features).not.toContain("cmdarg-chroot");
    expect(() => parseSocketRequest([...BASE, "--chroot", "x"], {})).toThrow("--chroot is not supported");
    expect(new Set(features).size).toBe(features.length);
  });
});
