/** A guest's side of 9P2000.L, for tests: requests by type, answers as a reader of their fields. */
import { expect } from "vitest";
import { ERRNO, type ErrnoName } from "../errors.ts";
import { MESSAGE_HEADER, MessageReader, MessageWriter, REQUEST, RLERROR } from "../messages.ts";
import type { GuestShare } from "../server.ts";

export const MESSAGE_SIZE = 131_072;
export const ROOT_FID = 0;

export class ShareClient {
  #share: GuestShare;
  #tag = 0;
  #fid = ROOT_FID;

  constructor(share: GuestShare) {
    this.#share = share;
  }

  /** From now on the requests go to another server. */
  goOnWith(share: GuestShare): void {
    this.#share = share;
  }

  /** Version and attach, as a mount does. */
  async mount(): Promise<this> {
    await this.ask(REQUEST.VERSION, (body) => body.u32(MESSAGE_SIZE).text("9P2000.L"));
    await this.ask(REQUEST.ATTACH, (body) => body.u32(ROOT_FID).u32(0xffff_ffff).text("root").text("").u32(0));
    return this;
  }

  /** Sends a request; its tag, and the type and the body of the answer. */
  send(
    type: number,
    write: (body: MessageWriter) => unknown,
  ): { tag: number; answer: Promise<[number, MessageReader]> } {
    const body = new MessageWriter();
    write(body);
    const tag = this.#tag++ & 0xffff;
    const answer = new Promise<[number, MessageReader]>((resolve) => {
      this.#share.handle(body.message(type, tag), (bytes) => {
        const header = new MessageReader(bytes);
        expect(header.u32()).toBe(bytes.length);
        const got = header.u8();
        expect(header.u16()).toBe(tag);
        resolve([got, new MessageReader(bytes.subarray(MESSAGE_HEADER))]);
      });
    });
    return { tag, answer };
  }

  /** The answer of a request that must succeed. */
  async ask(type: number, write: (body: MessageWriter) => unknown): Promise<MessageReader> {
    const [got, body] = await this.send(type, write).answer;
    if (got === RLERROR) throw new Error(`request ${type} ended with errno ${body.u32()}`);
    expect(got).toBe(type + 1);
    return body;
  }

  /** The name of the error of a request that must fail. */
  async fail(type: number, write: (body: MessageWriter) => unknown): Promise<ErrnoName | undefined> {
    const [got, body] = await this.send(type, write).answer;
    expect(got).toBe(RLERROR);
    const errno = body.u32();
    return (Object.keys(ERRNO) as ErrnoName[]).find((name) => ERRNO[name] === errno);
  }

  /** A number for the file at the end of a path. */
  async walk(...names: string[]): Promise<number> {
    const fid = ++this.#fid;
    const answer = await this.ask(REQUEST.WALK, (body) => {
      body.u32(ROOT_FID).u32(fid).u16(names.length);
      for (const name of names) body.text(name);
    });
    if (answer.u16() !== names.length) throw new Error(`${names.join("/")}: no such file`);
    return fid;
  }

  /** Makes a file in the folder at `path`, and opens it. @returns its number */
  async create(name: string, ...path: string[]): Promise<number> {
    const fid = await this.walk(...path);
    await this.ask(REQUEST.LCREATE, (body) => body.u32(fid).text(name).u32(2).u32(0o644).u32(0));
    return fid;
  }

  async mkdir(name: string, ...path: string[]): Promise<void> {
    const fid = await this.walk(...path);
    await this.ask(REQUEST.MKDIR, (body) => body.u32(fid).text(name).u32(0o755).u32(0));
  }

  async write(fid: number, offset: number, data: Uint8Array): Promise<number> {
    return (await this.ask(REQUEST.WRITE, (body) => body.u32(fid).u64(offset).u32(data.length).data(data))).u32();
  }

  async read(fid: number, offset: number, count: number): Promise<Uint8Array> {
    const answer = await this.ask(REQUEST.READ, (body) => body.u32(fid).u64(offset).u32(count));
    return answer.data(answer.u32());
  }

  async size(fid: number): Promise<number> {
    const answer = await this.ask(REQUEST.GETATTR, (body) => body.u32(fid).u64(0x7ff));
    answer.data(8 + 13 + 4 + 4 + 4 + 8 + 8);
    return answer.u64();
  }

  async clunk(fid: number): Promise<void> {
    await this.ask(REQUEST.CLUNK, (body) => body.u32(fid));
  }

  /** Names of a folder, read with answers of at most `room` bytes. */
  async names(room: number, ...path: string[]): Promise<string[]> {
    const fid = await this.walk(...path);
    await this.ask(REQUEST.LOPEN, (body) => body.u32(fid).u32(0));
    const names: string[] = [];
    for (let offset = 0; ; ) {
      const answer = await this.ask(REQUEST.READDIR, (body) => body.u32(fid).u64(offset).u32(room));
      const size = answer.u32();
      if (size === 0) return names;
      expect(size).toBeLessThanOrEqual(room);
      const entries = new MessageReader(answer.data(size));
      for (let left = size; left > 0; ) {
        entries.data(13);
        offset = entries.u64();
        entries.u8();
        const name = entries.text();
        names.push(name);
        left -= 13 + 8 + 1 + 2 + new TextEncoder().encode(name).length;
      }
    }
  }
}
