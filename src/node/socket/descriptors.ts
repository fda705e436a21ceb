/**
 * Unix sockets that carry descriptors (SCM_RIGHTS). Node can receive them on the pipes of its own IPC only, so an
 * accepted socket is opened once more as such a pipe.
 */
import { Socket } from "node:net";

/** The part of Node's pipe handle that is used; it is in no type declarations. */
interface PipeHandle {
  fd: number;
  open(fd: number): number;
  unref(): void;
  /** The descriptor that came with the bytes that are being delivered. */
  pendingHandle?: unknown;
}

interface PipeWrap {
  Pipe: new (type: number) => PipeHandle;
  constants: { IPC: number };
}

/** Undefined where this Node has no such thing. */
function pipeWrap(): PipeWrap | undefined {
  try {
    const { binding } = process as unknown as { binding(name: string): PipeWrap };
    return binding.call(process, "pipe_wrap");
  } catch {
    return undefined;
  }
}

export const canReceiveDescriptors = pipeWrap() !== undefined;

/** A control connection, and the descriptor that came over it last. */
export interface DescriptorSocket {
  socket: Socket;
  /** The last descriptor that came and was not taken, as a socket. */
  takeDescriptor(): Socket | undefined;
  carriesDescriptors: boolean;
}

/** @param accepted a connection that nobody has read from yet (`pauseOnConnect`). */
export function receiveDescriptors(accepted: Socket): DescriptorSocket {
  const handle = (accepted as unknown as { _handle: PipeHandle | null })._handle;
  if (handle === null || handle.constructor.name !== "Pipe" || !canReceiveDescriptors) {
    return { socket: accepted, takeDescriptor: () => undefined, carriesDescriptors: false };
  }
  // From here on the IPC pipe owns the descriptor and closes it. The accepted handle must never be closed, or it would
  // close whatever got the same number; it stays behind, a few hundred bytes, and does not keep the process alive.
  handle.unref();
  (accepted as unknown as { _handle: PipeHandle | null })._handle = null;
  accepted.destroy();
  return adoptDescriptor(handle.fd);
}

/** @param fd of a connected Unix socket; this owns it from now on. */
export function adoptDescriptor(fd: number): DescriptorSocket {
  const wrap = pipeWrap();
  if (!wrap) return { socket: new Socket({ fd }), takeDescriptor: () => undefined, carriesDescriptors: false };
  const pipe = new wrap.Pipe(wrap.constants.IPC);
  const error = pipe.open(fd);
  if (error !== 0) throw new Error(`Descriptor ${fd} could not be opened as a Unix socket.`);
  const socket = new Socket({ handle: pipe, allowHalfOpen: true } as object);
  let received: Socket | undefined;
  socket.on("data", () => {
    if (!pipe.pendingHandle) return;
    received?.destroy();
    received = new Socket({ handle: pipe.pendingHandle, allowHalfOpen: true } as object);
    delete pipe.pendingHandle;
  });
  socket.on("close", () => received?.destroy());
  return {
    socket,
    takeDescriptor() {
      const taken = received;
      received = undefined;
      return taken;
    },
    carriesDescriptors: true,
  };
}
