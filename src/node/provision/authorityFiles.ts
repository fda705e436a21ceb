/** The demo CA of this user in two PEM files. */
import { X509Certificate } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type DemoAuthority, toPem } from "../../provision/index.ts";
import { DurableFile } from "../../store/durableFile.ts";
import { createFolder, removeUnfinishedFolders } from "../../store/durableFolder.ts";
import { errorCode, fileError } from "../../store/fileErrors.ts";
import type { FileSystem } from "../../store/fileSystem.ts";

export const CERTIFICATE_FILE = "ca-cert.pem";
export const KEY_FILE = "ca-key.pem";
/** What rename says of a folder that is there and not empty; on Windows the latter two. */
const OCCUPIED = ["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"];

/** `$XDG_DATA_HOME/tabtpm/ca` */
export function defaultAuthorityFolder({ XDG_DATA_HOME }: { XDG_DATA_HOME?: string } = process.env): string {
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "tabtpm", "ca");
}

/**
 * The CA in this folder; made when there is none. The key is readable by its owner only.
 * @throws StoreError for what the file system refuses; Error when the files are not what a CA consists of: they stay.
 */
export async function openAuthority(dir: string, fs?: FileSystem): Promise<DemoAuthority> {
  const folder = resolve(dir);
  await removeUnfinishedFolders(folder, [KEY_FILE, CERTIFICATE_FILE], fs);
  return (await read(folder, fs)) ?? (await make(folder, fs));
}

async function read(folder: string, fs: FileSystem | undefined): Promise<DemoAuthority | null> {
  const text = async (name: string) => {
    const bytes = await new DurableFile(join(folder, name), "the demo CA", { fs }).read();
    return bytes && new TextDecoder().decode(bytes);
  };
  const certificate = await text(CERTIFICATE_FILE);
  const key = await text(KEY_FILE);
  if (certificate === null || key === null) return null;
  const { importAuthority } = await import("../../provision/certificates.ts");
  try {
    return await importAuthority(new Uint8Array(new X509Certificate(certificate).raw), fromPem(key));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`The demo CA in ${folder} is damaged: ${message}. Mend it, or choose another folder with --ca.`, {
      cause: error,
    });
  }
}

/** Both files at once or none. */
async function make(folder: string, fs: FileSystem | undefined): Promise<DemoAuthority> {
  const { createAuthority } = await import("../../provision/certificates.ts");
  const authority = await createAuthority({ extractable: true });
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", authority.signingKey));
  const text = (label: string, der: Uint8Array) => new TextEncoder().encode(toPem(label, der));
  try {
    await createFolder(
      folder,
      [
        { name: KEY_FILE, content: text("PRIVATE KEY", key), createMode: 0o600 },
        { name: CERTIFICATE_FILE, content: text("CERTIFICATE", authority.certificate), createMode: 0o644 },
      ],
      fs,
    );
  } catch (error) {
    const other = OCCUPIED.includes(errorCode(error) ?? "") ? await read(folder, fs) : null;
    // Somebody else made one in the meantime: there is one CA.
    if (other !== null) return other;
    throw fileError(error, "Making the demo CA", folder);
  }
  return authority;
}

function fromPem(text: string): Uint8Array {
  const body = /-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----/.exec(text)?.[1];
  if (body === undefined) throw new Error(`${KEY_FILE} has no private key`);
  return new Uint8Array(Buffer.from(body, "base64"));
}
