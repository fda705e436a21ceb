/**
 * Unix sockets that carry descriptors (SCM_RIGHTS). Node receives them on the pipes of its own IPC only, and there one
 * of most kinds that are no sockets ends the process in native code. So a process of its own receives it
 * (bin/receiveDescriptor.mjs), which may end, and hands on what is a connection.
 */
import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { ByteReader } from "../net/byteReader.ts";
import { PulledSocket, pipeHandle } from "./pulledSocket.ts";

/** A control connection, and the descriptor that came with its last command. */
export interface DescriptorSocket {
  socket: Socket;
  /** What comes over the socket, when nobody else may read from it. */
  reader?: ByteReader;
  carriesDescriptors: boolean;
  /** To be called where the next command begins: a descriptor comes with its first byte, if one does. */
  commandBegins(): Promise<void>;
  /** The connection that came with this command, if one did; whoever takes it closes it. */
  takeDescriptor(): Socket | undefined;
}

/** Sources and bundles lie equally deep. */
const RECEIVER = fileURLToPath(new URL("../../../src/node/bin/receiveDescriptor.mjs", import.meta.url));

/** @param socket nobody has read from it yet (`pauseOnConnect`, `pauseOnCreate`). */
export function receiveDescriptors(socket: Socket): DescriptorSocket {
  const handle = pipeHandle(socket);
  if (handle === undefined) {
    return { socket, carriesDescriptors: false, commandBegins: async () => {}, takeDescriptor: () => undefined };
  }
  const pulled = new PulledSocket(socket, handle);
  let received: Socket | undefined;
  const takeDescriptor = () => {
    const taken = received;
    received = undefined;
    return taken;
  };
  socket.on("close", () => takeDescriptor()?.destroy());
  return {
    socket,
    reader: pulled.reader,
    carriesDescriptors: true,
    async commandBegins() {
      takeDescriptor()?.destroy();
      await pulled.readable();
      if (!mayHaveDescriptors(pulled.fd)) return;
      const { octets, connection } = await receive(() => pulled.fd);
      pulled.reader.push(octets);
      received = connection;
      if (socket.destroyed) takeDescriptor()?.destroy();
    },
    takeDescriptor,
  };
}

/**
 * @param fd of a connection, owned from now on.
 * @throws Error when it is none.
 */
export function adoptConnection(fd: number, option: string): Socket {
  try {
    return new Socket({ fd, allowHalfOpen: true, pauseOnCreate: true } as object);
  } catch (cause) {
    throw new Error(`${option}: file descriptor ${fd} is no connection: ${(cause as Error).message}.`, { cause });
  }
}

/** Whether descriptors lie in the socket's queue. Linux says so, since 5.6; elsewhere there may always be some. */
function mayHaveDescriptors(fd: number): boolean {
  if (fd < 0) return false;
  try {
    const [, count] = /^scm_fds:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
    return count !== "0";
  } catch {
    return true;
  }
}

interface Received {
  octets: Uint8Array;
  connection?: Socket;
}

/** By which Node ends itself. */
const ABORTED: readonly (NodeJS.Signals | null)[] = ["SIGABRT", "SIGILL", "SIGTRAP"];

/** One receiver at a time: each is a process, and clients could ask for many. */
let last: Promise<unknown> = Promise.resolve();

/** The next octet of the socket, and the connection that came with it. Never rejects: nothing has come then. */
function receive(fd: () => number): Promise<Received> {
  const received = last.then(() => startReceiver(fd)).catch((): Received => ({ octets: new Uint8Array(0) }));
  last = received;
  return received;
}

async function startReceiver(fd: () => number): Promise<Received> {
  // Most servers never need it.
  const { spawn } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    const receiver = spawn(process.execPath, [RECEIVER], {
      // Where no core file can be left.
      cwd: process.platform === "linux" ? "/proc" : "/",
      stdio: ["ignore", "ignore", "ignore", fd(), "ipc"],
    });
    receiver.on("error", reject);
    receiver.on("message", ({ octets }: { octets: number[] }, handle) => {
      const connection = handle && new Socket({ handle, allowHalfOpen: true, pauseOnCreate: true } as object);
      // Until somebody serves it.
      connection?.on("error", () => {});
      resolve({ octets: Uint8Array.from(octets), ...(connection && { connection }) });
    });
    // After its message, if there is one.
    receiver.on("close", (_, signal) => {
      // It had received what Node can't: the octet is gone, which of a command's code is zero.
      if (ABORTED.includes(signal)) resolve({ octets: Uint8Array.of(0) });
      else reject(new Error("The receiver ended without a message."));
    });
  });
}
