import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLEET_HELP } from "./help.ts";
import { checkFleetName, controlSocket, isFleetName } from "./names.ts";
import { parseRequest } from "./operator.ts";
import { parseFleetOptions, parseStore } from "./options.ts";

const serve = (...argv: string[]) => {
  const request = parseFleetOptions(["--store", "dir:/s", "--listen", "/l", ...argv]);
  if (request?.do !== "serve") throw new Error("It serves nothing.");
  return request.options;
};

describe("tabtpm fleet's command line", () => {
  it("has what a fleet needs, and defaults", () => {
    expect(serve()).toEqual({
      store: { kind: "dir", dir: "/s" },
      listen: "/l",
      access: { mode: 0o600, uid: undefined, gid: undefined },
      profile: undefined,
      key: undefined,
      power: { powerOn: false, startup: undefined },
      idleMs: 60_000,
      maxInMemory: 200,
      durability: "flush",
      leaseMs: 15_000,
      logLevel: 0,
    });
    expect(
      serve(
        ...["--mode", "660", "--owner", "0", "--group", "0", "--profile", "libtpms-0.9", "--flags", "startup-clear"],
        ...["--idle", "0", "--in-memory", "7", "--durability", "none", "--log-level", "1", "--key", "file=/k"],
      ),
    ).toMatchObject({
      access: { mode: 0o660, uid: 0, gid: 0 },
      profile: "libtpms-0.9",
      power: { powerOn: true, startup: "clear" },
      ...{ idleMs: 0, maxInMemory: 7, durability: "none", logLevel: 1 },
      key: { from: { file: "/k" }, size: 16 },
    });
    expect(serve("--flags", "not-need-init").power).toEqual({ powerOn: true, startup: undefined });
    expect(parseFleetOptions(["--help"])).toBeUndefined();
  });

  it("asks a fleet that runs", () => {
    expect(parseFleetOptions(["list", "--listen", "/l"])).toEqual({ do: "list", listen: "/l", json: false });
    expect(parseFleetOptions(["status", "--json", "--listen", "/l"])).toEqual({
      do: "status",
      listen: "/l",
      json: true,
    });
    expect(parseFleetOptions(["create", "a", "b", "--listen", "/l"])).toEqual({
      ...{ do: "create", listen: "/l", names: ["a", "b"] },
    });
    expect(parseFleetOptions(["remove", "a", "--listen=/l"])).toEqual({ do: "remove", listen: "/l", names: ["a"] });
  });

  it.each([
    [[], "--listen DIR is needed"],
    [["--listen", "/l"], "--store dir:DIR or"],
    [["--store", "dir:", "--listen", "/l"], "neither"],
    [["--store", "mysql://u:secret@h/d", "--listen", "/l"], "neither"],
    [["--store", "dir:/s", "--listen", "/l", "--mode", "888"], "three octal digits"],
    [["--store", "dir:/s", "--listen", "/l", "--in-memory", "0"], "1 to 100000"],
    [["--store", "dir:/s", "--listen", "/l", "--idle", "1.5"], "whole number"],
    [["--store", "postgres:", "--listen", "/l", "--lease", "0"], "1 to 3600"],
    [["--store", "dir:/s", "--listen", "/l", "--durability", "some"], "neither"],
    [["--store", "dir:/s", "--listen", "/l", "--profile", "other"], "--profile"],
    [["--store", "dir:/s", "--listen", "/l", "--json"], "--json goes with"],
    [["--store", "dir:/s", "--listen", "/l", "--flags", "startup-deactivated"], "TPM 1.2"],
    [["--store", "dir:/s", "--listen", "/l", "--no-such"], "tabtpm fleet --help"],
    [["list", "a", "--listen", "/l"], "takes no names"],
    [["create", "--listen", "/l"], "needs the name"],
    [["create", "a", "--json", "--listen", "/l"], "no option --json"],
    [["list", "--store", "dir:/s", "--listen", "/l"], "no option --store"],
    [["destroy", "a", "--listen", "/l"], "can't be asked"],
    [["__proto__", "a", "--listen", "/l"], "can't be asked"],
  ])("refuses %j", (argv, words) => {
    expect(() => parseFleetOptions(argv)).toThrow(words);
    expect(() => parseFleetOptions(argv)).toThrow(expect.objectContaining({ name: "UsageError" }));
  });

  it("never repeats what may be a password", () => {
    const silent = expect.not.objectContaining({ message: expect.stringContaining("secret") });
    for (const text of ["mysql://u:secret@h/d", "postgre://u:secret@h/d", "http:secret"]) {
      expect(() => parseStore(text)).toThrow(silent);
    }
    const address = "postgres://u:secret@h/d";
    for (const argv of [[address], [`--store=x${address}`], [`--store${address}`], ["--store", "dir:/d", address]]) {
      expect(() => parseFleetOptions(["--listen", "/l", ...argv])).toThrow(silent);
    }
    expect(() => checkFleetName(address, "/run")).toThrow(silent);
  });

  it("has each of its options in its help", () => {
    for (const option of [
      ...["store", "listen", "mode", "owner", "group", "profile", "key", "flags", "idle", "in-memory", "durability"],
      ...["lease", "log-level", "json"],
    ]) {
      expect(FLEET_HELP).toContain(`--${option}`);
    }
  });
});

describe("a TPM's name in a fleet", () => {
  it("is one folder, one pair of sockets and one word, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 70 }), fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/)), (name) => {
        if (!isFleetName(name)) {
          expect(() => checkFleetName(name, "/run")).toThrow("is no name for a TPM");
          return;
        }
        checkFleetName(name, "/run");
        const path = controlSocket("/run", name);
        expect(path).toBe(`/run/${name}.sock.ctrl`);
        expect(name).not.toMatch(/^[.-]|[/\s\p{Cc}]/u);
      }),
    );
  });
});

describe("what an operator asks", () => {
  it("is one of the known requests, or the connection ends", () => {
    const known = fc.oneof(
      fc.constant({ do: "status" as const }),
      fc.record({ do: fc.constantFrom("create" as const, "remove" as const), name: fc.string() }),
    );
    fc.assert(
      fc.property(known, (request) => {
        expect(parseRequest(Buffer.from(JSON.stringify(request)))).toEqual(request);
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(() => parseRequest(bytes)).toThrow(expect.objectContaining({ name: "ProtocolError" }));
        },
      ),
    );
  });
});
