/** What a guest sees of a file, folder or link, whoever has it. */
import { FileError } from "./errors.ts";

export type NodeKind = "file" | "directory" | "link";

export interface Attributes {
  kind: NodeKind;
  /** Permissions, without the bits of the kind. */
  mode: number;
  uid: number;
  gid: number;
  links: number;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
  changed: number;
}

/** What a change of attributes may set; `modified: true` is now. */
export interface AttributeChange {
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
  modified?: number | true;
}

export interface Owner {
  mode: number;
  uid: number;
  gid: number;
}

export interface FolderEntry {
  name: string;
  node: ServedNode;
}

/** How much there is and how much of it is free, in bytes and in files. */
export interface Space {
  bytes: number;
  freeBytes: number;
  files: number;
  freeFiles: number;
}

/**
 * A file, folder or link. What a node can't do throws a FileError; this class is a read-only one that can do nothing. A node
 * lives until it is released as often as it was held, also without a name.
 */
export abstract class ServedNode {
  /** No other node of the server has it; never 0. */
  abstract readonly path: number;
  abstract readonly kind: NodeKind;

  abstract attributes(): Promise<Attributes>;

  hold(): void {}

  async release(): Promise<void> {}

  /** @param name one of the entries', or ".." */
  async lookup(_name: string): Promise<ServedNode> {
    throw new FileError("ENOTDIR", "Only a folder has entries");
  }

  async entries(): Promise<FolderEntry[]> {
    throw new FileError("ENOTDIR", "Only a folder has entries");
  }

  /**
   * Makes the content ready to be read, and written when `write` says so; may take long. `signal` aborts when the guest gives
   * up. {@link close} is called once for each that succeeded.
   */
  async open(_signal: AbortSignal, _write: boolean): Promise<void> {}

  async close(): Promise<void> {}

  async read(_offset: number, _count: number): Promise<Uint8Array> {
    throw new FileError("EISDIR", "Only a file has content");
  }

  async target(): Promise<string> {
    throw new FileError("EINVAL", "Only a link has a target");
  }

  async space(): Promise<Space> {
    return { bytes: 0, freeBytes: 0, files: 0, freeFiles: 0 };
  }

  async write(_offset: number, _data: Uint8Array): Promise<void> {
    throw readOnly();
  }

  async set(_change: AttributeChange): Promise<void> {
    throw readOnly();
  }

  async create(_name: string, _kind: NodeKind, _owner: Owner, _target?: string): Promise<ServedNode> {
    throw readOnly();
  }

  /** Gives `node` a further name in this folder. */
  async link(_name: string, _node: ServedNode): Promise<void> {
    throw readOnly();
  }

  /** @param folder whether the name must be a folder's; otherwise it must not. */
  async unlink(_name: string, _folder: boolean): Promise<void> {
    throw readOnly();
  }

  async rename(_name: string, _to: ServedNode, _newName: string): Promise<void> {
    throw readOnly();
  }

  /** Returns when everything that was written to the node is safe. */
  async sync(): Promise<void> {}
}

function readOnly(): FileError {
  return new FileError("EROFS", "This can't be changed");
}
