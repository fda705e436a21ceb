/** The demo CA of this user in two PEM files. */
import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { type DemoAuthority, toPem } from "../../provision/index.ts";
import { errorCode, fileError } from "../../store/fileErrors.ts";

export const CERTIFICATE_FILE = "ca-cert.pem";
export const KEY_FILE = "ca-key.pem";
/** What rename says of a folder that is there and not empty. */
const OCCUPIED = ["ENOTEMPTY", "EEXIST"];

/** `$XDG_DATA_HOME/tabtpm/ca` */
export function defaultAuthorityFolder({ XDG_DATA_HOME }: { XDG_DATA_HOME?: string } = process.env): string {
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "tabtpm", "ca");
}

/**
 * The CA in this folder; made when there is none. The key is readable by its owner only.
 * @throws StoreError for what the file system refuses; Error when the files are not what a CA consists of: they stay.
 */
export async function openAuthority(dir: string): Promise<DemoAuthority> {
  const folder = resolve(dir);
  return (await read(folder)) ?? (await make(folder));
}

async function read(folder: string): Promise<DemoAuthority | null> {
  let certificate: string;
  let key: string;
  try {
    certificate = await readFile(join(folder, CERTIFICATE_FILE), "utf8");
    key = await readFile(join(folder, KEY_FILE), "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw fileError(error, "Reading the demo CA", folder);
  }
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

/** Both files at once or none: a folder of another name is filled, and renamed. */
async function make(folder: string): Promise<DemoAuthority> {
  const { createAuthority } = await import("../../provision/certificates.ts");
  const authority = await createAuthority({ extractable: true });
  const key = await crypto.subtle.exportKey("pkcs8", authority.signingKey);
  try {
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    const temporary = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
    try {
      await write(join(temporary, KEY_FILE), toPem("PRIVATE KEY", new Uint8Array(key)), 0o600);
      await write(join(temporary, CERTIFICATE_FILE), toPem("CERTIFICATE", authority.certificate), 0o644);
      await rename(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (error) {
    const other = OCCUPIED.includes(errorCode(error) ?? "") ? await read(folder) : null;
    // Somebody else made one in the meantime: there is one CA.
    if (other !== null) return other;
    throw fileError(error, "Making the demo CA", folder);
  }
  return authority;
}

async function write(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function fromPem(text: string): Uint8Array {
  const body = /-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----/.exec(text)?.[1];
  if (body === undefined) throw new Error(`${KEY_FILE} has no private key`);
  return new Uint8Array(Buffer.from(body, "base64"));
}
