/** Folders and files that do not change: what a server has besides a {@link ServedNode} that is kept. */
import { FileError } from "./errors.ts";
import { type Attributes, type FolderEntry, type NodeKind, ServedNode, type Space } from "./node.ts";

/** Above every number of a kept folder's, which are counted from 1 and can't reach it. */
const FIRST_PATH = 2 ** 40;
let paths = FIRST_PATH;

abstract class FixedNode extends ServedNode {
  readonly path = paths++;
  abstract override readonly kind: NodeKind;
  readonly #made = Date.now();
  protected size = 0;

  async attributes(): Promise<Attributes> {
    const { kind, size } = this;
    const mode = kind === "directory" ? 0o555 : 0o444;
    return { kind, mode, uid: 0, gid: 0, links: 1, size, modified: this.#made, changed: this.#made };
  }
}

/** Whether it is the same one under its name for ever; its number is another one each time that it is made. */
export const isFixed = (node: ServedNode): boolean => node instanceof FixedNode;

export class FixedFolder extends FixedNode {
  readonly kind = "directory";
  readonly #entries: ReadonlyMap<string, ServedNode>;

  constructor(entries: Readonly<Record<string, ServedNode>>) {
    super();
    this.#entries = new Map(Object.entries(entries));
  }

  override async lookup(name: string): Promise<ServedNode> {
    const node = name === ".." ? this : this.#entries.get(name);
    if (node === undefined) throw new FileError("ENOENT", `There is no ${JSON.stringify(name)}`);
    return node;
  }

  override async entries(): Promise<FolderEntry[]> {
    return Array.from(this.#entries, ([name, node]) => ({ name, node }));
  }

  /** Of the first entry that has any. */
  override async space(): Promise<Space> {
    for (const node of this.#entries.values()) {
      const space = await node.space();
      if (space.bytes > 0) return space;
    }
    return super.space();
  }
}

/** A file whose content is made when it is first opened, or each time it is when that failed. */
export class FixedFile extends FixedNode {
  readonly kind = "file";
  readonly #load: (signal: AbortSignal) => Promise<Uint8Array>;
  readonly #isKept: boolean;
  #content: Uint8Array | undefined;

  /**
   * @param size of the content, in bytes, as far as it is known before; 0 for a text that is read to its end.
   * @param load makes the content. What it throws is EIO for the guest.
   * @param isKept whether the content stays the same once it is there.
   */
  constructor(size: number, load: (signal: AbortSignal) => Promise<Uint8Array>, isKept: boolean) {
    super();
    this.size = size;
    this.#load = load;
    this.#isKept = isKept;
  }

  override async open(signal: AbortSignal): Promise<void> {
    if (this.#content !== undefined && this.#isKept) return;
    try {
      this.#content = await this.#load(signal);
    } catch (cause) {
      throw new FileError("EIO", (cause as Error).message, { cause });
    }
  }

  override async read(offset: number, count: number): Promise<Uint8Array> {
    return (this.#content ?? new Uint8Array(0)).subarray(offset, offset + count);
  }
}

/** @param text asked for each time that the file is opened. */
export function textFile(text: () => string): FixedFile {
  return new FixedFile(0, async () => new TextEncoder().encode(`${text()}\n`), false);
}
