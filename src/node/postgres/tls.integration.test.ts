/** The way to a real PostgreSQL server that takes encrypted connections only, with a certificate of an authority that openssl makes. */
import { execFileSync } from "node:child_process";
import { chownSync, statSync } from "node:fs";
import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { StoreError } from "../../store/store.ts";
import { errorOf } from "../../store/testkit/errorOf.ts";
import { isInstalled } from "../testkit/installed.ts";
import { PASSWORD, POSTGRES_PROGRAMS, PostgresServer } from "../testkit/postgres.ts";
import { PostgresDatabase } from "./database.ts";
import { PostgresStore } from "./store.ts";

const NEW_KEY = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });

describe.runIf(POSTGRES_PROGRAMS && isInstalled("openssl"))("a database by TLS", () => {
  let server: PostgresServer;
  let plain: PostgresServer;
  let folder: string;
  const open: PostgresDatabase[] = [];
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-tls-"));
    for (const name of ["ca", "other"]) {
      openssl(...NEW_KEY, "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`), "-subj", `/CN=${name} of a test`);
    }
    await writeFile(at("none.pem"), "no certificate\n");
    plain = await PostgresServer.start();
    server = await PostgresServer.start();
    await server.down();
    const [cert, key] = [join(server.folder, "server.pem"), join(server.folder, "server.key")];
    openssl(
      ...[...NEW_KEY, "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-keyout", key, "-out", cert],
      ...["-subj", "/CN=a server", "-addext", "subjectAltName=DNS:localhost"],
    );
    const { uid, gid } = statSync(server.folder);
    for (const file of [cert, key]) chownSync(file, uid, gid);
    const authority = join(server.folder, "ca.pem");
    await copyFile(at("ca.pem"), authority);
    await chmod(authority, 0o644);
    await writeFile(
      join(server.folder, "data", "pg_hba.conf"),
      `local all all trust
       hostssl all certified all cert
       hostssl all all all scram-sha-256
       host all all all reject`,
    );
    await server.up("ssl=on", `ssl_cert_file=${cert}`, `ssl_key_file=${key}`, `ssl_ca_file=${authority}`);
  });
  afterEach(async () => {
    for (const database of open.splice(0)) await database.close();
  });
  afterAll(async () => {
    await server?.close();
    await plain?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const address = (query: string, { host = "localhost", of = server, password = PASSWORD } = {}) =>
    `postgres://owner:${password}@${host}:${of.port}/postgres?${query}`;
  async function database(url: string): Promise<PostgresDatabase> {
    const opened = await PostgresDatabase.open(url);
    open.push(opened);
    return opened;
  }
  const ca = (name = "ca") => `sslrootcert=${encodeURIComponent(at(`${name}.pem`))}`;

  it.each(["verify-full", "verify-ca", "require", "prefer"])(
    "sslmode=%s: is encrypted, and carries a TPM",
    async (mode) => {
      const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      try {
        const own = await database(address(`sslmode=${mode}&${ca()}`));
        const { rows } = await own.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()", []);
        expect(rows).toEqual([{ ssl: true, version: "TLSv1.3" }]);
        const store = new PostgresStore(own, mode);
        await store.open();
        await store.commit(Uint8Array.of(1));
        await store.close();
        expect(own.where).toBe(`postgres://owner@localhost:${server.port}/postgres`);
        expect(warned).not.toHaveBeenCalled();
      } finally {
        warned.mockRestore();
      }
    },
  );

  it("lets a client in by its own certificate", async () => {
    await server.sql("CREATE ROLE certified LOGIN SUPERUSER");
    const [cert, key] = [at("client.pem"), at("client.key")];
    const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-subj", "/CN=certified"];
    openssl(...NEW_KEY, ...signed, "-keyout", key, "-out", cert);
    const url = `postgres://certified@localhost:${server.port}/postgres?sslmode=verify-full&${ca()}`;
    expect((await errorOf<StoreError>(database(url))).code).toBe("permission");
    const own = await database(`${url}&sslcert=${encodeURIComponent(cert)}&sslkey=${encodeURIComponent(key)}`);
    expect((await own.query("SELECT current_user AS who", [])).rows).toEqual([{ who: "certified" }]);
  });

  it.each([
    [
      "another authority",
      () => address(`sslmode=verify-full&${ca("other")}`),
      /not signed by an authority .*sslrootcert/,
    ],
    ["no authority", () => address("sslmode=verify-full"), /not signed by an authority .*sslrootcert/],
    ["require, which is no less strict", () => address("sslmode=require"), /not signed by an authority .*sslrootcert/],
    ["require with another authority", () => address(`sslmode=require&${ca("other")}`), /not signed by an authority/],
    [
      "another host",
      () => address(`sslmode=verify-full&${ca()}`, { host: "127.0.0.1" }),
      /certificate is of another host/,
    ],
    ["a file that is not there", () => address(`sslmode=verify-full&${ca("absent")}`), /absent\.pem.* can't be read/],
    ["a file that is none", () => address(`sslmode=verify-full&${ca("none")}`), /not signed by an authority/],
    [
      "a server without TLS",
      () => address(`sslmode=verify-full&${ca()}`, { of: plain }),
      /takes no encrypted connections/,
    ],
    ["no TLS to a server that wants it", () => address("sslmode=disable"), /does not let this user in/],
    [
      "another password",
      () => address(`sslmode=verify-full&${ca()}`, { password: "wrong-secret" }),
      /password authentication failed/,
    ],
  ] as [string, () => string, RegExp][])("is refused in words, without the password: %s", async (_what, url, said) => {
    const error = await errorOf<StoreError>(database(url()));
    expect(error.name).toBe("StoreError");
    expect(error.message).toMatch(said);
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(
      new RegExp(`${PASSWORD}|wrong-secret`),
    );
  });
});
