/** Modes of operation: the kernels' over any cipher, and node:crypto's to compare them with. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { expect } from "vitest";
import type { Kernels } from "./kernels.ts";

export type Direction = "encrypt" | "decrypt";
export type Mode = "cfb" | "ofb" | "ctr" | "cbc" | "ecb";

/** The modes of the kernels over one cipher. */
export function modesOf(kernels: Kernels, algorithm: number, blockSize: number) {
  const { call, constants } = kernels;

  /** One context under `key`. */
  function keyed(key: Uint8Array): number {
    const context = kernels.take(constants.CIPHER_CONTEXT_SIZE);
    expect(call.cipherInit(context, algorithm, kernels.put(key), key.length * 8)).toBe(1);
    return context;
  }

  /** Runs a mode over pieces of a message, one call each; in place or from one area to another. */
  function run(mode: Mode, direction: Direction, key: Buffer, iv: Buffer, pieces: readonly Buffer[], inPlace = false) {
    const context = keyed(key);
    const chain = kernels.put(iv);
    const output: Buffer[] = [];
    for (const piece of pieces) {
      const from = kernels.put(piece);
      const to = inPlace ? from : kernels.take(piece.length);
      const done = step(mode, direction, context, chain, from, to, piece.length);
      if (done !== undefined) expect(done).toBe(1);
      output.push(kernels.get(to, piece.length));
    }
    return { output: Buffer.concat(output), iv: kernels.get(chain, blockSize) };
  }

  /** One call of a mode; what it returns. */
  function step(
    mode: Mode,
    direction: Direction,
    context: number,
    iv: number,
    from: number,
    to: number,
    size: number,
  ): unknown {
    const encrypt = direction === "encrypt";
    if (mode === "ecb")
      return encrypt ? call.ecbEncrypt(context, from, to, size) : call.ecbDecrypt(context, from, to, size);
    if (mode === "ofb") return call.ofbCrypt(context, iv, from, to, size);
    if (mode === "ctr") return call.ctrCrypt(context, iv, from, to, size);
    if (mode === "cfb") return (encrypt ? call.cfbEncrypt : call.cfbDecrypt)(context, iv, from, to, size);
    return (encrypt ? call.cbcEncrypt : call.cbcDecrypt)(context, iv, from, to, size);
  }

  return { keyed, run, step };
}

/** A mode of node:crypto; `name` is OpenSSL's of the cipher with its key size ("aes-128", "des-ede3"). No padding. */
export function nativeMode(
  name: string,
  mode: Mode,
  direction: Direction,
  key: Buffer,
  iv: Buffer,
  message: Buffer,
): Buffer {
  if (mode === "ctr" && name.startsWith("des")) return counterMode(name, key, iv, message);
  const make = direction === "encrypt" ? createCipheriv : createDecipheriv;
  const cipher = make(`${name}-${mode}`, key, mode === "ecb" ? null : iv);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(message), cipher.final()]);
}

/** CTR (SP 800-38A, 6.5) over ECB, for the ciphers that OpenSSL has no CTR of. */
function counterMode(name: string, key: Buffer, iv: Buffer, message: Buffer): Buffer {
  const blocks = Math.ceil(message.length / iv.length);
  const first = BigInt(`0x${iv.toString("hex")}`);
  const counters = Array.from({ length: blocks }, (_, i) =>
    BigInt.asUintN(8 * iv.length, first + BigInt(i))
      .toString(16)
      .padStart(2 * iv.length, "0"),
  );
  const stream = nativeMode(name, "ecb", "encrypt", key, iv, Buffer.from(counters.join(""), "hex"));
  return message.map((byte, i) => byte ^ stream[i]!) as Buffer;
}
