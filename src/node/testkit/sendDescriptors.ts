/** Sends descriptors of every kind over a Unix socket (SCM_RIGHTS), which Node can't: Python does. */
import { output } from "./process.ts";

/** The kinds of connections that commands can come over. */
export const CONNECTIONS = ["Unix stream", "TCP"] as const;
/** All others. */
export const OTHERS = [
  ...["Unix datagram", "Unix seqpacket", "Unix unconnected", "Unix listening"],
  ...["UDP", "UDP connected", "TCP unconnected", "TCP listening"],
  ...[
    "regular file",
    "/dev/null",
    "folder",
    "pipe to read",
    "pipe to write",
    "eventfd",
    "epoll",
    "pty",
    "its terminal",
  ],
] as const;
export type Kind = (typeof CONNECTIONS | typeof OTHERS)[number];

/** One JSON line for each kind, in the order of the arguments. */
const SCRIPT = `
import json, os, pty, select, socket, sys, tempfile
path, message, following, size, ask, *kinds = sys.argv[1:]
S = socket.socket
def listening(family, address):
    s = S(family); s.bind(address); s.listen(); return s
def tcp():
    l = listening(socket.AF_INET, ("127.0.0.1", 0))
    c = socket.create_connection(l.getsockname()); return c, l.accept()[0]
def connected_udp():
    a = S(socket.AF_INET, socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0))
    b = S(socket.AF_INET, socket.SOCK_DGRAM); b.connect(a.getsockname()); return b, a
make = {
    "Unix stream": socket.socketpair, "TCP": tcp, "UDP connected": connected_udp,
    "Unix datagram": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "Unix seqpacket": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET),
    "Unix unconnected": lambda: [S(socket.AF_UNIX)],
    "Unix listening": lambda: [listening(socket.AF_UNIX, tempfile.mkdtemp() + "/s")],
    "UDP": lambda: [S(socket.AF_INET, socket.SOCK_DGRAM)], "TCP unconnected": lambda: [S()],
    "TCP listening": lambda: [listening(socket.AF_INET, ("127.0.0.1", 0))],
    "regular file": lambda: [tempfile.TemporaryFile()],
    "/dev/null": lambda: [os.open("/dev/null", os.O_RDWR)], "folder": lambda: [os.open("/", os.O_RDONLY)],
    "pipe to read": os.pipe, "pipe to write": lambda: os.pipe()[::-1],
    "eventfd": lambda: [os.eventfd(0)], "epoll": lambda: [select.epoll()],
    "pty": pty.openpty, "its terminal": lambda: pty.openpty()[::-1],
}
def receive(s, n):
    got = b""
    while len(got) < n:
        more = s.recv(n - len(got))
        if not more: break
        got += more
    return got.hex()
number = lambda it: it if isinstance(it, int) else it.fileno()
for kind in kinds:
    ends = make[kind]()
    control = S(socket.AF_UNIX); control.connect(path)
    socket.send_fds(control, [bytes.fromhex(message)], [number(ends[0])])
    # One of the two sizes: a refusal is shorter.
    result = receive(control, 4)
    if result == "00000000": result += receive(control, int(size) - 4)
    said = None
    if kind in ("Unix stream", "TCP") and result == "00000000" and ask:
        ends[1].sendall(bytes.fromhex(ask)); said = receive(ends[1], 10)
    control.sendall(bytes.fromhex(following))
    print(json.dumps({"kind": kind, "result": result, "said": said, "next": receive(control, 8)}))
`;

export interface Sent {
  kind: Kind;
  /** The answer to the message that the descriptor came with. */
  result: string;
  /** The answer to `ask`, over the other end of a connection that was taken. */
  said: string | null;
  /** The answer of 8 bytes to what was sent next over the same control connection. */
  next: string;
}

/**
 * @param path of the control channel; there is a new connection for each kind.
 * @param message goes with the descriptor; hexadecimal, as all others. `size`: of its answer when it succeeds, bytes.
 * @param next goes next over the same connection.
 * @param ask goes over the other end of a connection that CMD_SET_DATAFD has taken.
 */
export async function sendDescriptors(
  path: string,
  { message, size, next, ask = "" }: { message: string; size: number; next: string; ask?: string },
  kinds: readonly Kind[],
): Promise<Sent[]> {
  const lines = await output("python3", ["-c", SCRIPT, path, message, next, `${size}`, ask, ...kinds]);
  return lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Sent);
}
