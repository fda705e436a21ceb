/** `tabtpm swtpm_ioctl`: swtpm_ioctl's command line (swtpm_ioctl(8)), for the control channel of a server. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type NetConnectOpts } from "node:net";
import { DurableFile } from "../../store/durableFile.ts";
import { UsageError } from "../errors.ts";
import { type Connection, converse, u32 } from "../net/connection.ts";
import { parseNumber, parseValue } from "../subOptions.ts";
import type { Streams } from "../terminal.ts";
import * as P from "./protocol.ts";

const DEFAULT_PORT = 6545;
const BLOBS: Readonly<Record<string, number>> = {
  permanent: P.BLOB_PERMANENT,
  volatile: P.BLOB_VOLATILE,
  savestate: P.BLOB_SAVESTATE,
};
const STANDARD_INPUT = 0;

interface Request {
  /** How its values look. */
  readonly values: readonly string[];
  readonly help: string;
  /** @returns what is printed. @throws ResultError, UsageError */
  run(channel: Connection, ...values: string[]): Promise<string>;
}

/** The server refused. */
class ResultError extends Error {
  override name = "ResultError";
}

/** Sends a request, and reads the result that each response begins with. */
async function ask({ reader, write }: Connection, code: number, ...request: Uint8Array[]): Promise<void> {
  await write(u32(code), ...request);
  const result = await reader.u32();
  if (result !== P.SUCCESS)
    throw new ResultError(`The server's result is 0x${result.toString(16)}; its log may say why.`);
}

const request = (help: string, run: Request["run"], ...values: string[]): Request => ({ values, help, run });
/** One that has nothing to tell. */
const plain = (help: string, code: number, bytes: () => Uint8Array = () => new Uint8Array(0)) =>
  request(help, async (channel) => {
    await ask(channel, code, bytes());
    return "";
  });
/** One with the number of a locality. */
const ofLocality = (help: string, code: number) =>
  request(
    help,
    async (channel, text) => {
      await ask(channel, code, Uint8Array.of(parseNumber(`locality ${text}`, text, "number") & 0xff));
      return "";
    },
    "LOCALITY",
  );

const REQUESTS: Readonly<Record<string, Request>> = {
  c: request("print the server's capabilities", async (channel) => {
    await ask(channel, P.CMD_GET_CAPABILITY);
    return `ptm capability is 0x${(await channel.reader.u32()).toString(16)}\n`;
  }),
  i: plain("_TPM_Init; resumes from a stored volatile state and deletes it", P.CMD_INIT, () =>
    u32(P.INIT_DELETE_VOLATILE),
  ),
  s: plain("end the server", P.CMD_SHUTDOWN),
  stop: plain("cut the TPM's power", P.CMD_STOP),
  e: request("print the tpmEstablished bit", async (channel) => {
    await ask(channel, P.CMD_GET_TPMESTABLISHED);
    const [bit] = await channel.reader.take(4);
    return `tpmEstablished is ${bit}\n`;
  }),
  r: ofLocality("reset the tpmEstablished bit", P.CMD_RESET_TPMESTABLISHED),
  v: plain("store the volatile state", P.CMD_STORE_VOLATILE),
  C: plain("cancel the command that is in execution", P.CMD_CANCEL_TPM_CMD),
  l: ofLocality("set the locality of the commands that follow", P.CMD_SET_LOCALITY),
  h: request("measure this, or what comes in (-), into PCR 17", measure, "DATA"),
  g: request("print which keys the server has", async (channel) => {
    await ask(channel, P.CMD_GET_CONFIG);
    return `ptm configuration flags: 0x${(await channel.reader.u32()).toString(16)}\n`;
  }),
  b: request("set the size of the TPM's buffer; 0 to ask", setBuffer, "SIZE"),
  save: request("save a state: permanent, volatile", save, "TYPE", "FILE"),
  load: request("load a state", load, "TYPE", "FILE"),
  info: request("print about the TPM, in JSON", info, "FLAGS"),
  "lock-storage": request(
    "take the lock of the state that --migration has given away",
    async (channel, text) => {
      await ask(channel, P.CMD_LOCK_STORAGE, u32(parseNumber(`--lock-storage ${text}`, text, "number")));
      return "";
    },
    "RETRIES",
  ),
};

async function measure(channel: Connection, text: string): Promise<string> {
  const data = text === "-" ? readFileSync(STANDARD_INPUT) : new TextEncoder().encode(text);
  await ask(channel, P.CMD_HASH_START);
  await ask(channel, P.CMD_HASH_DATA, u32(data.length), data);
  await ask(channel, P.CMD_HASH_END);
  return "";
}

async function setBuffer(channel: Connection, text: string): Promise<string> {
  await ask(channel, P.CMD_SET_BUFFERSIZE, u32(parseNumber(`-b ${text}`, text, "number")));
  const sizes = [await channel.reader.u32(), await channel.reader.u32(), await channel.reader.u32()];
  return `TPM buffersize: ${sizes[0]}\nminimum size  : ${sizes[1]}\nmaximum size  : ${sizes[2]}\n`;
}

function blobType(text: string): number {
  const type = Object.hasOwn(BLOBS, text) ? BLOBS[text] : undefined;
  if (type !== undefined) return type;
  throw new UsageError(`There is no state "${text}"; there are ${Object.keys(BLOBS).join(", ")}.`);
}

const blobFile = (path: string) => new DurableFile(path, "the state");

async function save(channel: Connection, text: string, path: string): Promise<string> {
  await ask(channel, P.CMD_GET_STATEBLOB, u32(P.STATE_DECRYPTED), u32(blobType(text)), u32(0));
  const { reader } = channel;
  const [, , size] = [await reader.u32(), await reader.u32(), await reader.u32()];
  await blobFile(path).replace(await reader.take(size));
  return "";
}

async function load(channel: Connection, text: string, path: string): Promise<string> {
  const type = blobType(text);
  const blob = await blobFile(path).read();
  if (blob === null) throw new Error(`There is no file ${path}.`);
  await ask(channel, P.CMD_SET_STATEBLOB, u32(0), u32(type), u32(blob.length), blob);
  return "";
}

async function info(channel: Connection, text: string): Promise<string> {
  const flags = Number(parseValue("--info", { is: "bits" }, text));
  const pieces: Uint8Array[] = [];
  for (let at = 0, total = 1; at < total; ) {
    await ask(channel, P.CMD_GET_INFO, u32(0), u32(flags), u32(at), u32(0));
    total = await channel.reader.u32();
    const piece = await channel.reader.take(await channel.reader.u32());
    pieces.push(piece);
    at += piece.length;
    if (piece.length === 0) break;
  }
  return `${Buffer.concat(pieces).toString().replace(/\0$/, "")}\n`;
}

const head = (name: string, { values }: Request) => [`${name.length === 1 ? "-" : "--"}${name}`, ...values].join(" ");

export const IOCTL_HELP = `Usage: tabtpm swtpm_ioctl --tcp [HOST]:[PORT] | --unix PATH   REQUEST

Sends a request to the control channel of tabtpm socket, or of swtpm, as swtpm_ioctl does. Port ${DEFAULT_PORT} by default.

Requests:
${Object.entries(REQUESTS)
  .map(([name, row]) => `  ${head(name, row).padEnd(24)} ${row.help}`)
  .join("\n")}
`;

export interface IoctlCommand {
  where: NetConnectOpts;
  /** @returns what is printed. */
  run(channel: Connection): Promise<string>;
}

/** @returns undefined when help is asked for. @throws UsageError */
export function parseIoctlOptions(argv: readonly string[]): IoctlCommand | undefined {
  let where: NetConnectOpts | undefined;
  let run: IoctlCommand["run"] | undefined;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    const take = (what: string) => {
      const value = argv[++i];
      if (value === undefined) throw new UsageError(`${argument} needs a value: ${argument} ${what}.`);
      return value;
    };
    const name = /^--?([\w-]+)$/.exec(argument)?.[1] ?? "";
    const row = Object.hasOwn(REQUESTS, name) ? REQUESTS[name] : undefined;
    if (name === "help") return undefined;
    if (name === "tcp") where = tcpAddress(take("HOST:PORT"));
    else if (name === "unix") where = { path: take("PATH") };
    else if (row === undefined)
      throw new UsageError(`swtpm_ioctl has no "${argument}"; see tabtpm swtpm_ioctl --help.`);
    else if (run !== undefined) throw new UsageError(`One request at a time: ${argument} is one too many.`);
    else {
      const values = row.values.map(take);
      run = (channel) => row.run(channel, ...values);
    }
  }
  if (run === undefined) throw new UsageError("A request is needed, such as -i; see tabtpm swtpm_ioctl --help.");
  if (where === undefined) {
    throw new UsageError(
      "--tcp HOST:PORT or --unix PATH is needed: character devices need ioctl calls, which Node can't make.",
    );
  }
  return { where, run };
}

function tcpAddress(text: string): NetConnectOpts {
  const [, host = "", port = ""] = /^(.*?):?(\d*)$/s.exec(text) ?? [];
  return {
    host: host.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1",
    port: port === "" ? DEFAULT_PORT : parseNumber(`--tcp ${text}`, port, "port"),
  };
}

/** @throws ResultError, and Error for what the connection reports. */
export async function ioctl({ where, run }: IoctlCommand, streams: Streams, signal: AbortSignal): Promise<void> {
  const socket = connect(where);
  const end = () => socket.destroy();
  signal.addEventListener("abort", end);
  try {
    await once(socket, "connect");
    let output: string | undefined;
    let failed: Error | undefined;
    await converse(
      socket,
      async (channel) => {
        output = await run(channel);
      },
      (error) => {
        failed = error;
      },
    );
    if (failed !== undefined) throw failed;
    if (output === undefined) throw new Error("The server has closed the connection without an answer.");
    streams.stdout.write(output);
  } finally {
    signal.removeEventListener("abort", end);
    socket.destroy();
  }
}
