/** A PostgreSQL server of a test's own: a cluster in a temporary folder, on a Unix socket and on loopback. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type QueryResultRow } from "pg";

const FOLDER = "/usr/lib/postgresql";
export const PASSWORD = "correct-horse-battery";

/** The folder of the newest one's programs; undefined where there is none. */
export const POSTGRES_PROGRAMS = ((): string | undefined => {
  try {
    const versions = readdirSync(FOLDER).sort((a, b) => Number(b) - Number(a));
    return versions[0] === undefined ? undefined : join(FOLDER, versions[0], "bin");
  } catch {
    return undefined;
  }
})();

/** It refuses to be root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [, , uid, gid] = (
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((line) => line.startsWith("postgres:")) ?? ""
  ).split(":");
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

export class PostgresServer {
  readonly folder: string;
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  static async start(...settings: string[]): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-postgres-"));
    const user = unprivileged();
    const { PATH = "" } = process.env;
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid as number);
    const server = new PostgresServer(folder, await freePort());
    const password = join(folder, "password");
    await writeFile(password, PASSWORD, { mode: 0o644 });
    execFileSync(
      join(POSTGRES_PROGRAMS as string, "initdb"),
      [
        ...["-D", server.#data, "-U", "owner", "--pwfile", password, "-E", "UTF8", "--no-locale", "--no-sync"],
        ...["--auth-local=trust", "--auth-host=scram-sha-256"],
      ],
      { ...user, stdio: "pipe", cwd: folder, env: { PATH, LC_ALL: "C" } },
    );
    await server.up(...settings);
    return server;
  }

  get #data(): string {
    return join(this.folder, "data");
  }

  /** As who may do everything, by its socket. @param user another role */
  address(user = "owner"): string {
    return `postgres://${user}@/postgres?host=${encodeURIComponent(this.folder)}&port=${this.port}`;
  }

  /** By TCP, with a password. */
  tcpAddress(password = PASSWORD, port = this.port): string {
    return `postgres://owner:${password}@127.0.0.1:${port}/postgres?sslmode=disable`;
  }

  /** @param settings "fsync=off" */
  async up(...settings: string[]): Promise<void> {
    for (;;) {
      const said = await this.#start(settings);
      if (said === "ready") return;
      // A server that was killed holds its memory until its last process has noticed.
      if (!/shared memory block|lock file/.test(said)) throw new Error(said);
    }
  }

  async #start(settings: readonly string[]): Promise<string> {
    const child = spawn(
      join(POSTGRES_PROGRAMS as string, "postgres"),
      [
        ...["-D", this.#data, "-k", this.folder, "-p", `${this.port}`, "-c", "listen_addresses=127.0.0.1"],
        ...["-c", "max_connections=60", ...settings.flatMap((setting) => ["-c", setting])],
      ],
      { ...unprivileged(), stdio: ["ignore", "ignore", "pipe"], cwd: this.folder, env: { LC_ALL: "C" } },
    );
    this.#process = child;
    let said = "";
    return new Promise((resolve) => {
      child.stderr.on("data", (text: Buffer) => {
        said += text.toString();
        if (said.includes("ready to accept connections")) resolve("ready");
      });
      child.once("exit", () => resolve(said));
    });
  }

  /** kill -9 of all its processes: nothing is flushed, nobody is told. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
    for (const pid of [child.pid, ...children.map(Number)]) {
      try {
        if (pid > 0) process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    await ended;
  }

  /** In good order. */
  async down(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGINT");
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Asks as the one who may do everything. */
  async sql<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.address() });
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
