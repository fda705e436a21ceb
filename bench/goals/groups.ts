/** What is measured: groups, whose probes take turns with each other and with the calibration. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { installed } from "../processes.mjs";
import { commandOf, type Subject, swtpmOverTcp, tabtpmOverTcp } from "../tpm/subjects.ts";
import type { Checkout } from "./checkout.ts";
import { booted, manySwtpms, manyTpms, started } from "./outside.ts";
import { pingedEcho, pingedTpm } from "./pinged.ts";
import { FEW, MANY, rowNamed } from "./rows.ts";
import { commandTaker, type Taker } from "./taker.ts";
import type { Task } from "./tasks.ts";

/** Who is measured beside the checkouts. */
export const OTHERS = ["swtpm", "node:crypto", "Node"] as const;

export interface Lab {
  checkouts: readonly Checkout[];
  hasSwtpm: boolean;
  /** The C client, where it could be compiled. */
  client?: string;
  /** For what is made meanwhile. */
  folder: string;
}

export interface Counts {
  /** Of most groups. */
  rounds: number;
  /** Of each kind that is made. */
  keys: number;
  boots: number;
}

/** Makes those who take turns. @returns them by who they are: a checkout's name, or one of {@link OTHERS} */
export type Probe = (lab: Lab) => Promise<Map<string, Taker>>;

export interface Group {
  name: string;
  probes: Readonly<Record<string, Probe>>;
  rounds(counts: Counts): number;
  /** Its time is a matter of luck, or of coarse clocks: means. */
  isMean?: boolean;
}

/** All tasks of a probe that a checkout has. */
function byCheckouts(what: Task): Probe {
  return async ({ checkouts }) => {
    const takers = new Map<string, Taker>();
    for (const checkout of checkouts) {
      const taker = await checkout.prepare(what);
      if (taker) takers.set(checkout.name, taker);
    }
    return takers;
  };
}

/** A kernel of the crypto beside node:crypto. */
function kernel(file: "symmetric" | "ecc", row: string): Probe {
  return async (lab) => {
    const takers = await byCheckouts({ kind: "kernel", file, row, who: "tabtpm" })(lab);
    const theirs = await lab.checkouts[0]?.prepare({ kind: "kernel", file, row, who: "node" });
    if (theirs) takers.set("node:crypto", theirs);
    return takers;
  };
}

/** A subject of one row, stopped with it. */
async function alone(started: Promise<Subject>, row: string, single: boolean): Promise<Taker> {
  const subject = await started;
  try {
    const { turn } = await commandTaker(subject, rowNamed(row), single);
    return { turn, done: () => subject.stop() };
  } catch (error) {
    await subject.stop();
    throw error;
  }
}

/** A row of commands in process, beside swtpm, which has no other way than a socket. */
function command(name: string, single = false): Probe {
  const isTheirs = rowNamed(name).on === undefined;
  return async (lab) => {
    const takers = await byCheckouts({ kind: "command", row: name, single })(lab);
    if (lab.hasSwtpm && isTheirs) takers.set("swtpm", await alone(swtpmOverTcp(), name, single));
    return takers;
  };
}

/** A row of commands on servers. */
function served(name: string, single = false): Probe {
  rowNamed(name);
  return async ({ checkouts, hasSwtpm }) => {
    const takers = new Map<string, Taker>();
    for (const { name: who, folder } of checkouts) takers.set(who, await alone(tabtpmOverTcp(folder), name, single));
    if (hasSwtpm) takers.set("swtpm", await alone(swtpmOverTcp(), name, single));
    return takers;
  };
}

const smallCommand: Probe = async ({ checkouts, hasSwtpm, client }) => {
  const takers = new Map<string, Taker>();
  for (const { name, folder } of checkouts) takers.set(name, await pingedTpm(commandOf(folder), client));
  if (hasSwtpm) takers.set("swtpm", await pingedTpm(["swtpm"], client));
  takers.set("Node", await pingedEcho(client));
  return takers;
};

const TPMS = 1000;
const many: Probe = async ({ checkouts, hasSwtpm }) => {
  const takers = new Map(checkouts.map(({ name, folder }) => [name, manyTpms(folder, TPMS)]));
  if (hasSwtpm) takers.set("swtpm", manySwtpms(TPMS));
  return takers;
};

const boot: Probe = async ({ checkouts }) => new Map(checkouts.map(({ name, folder }) => [name, booted(folder)]));

/** The package of each checkout, installed once. */
const packages = new WeakMap<Checkout, Promise<string>>();
function packageOf(checkout: Checkout, folder: string): Promise<string> {
  const made = packages.get(checkout) ?? installed(mkdtempSync(join(folder, "package-")), checkout.folder);
  packages.set(checkout, made);
  return made;
}

/** `tabtpm` with these arguments, which end it. */
function firstLine(where: "clone" | "package", args: readonly string[], swtpm?: readonly string[]): Probe {
  return async ({ checkouts, hasSwtpm, folder }) => {
    const takers = new Map<string, Taker>();
    for (const checkout of checkouts) {
      const [node = "", file = ""] = commandOf(checkout.folder);
      const program = where === "clone" ? file : await packageOf(checkout, folder);
      takers.set(checkout.name, started(node, program, ...args));
    }
    if (hasSwtpm && swtpm) takers.set("swtpm", started("swtpm", ...swtpm));
    return takers;
  };
}
const bareNode: Probe = async () => new Map([["Node", started(process.execPath, "-e", "0")]]);

const HELP = ["socket", "--help"];
const VERSION = ["--version"];
const most = ({ rounds }: Counts) => rounds;
const few = ({ rounds }: Counts) => Math.ceil(rounds / 4);

export const groups: readonly Group[] = [
  {
    name: "guest",
    probes: { boot },
    rounds: ({ boots }) => boots,
  },
  { name: "sign", probes: { sign: command("Sign RSASSA-2048") }, rounds: most },
  {
    name: "keys",
    probes: {
      create: command("Create RSA-2048", true),
      createPrimary: command("CreatePrimary RSA-2048 and FlushContext", true),
    },
    rounds: ({ keys }) => keys,
    isMean: true,
  },
  {
    name: "load",
    probes: {
      load: command("Load RSA-2048 and FlushContext"),
      loadAndSign: command("Load RSA-2048, Sign RSASSA and FlushContext"),
    },
    rounds: most,
  },
  {
    name: "ecc",
    probes: {
      verify: command("VerifySignature P-256"),
      ecdh: command("ECDH_ZGen P-256"),
      verifyKernel: kernel("ecc", "NIST P-256 ECDSA verification"),
      ecdhKernel: kernel("ecc", "NIST P-256 ECDH"),
    },
    rounds: most,
  },
  {
    name: "aes",
    probes: {
      cfb: kernel("symmetric", "AES-128 CFB encryption"),
      cfbDecryption: kernel("symmetric", "AES-128 CFB decryption"),
      ctr: kernel("symmetric", "AES-128 CTR encryption"),
      cmac: kernel("symmetric", "CMAC-AES-128, 65536 bytes"),
      drbg: kernel("symmetric", "CTR_DRBG AES-256, 1024 bytes"),
      encryptDecrypt: command("EncryptDecrypt2, AES-128-CFB, 1,024 octets"),
    },
    rounds: most,
  },
  {
    name: "hash",
    probes: {
      hash: kernel("symmetric", "SHA-256, 65536 bytes"),
      sequence: command("hash sequence over 1 MiB, SHA-256"),
    },
    rounds: most,
  },
  { name: "tcp", probes: { smallCommand }, rounds: most },
  {
    name: "commit",
    probes: {
      small: byCheckouts({ kind: "commit", size: 4000 }),
      large: byCheckouts({ kind: "commit", size: 40_000 }),
      nvWrite: served("NV_Write, 64 octets, twice: other data and back"),
    },
    rounds: most,
  },
  { name: "startup", probes: { startup: served("Startup(CLEAR), after _TPM_Init", true) }, rounds: most },
  { name: "ready", probes: { ready: byCheckouts({ kind: "ready" }) }, rounds: most },
  { name: "many", probes: { many }, rounds: few },
  {
    name: "start",
    probes: {
      bareNode,
      helpOfPackage: firstLine("package", HELP, HELP),
      helpOfClone: firstLine("clone", HELP),
      versionOfPackage: firstLine("package", VERSION, VERSION),
    },
    rounds: most,
    isMean: true,
  },
  { name: "nv", probes: { few: command(FEW.name), many: command(MANY.name) }, rounds: most },
];
