import { open } from "node:fs/promises";

const CHUNK = 1 << 20;

/**
 * A file of any kind, of which no more than this and one octet is read: who gets that many refuses it by its size. What
 * the kernel makes as it is read, such as its logs, says no size before.
 * @param most octets
 * @throws Error as the file system does, with the file's name
 */
export async function readLimited(path: string, most: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    while (size <= most) {
      const chunk = new Uint8Array(Math.min(CHUNK, most + 1 - size));
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) break;
      chunks.push(chunk.subarray(0, bytesRead));
      size += bytesRead;
    }
    return new Uint8Array(Buffer.concat(chunks));
  } catch (error) {
    // Node names a file that it can't open, and not one that it can't read, such as a folder.
    if (error instanceof Error && !error.message.includes(path)) error.message += ` '${path}'`;
    throw error;
  } finally {
    await file.close();
  }
}
