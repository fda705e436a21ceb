/**
 * A file server for the guest's Linux: requests of 9P2000.L in, answers out. Each request is answered once, in whatever order
 * they are done; what is written has been handed to the node when its answer leaves.
 */
import { FileError } from "./errors.ts";
import {
  KIND_MASK,
  KIND_MODE,
  PERMISSIONS,
  qidOf,
  readChange,
  writeAttributes,
  writeEntries,
  writeSpace,
} from "./fields.ts";
import { isFixed } from "./fixed.ts";
import { MESSAGE_HEADER, MessageReader, MessageWriter, type Qid, REQUEST, RLERROR } from "./messages.ts";
import { checkName } from "./names.ts";
import type { FolderEntry, ServedNode } from "./node.ts";
import { checkSavedShare, type SavedShare } from "./savedShare.ts";

/** A host's files, as a machine offers them to its guest. */
export interface GuestShare {
  /** @param reply called once with the answer, or never when the guest was reset meanwhile. */
  handle(request: Uint8Array, reply: (answer: Uint8Array) => void): void;
  /** The guest starts over. */
  reset(): void;
  /** Resolves when what was restored is found, and every request has its answer; a guest that is held sends no more. */
  settled(): Promise<void>;
  /** What the guest's numbers stand for, as JSON, once it is {@link settled}. */
  saveState(): unknown;
  /**
   * The guest is another one from now on, which has the numbers of that state. One whose file is not there any more, or is another one now,
   * stands for nothing: EBADF.
   * @throws RangeError or TypeError for what no {@link saveState} has made; nothing has changed then.
   */
  restoreState(state: unknown): void;
}

const VERSION = "9P2000.L";
/** Of an answer to a read or a write, beyond the data: what Linux calls P9_IOHDRSZ. */
const DATA_HEADER_SIZE = 24;
const SMALLEST_MESSAGE = 4096;
const LARGEST_MESSAGE = 1 << 20;
/** Names of one walk: MAXWELEM. */
const LONGEST_WALK = 16;

const OPEN_ACCESS = 0o3;
const OPEN_TRUNCATE = 0o1000;
const UNLINK_FOLDER = 0x200;
const LOCK_SUCCESS = 0;
const LOCK_UNLOCKED = 2;

/** What the guest's number for a file stands for. */
interface Fid {
  node: ServedNode;
  /** The way to it from the root. */
  names: readonly string[];
  /** What a folder had when the guest began to read it. */
  listing?: FolderEntry[];
  /** Whether the guest has opened the file by this number, which may be taken from it meanwhile. */
  state: "closed" | "open" | "gone";
  /** By how it was opened. */
  isWritten: boolean;
}

type Handler = (body: MessageReader, answer: MessageWriter, signal: AbortSignal) => Promise<void>;

export class FileServer implements GuestShare {
  readonly #root: ServedNode;
  readonly #fids = new Map<number, Fid>();
  /** Requests that are not answered yet, by tag. */
  readonly #pending = new Map<number, { done: Promise<void>; abort: AbortController }>();
  #messageSize = SMALLEST_MESSAGE;
  /** Counts the guest's starts: an answer to a request of an earlier one would be taken for another's. */
  #session = 0;
  /** Looks for what the numbers of a restored guest stand for; null when that is done. */
  #restoring: Promise<void> | null = null;

  /** @param root what the guest mounts. */
  constructor(root: ServedNode) {
    this.#root = root;
  }

  handle(request: Uint8Array, reply: (answer: Uint8Array) => void): void {
    // v86 reuses the memory.
    const copy = request.slice();
    const header = new MessageReader(copy.subarray(0, MESSAGE_HEADER));
    if (copy.length < MESSAGE_HEADER) return;
    header.u32();
    const type = header.u8();
    const tag = header.u16();
    const session = this.#session;
    const abort = new AbortController();
    const answering = () => this.#answer(type, tag, copy.subarray(MESSAGE_HEADER), abort.signal);
    const done = (this.#restoring?.then(answering) ?? answering()).then((answer) => {
      if (session !== this.#session) return;
      this.#pending.delete(tag);
      try {
        reply(answer);
      } catch {
        // The guest has named no memory to put it into: it gets none.
      }
    });
    this.#pending.set(tag, { done, abort });
  }

  reset(): void {
    this.#endSession();
    void this.#forgetFids();
  }

  async settled(): Promise<void> {
    await this.#restoring;
    while (this.#pending.size > 0) await Promise.all(Array.from(this.#pending.values(), ({ done }) => done));
  }

  saveState(): SavedShare {
    const fids = Array.from(this.#fids, ([number, { node, names, state, isWritten }]) => {
      const open = state !== "open" ? "no" : isWritten ? "write" : "read";
      return { number, path: node.path, names, open } as const;
    });
    return { messageSize: this.#messageSize, fids };
  }

  restoreState(state: unknown): void {
    const { messageSize, fids } = checkSavedShare(state, LARGEST_MESSAGE);
    this.#endSession();
    this.#messageSize = messageSize;
    const restoring = this.#restore(fids).then(() => {
      if (this.#restoring === restoring) this.#restoring = null;
    });
    this.#restoring = restoring;
  }

  async #restore(fids: SavedShare["fids"]): Promise<void> {
    const session = this.#session;
    await this.#forgetFids();
    for (const { number, path, names, open } of fids) {
      try {
        let node = this.#root;
        for (const name of names) node = await node.lookup(name);
        // Reset meanwhile, or another file has the name.
        if (session !== this.#session) return;
        if (!isFixed(node) && node.path !== path) continue;
        const fid = this.#add(number, node, names);
        if (open !== "no") await this.#open(fid, open === "write", new AbortController().signal);
      } catch {
        // As after the loss of a disk: the guest hears of it when it asks.
        if (session === this.#session && this.#fids.has(number)) await this.#remove(number);
      }
    }
  }

  #endSession(): void {
    this.#session++;
    for (const { abort } of this.#pending.values()) abort.abort();
    this.#pending.clear();
  }

  async #answer(type: number, tag: number, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const answer = new MessageWriter();
    try {
      const handler = this.#handlers[type];
      if (handler === undefined) throw new FileError("EOPNOTSUPP", `Requests of type ${type} are not known`);
      await handler(new MessageReader(body), answer, signal);
      return answer.message(type + 1, tag);
    } catch (error) {
      const errno = error instanceof FileError ? error.errno : new FileError("EIO", String(error)).errno;
      return new MessageWriter().u32(errno).message(RLERROR, tag);
    }
  }

  readonly #handlers: Readonly<Record<number, Handler>> = {
    [REQUEST.VERSION]: async (body, answer) => {
      const size = body.u32();
      const version = body.text();
      await this.#forgetFids();
      this.#messageSize = Math.min(size, LARGEST_MESSAGE);
      const isKnown = version === VERSION && size >= SMALLEST_MESSAGE;
      answer.u32(this.#messageSize).text(isKnown ? VERSION : "unknown");
    },
    [REQUEST.ATTACH]: async (body, answer) => {
      this.#add(body.u32(), this.#root, []);
      answer.qid(qidOf(this.#root));
    },
    [REQUEST.FLUSH]: async (body) => {
      const pending = this.#pending.get(body.u16());
      pending?.abort.abort();
      await pending?.done;
    },
    [REQUEST.WALK]: (body, answer) => this.#walk(body, answer),
    [REQUEST.CLUNK]: async (body) => this.#remove(body.u32()),
    [REQUEST.REMOVE]: async (body) => {
      await this.#remove(body.u32());
      throw new FileError("EOPNOTSUPP", "9P2000.L removes by name");
    },
    [REQUEST.LOPEN]: async (body, answer, signal) => {
      const fid = this.#fid(body.u32());
      const { node } = fid;
      const flags = body.u32();
      const truncate = (flags & OPEN_TRUNCATE) !== 0 && node.kind === "file";
      await this.#open(fid, truncate || (flags & OPEN_ACCESS) !== 0, signal);
      if (truncate) await node.set({ size: 0, modified: true });
      answer.qid(qidOf(node)).u32(0);
    },
    [REQUEST.LCREATE]: async (body, answer, signal) => {
      const number = body.u32();
      const fid = this.#fid(number);
      const name = body.text();
      body.u32();
      const [mode, gid] = [body.u32(), body.u32()];
      const node = await createIn(fid.node, name, "file", mode, gid);
      const names = [...fid.names, name];
      // The number now stands for the file.
      await this.#remove(number);
      await this.#open(this.#add(number, node, names), true, signal);
      answer.qid(qidOf(node)).u32(0);
    },
    [REQUEST.MKDIR]: async (body, answer) => {
      const { node } = this.#fid(body.u32());
      answer.qid(qidOf(await createIn(node, body.text(), "directory", body.u32(), body.u32())));
    },
    [REQUEST.SYMLINK]: async (body, answer) => {
      const { node } = this.#fid(body.u32());
      const [name, target] = [body.text(), body.text()];
      answer.qid(qidOf(await createIn(node, name, "link", 0o777, body.u32(), target)));
    },
    [REQUEST.MKNOD]: async (body, answer) => {
      const { node } = this.#fid(body.u32());
      const [name, mode] = [body.text(), body.u32()];
      body.u32();
      body.u32();
      if ((mode & KIND_MASK) !== KIND_MODE.file)
        throw new FileError("EPERM", "Devices, pipes and sockets can't be kept");
      answer.qid(qidOf(await createIn(node, name, "file", mode, body.u32())));
    },
    [REQUEST.LINK]: async (body) => {
      const { node: folder } = this.#fid(body.u32());
      const { node } = this.#fid(body.u32());
      await folder.link(checked(body.text()), node);
    },
    [REQUEST.UNLINKAT]: async (body) => {
      const { node } = this.#fid(body.u32());
      await node.unlink(checked(body.text()), (body.u32() & UNLINK_FOLDER) !== 0);
    },
    [REQUEST.RENAMEAT]: async (body) => {
      const from = this.#fid(body.u32());
      const name = checked(body.text());
      const to = this.#fid(body.u32());
      const newName = checked(body.text());
      await from.node.rename(name, to.node, newName);
      this.#moveNames([...from.names, name], [...to.names, newName]);
    },
    [REQUEST.RENAME]: async () => {
      throw new FileError("EOPNOTSUPP", "Linux renames by name");
    },
    [REQUEST.READLINK]: async (body, answer) => {
      answer.text(await this.#fid(body.u32()).node.target());
    },
    [REQUEST.GETATTR]: async (body, answer) => {
      const { node } = this.#fid(body.u32());
      writeAttributes(answer, node, await node.attributes());
    },
    [REQUEST.SETATTR]: async (body) => {
      const { node } = this.#fid(body.u32());
      const change = readChange(body);
      if (Object.keys(change).length > 0) await node.set(change);
    },
    [REQUEST.READ]: async (body, answer) => {
      const { node } = this.#fid(body.u32());
      const offset = body.u64();
      const data = await node.read(offset, Math.min(body.u32(), this.#messageSize - DATA_HEADER_SIZE));
      answer.u32(data.length).data(data);
    },
    [REQUEST.WRITE]: async (body, answer) => {
      const { node } = this.#fid(body.u32());
      const offset = body.u64();
      const data = body.data(body.u32());
      await node.write(offset, data);
      answer.u32(data.length);
    },
    [REQUEST.FSYNC]: async (body) => this.#fid(body.u32()).node.sync(),
    [REQUEST.READDIR]: async (body, answer) => {
      const fid = this.#fid(body.u32());
      const offset = body.u64();
      const room = Math.min(body.u32(), this.#messageSize - DATA_HEADER_SIZE);
      const data = writeEntries(await listingOf(fid, offset), offset, room);
      answer.u32(data.length).data(data);
    },
    [REQUEST.STATFS]: async (body, answer) => writeSpace(answer, await this.#fid(body.u32()).node.space()),
    // One guest, whose kernel knows its own locks.
    [REQUEST.LOCK]: async (body, answer) => {
      this.#fid(body.u32());
      answer.u8(LOCK_SUCCESS);
    },
    [REQUEST.GETLOCK]: async (body, answer) => {
      this.#fid(body.u32());
      body.u8();
      answer.u8(LOCK_UNLOCKED).u64(body.u64()).u64(body.u64()).u32(body.u32()).text(body.text());
    },
  };

  async #walk(body: MessageReader, answer: MessageWriter): Promise<void> {
    const from = this.#fid(body.u32());
    const to = body.u32();
    const count = body.u16();
    if (count > LONGEST_WALK) throw new FileError("EINVAL", `A walk has at most ${LONGEST_WALK} names`);
    const names = Array.from({ length: count }, () => body.text());
    const qids: Qid[] = [];
    let { node } = from;
    const way = [...from.names];
    for (const name of names) {
      try {
        node = await node.lookup(name);
      } catch (error) {
        // Of a walk that gets no further than this, the answer is how far.
        if (qids.length === 0) throw error;
        break;
      }
      qids.push(qidOf(node));
      if (name === "..") way.pop();
      else way.push(name);
    }
    if (qids.length === names.length) {
      // The number may be its own successor.
      if (this.#fids.get(to) === from) await this.#remove(to);
      this.#add(to, node, way);
    }
    answer.u16(qids.length);
    for (const qid of qids) answer.qid(qid);
  }

  #fid(number: number): Fid {
    const fid = this.#fids.get(number);
    if (fid === undefined) throw new FileError("EBADF", `There is no fid ${number}`);
    return fid;
  }

  #add(number: number, node: ServedNode, names: readonly string[]): Fid {
    if (this.#fids.has(number)) throw new FileError("EBADF", `Fid ${number} is in use`);
    node.hold();
    const fid: Fid = { node, names, state: "closed", isWritten: false };
    this.#fids.set(number, fid);
    return fid;
  }

  /** @throws FileError EINTR when the guest gives up; what comes to be open after that is closed again */
  async #open(fid: Fid, write: boolean, signal: AbortSignal): Promise<void> {
    if (fid.state !== "closed") throw new FileError("EBADF", "The file is open");
    const opening = fid.node.open(signal, write).then(async () => {
      if (signal.aborted || fid.state !== "closed") await fid.node.close();
      else Object.assign(fid, { state: "open", isWritten: write });
    });
    await untilAborted(opening, signal);
  }

  #moveNames(from: readonly string[], to: readonly string[]): void {
    for (const fid of this.#fids.values()) {
      if (from.every((name, at) => fid.names[at] === name)) fid.names = [...to, ...fid.names.slice(from.length)];
    }
  }

  async #remove(number: number): Promise<void> {
    const fid = this.#fid(number);
    const { node, state } = fid;
    this.#fids.delete(number);
    fid.state = "gone";
    if (state === "open") await node.close().catch(() => {});
    // What becomes of a file without a name is no longer the guest's business.
    await node.release().catch(() => {});
  }

  async #forgetFids(): Promise<void> {
    await Promise.all([...this.#fids.keys()].map((number) => this.#remove(number)));
  }
}

function checked(name: string): string {
  checkName(name);
  return name;
}

function createIn(
  folder: ServedNode,
  name: string,
  kind: ServedNode["kind"],
  mode: number,
  gid: number,
  target?: string,
): Promise<ServedNode> {
  return folder.create(checked(name), kind, { mode: mode & PERMISSIONS, uid: 0, gid }, target);
}

/** Rejects with EINTR as soon as the guest gives up, whatever still goes on. */
function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new FileError("EINTR", "The guest has given up")));
  });
  return Promise.race([work, aborted]);
}

/** What a folder holds, as it was when the guest began to read it. */
async function listingOf(fid: Fid, offset: number): Promise<FolderEntry[]> {
  const { node } = fid;
  if (offset === 0 || fid.listing === undefined) {
    const [parent, entries] = await Promise.all([node.lookup(".."), node.entries()]);
    fid.listing = [{ name: ".", node }, { name: "..", node: parent }, ...entries];
  }
  return fid.listing;
}
