/**
 * A TPM core for tests: entropy from a seed, a clock that the test turns, a store in memory that can be told to fail.
 * Commands are written with `command`, the bytes of Part 3, so that the tests share no code with what they test.
 */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CoreExports } from "../../src/engine/core.ts";
import { type Refusal, refusalOf } from "../../src/spec/refusals.ts";
import { type Build, buildUnderTest } from "./build.ts";
import { CC, RS_PW, ST } from "./names.ts";

type Bytes = Uint8Array | number[];

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff);
}
export function u16(value: number): Uint8Array {
  return Uint8Array.of((value >>> 8) & 0xff, value & 0xff);
}
export function u32(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
export function u64(value: bigint): Uint8Array {
  return concat(u32(Number(value >> 32n)), u32(Number(value & 0xffffffffn)));
}
/** A TPM2B. */
export function sized(bytes: Bytes): Uint8Array {
  return concat(u16(bytes.length), bytes);
}
export function concat(...parts: Bytes[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** One session of an authorization area. */
export interface Session {
  handle: number;
  nonce?: Bytes;
  attributes?: number;
  auth?: Bytes;
}
export function password(auth: Bytes = []): Session {
  return { handle: RS_PW, attributes: 1, auth };
}

/** The bytes of a command; with sessions when any are given. */
export function command(
  code: number,
  handles: number[] = [],
  parameters: Bytes[] = [],
  sessions?: Session[],
): Uint8Array {
  const body = [...handles.map(u32)];
  if (sessions) {
    const area = concat(
      ...sessions.map((s) => concat(u32(s.handle), sized(s.nonce ?? []), u8(s.attributes ?? 1), sized(s.auth ?? []))),
    );
    body.push(u32(area.length), area);
  }
  body.push(concat(...parameters));
  const rest = concat(...body);
  return concat(u16(sessions ? ST.SESSIONS : ST.NO_SESSIONS), u32(10 + rest.length), u32(code), rest);
}

export class Response {
  readonly bytes: Uint8Array;
  readonly sessions: boolean;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.sessions = this.tag === ST.SESSIONS;
  }
  get tag(): number {
    return this.#number(0) >>> 16;
  }
  get size(): number {
    return this.#number(2);
  }
  get rc(): number {
    return this.#number(6);
  }
  get view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }
  /** 32 bits; without a view, for there are thousands of responses. */
  #number(at: number): number {
    const { bytes } = this;
    if (at + 4 > bytes.length) throw new RangeError(`a response of ${bytes.length} octets`);
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }
  /** Everything after the header. */
  get body(): Uint8Array {
    return this.bytes.subarray(10);
  }
  /** The parameters of a response without handles. */
  get parameters(): Uint8Array {
    if (!this.sessions) return this.body;
    return this.bytes.subarray(14, 14 + this.view.getUint32(10));
  }
  /** The authorization area of a response without handles. */
  get authorization(): Uint8Array {
    return this.bytes.subarray(14 + this.view.getUint32(10));
  }
}

/** What the engine calls, and what only tests ask for. */
interface Exports extends CoreExports {
  stateHash(): void;
}

const FILES: Readonly<Record<Build, string>> = { plain: "tabtpm.wasm", relaxed: "tabtpm-relaxed.wasm" };
const modules = new Map<Build, WebAssembly.Module>();

/** The core as it was built. */
export function compiledCore(build: Build = buildUnderTest()): WebAssembly.Module {
  let module = modules.get(build);
  if (module) return module;
  const path = fileURLToPath(new URL(`../../src/engine/${FILES[build]}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run build:wasm"`);
  module = new WebAssembly.Module(readFileSync(path));
  modules.set(build, module);
  return module;
}

export interface TestTpmOptions {
  /** Of the core. */
  build?: Build;
  profile?: number;
  /** Of the entropy. */
  seed?: string;
  blob?: Uint8Array;
  /** Of the host's clock, in milliseconds. */
  now?: number;
}

export class TestTpm {
  readonly core: Exports;
  /** Milliseconds of the host's clock. */
  now: number;
  /** Milliseconds that pass each time the core looks at the clock: with 20 every slice is over at once. */
  tick = 0;
  /** The store refuses commits. */
  storeFails = false;
  /** The last committed blob. */
  stored: Uint8Array | null = null;
  commits = 0;
  /** Slices that the last command took. */
  slices = 0;
  #seed: string;
  #counter = 0;

  /** A manufactured TPM (or the one in `blob`), powered on but not started. */
  constructor(options: TestTpmOptions = {}) {
    this.now = options.now ?? 1000;
    this.#seed = options.seed ?? "seed";
    const instance = new WebAssembly.Instance(compiledCore(options.build), {
      host: {
        entropy: (pointer: number, size: number) => this.#entropy(pointer, size),
        now: () => (this.now += this.tick),
      },
    });
    this.core = instance.exports as unknown as Exports;
    if (options.blob) {
      const status = this.load(options.blob);
      if (status !== 0) throw new Error(`loadState: ${status}`);
    } else {
      if (this.core.manufacture(options.profile ?? 0) !== 0) throw new Error("manufacture failed");
      this.#commit();
    }
    this.core.powerOn();
    this.#commit();
  }

  /** A TPM that has had TPM2_Startup(CLEAR). */
  static started(options: TestTpmOptions = {}): TestTpm {
    const tpm = new TestTpm(options);
    const response = tpm.startup();
    if (response.rc !== 0) throw new Error(`TPM2_Startup: 0x${response.rc.toString(16)}`);
    return tpm;
  }

  /** TPM2_Startup; type 0 = CLEAR, 1 = STATE. */
  startup(type = 0, locality = 0): Response {
    return this.run(command(CC.Startup, [], [u16(type)]), locality);
  }

  /** TPM2_Shutdown; type 0 = CLEAR, 1 = STATE. */
  shutdown(type = 0): Response {
    return this.run(command(CC.Shutdown, [], [u16(type)]));
  }

  /** Power goes and comes back; what was not committed is lost. */
  powerCycle(): TestTpm {
    if (!this.stored) throw new Error("nothing stored");
    return new TestTpm({ blob: this.stored, seed: `${this.#seed}'`, now: this.now + 1000 });
  }

  load(blob: Uint8Array): number {
    new Uint8Array(this.core.memory.buffer).set(blob, this.core.stateBuffer());
    const status = this.core.loadState(blob.length);
    if (status === 0) this.stored = blob.slice();
    return status;
  }

  save(): Uint8Array {
    return this.#stateBuffer(this.core.saveState());
  }

  saveVolatile(): Uint8Array {
    return this.#stateBuffer(this.core.saveVolatile());
  }

  /** Right after _TPM_Init. Returns what loadVolatile of the core says. */
  loadVolatile(blob: Uint8Array): number {
    new Uint8Array(this.core.memory.buffer).set(blob, this.core.stateBuffer());
    return this.core.loadVolatile(blob.length);
  }

  /** _TPM_Init of a permanent state elsewhere, which goes on where the volatile state was saved. */
  static resumed(permanent: Uint8Array, volatile: Uint8Array, options: TestTpmOptions = {}): TestTpm {
    const tpm = new TestTpm({ seed: "another", now: 77_000, ...options, blob: permanent });
    const status = tpm.loadVolatile(volatile);
    if (status !== 0) throw new Error(`loadVolatile: ${status}`);
    return tpm;
  }

  /** Runs a command to its end, commits, and returns the response. */
  run(bytes: Uint8Array, locality = 0, onSlice?: (slice: number) => void): Response {
    new Uint8Array(this.core.memory.buffer).set(bytes.subarray(0, 4096), this.core.commandBuffer());
    this.slices = 1;
    let size = this.core.execute(bytes.length, locality);
    while (size === 0) {
      onSlice?.(this.slices);
      this.slices++;
      size = this.core.step();
    }
    if (this.core.commitPending()) size = this.#commit() ?? size;
    return new Response(new Uint8Array(this.core.memory.buffer, this.core.responseBuffer(), size).slice());
  }

  /** Why the last command was refused, as the core notes it. */
  get refusal(): Refusal | null {
    const note = new Uint32Array(this.core.memory.buffer, this.core.refusal(), 5);
    return refusalOf(note[0]!, note.subarray(1));
  }

  /** SHA-256 of the state that a failed command must not change. */
  stateHash(): string {
    this.core.stateHash();
    return hex(new Uint8Array(this.core.memory.buffer, this.core.stateBuffer(), 32));
  }

  hashSequence(...pieces: Uint8Array[]): void {
    this.core.hashStart();
    this.#commit();
    for (const piece of pieces) {
      new Uint8Array(this.core.memory.buffer).set(piece, this.core.commandBuffer());
      this.core.hashData(piece.length);
    }
    this.core.hashEnd();
    this.#commit();
  }

  /** Stores the blob if a commit is pending; returns the size of the new response when that failed. */
  #commit(): number | undefined {
    if (!this.core.commitPending()) return undefined;
    if (this.storeFails) return this.core.commitFailed();
    this.stored = this.save();
    this.commits++;
    this.core.committed();
    return undefined;
  }

  #stateBuffer(size: number): Uint8Array {
    return new Uint8Array(this.core.memory.buffer, this.core.stateBuffer(), size).slice();
  }

  #entropy(pointer: number, size: number): void {
    const out = new Uint8Array(this.core.memory.buffer, pointer, size);
    for (let at = 0; at < size; at += 32) {
      const block = createHash("sha256")
        .update(`${this.#seed}:${this.#counter++}`)
        .digest();
      out.set(block.subarray(0, Math.min(32, size - at)), at);
    }
  }
}
