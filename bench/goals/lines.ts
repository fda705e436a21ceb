/** The lines of the table: what of the measurements they show, and the goal. */

/** A figure of the samples: whose is left open. */
export interface Figure {
  probe: string;
  field: string;
}

export interface Line {
  group: string;
  what: string;
  figure: Figure;
  /** What it is shown as; times are microseconds in the samples. */
  unit: "us" | "ms" | "s" | "MB/s" | "KiB" | "times";
  /** How many commands or octets the figure is for; it is shown for one command, or as a throughput. 1 unless given. */
  per?: number;
  /** Shown as a ratio to another figure, times the number: of the same subject, or of another. */
  to?: Figure & { of?: string; times?: number };
  /** At most; of a throughput at least. Without one the line says what is beside. */
  goal?: number;
  /** The goal is to be at least as fast as the other checkout: a ratio, which no conversion makes worse. */
  isAsFast?: boolean;
  /**
   * What says how fast the reference machine is at this, where the calibration can't: another's figure, and what it was there
   * when the goal was set, microseconds.
   */
  by?: Figure & { of: string; there: number };
  /** When the goal was set, on the reference machine. */
  before?: number;
  /** Does not depend on how fast the processor is. */
  isFixed?: boolean;
}

const SIGN: Figure & { of: string } = { probe: "calibration", field: "sign", of: "" };
const cpu = (probe: string): Figure => ({ probe, field: "cpu" });
const wall = (probe: string): Figure => ({ probe, field: "wall" });
/** A socket is the operating system's, and no faster where a signature is: the echo server beside it took so long there. */
const ECHO: Figure & { of: string; there: number } = { ...wall("smallCommand"), of: "Node", there: 8.7 };

export const lines: readonly Line[] = [
  {
    group: "guest",
    what: "`tpm2_createprimary` in the guest",
    figure: { probe: "boot", field: "createprimary" },
    unit: "s",
    goal: 1.2,
    before: 3.5,
  },
  { group: "guest", what: "`tpm2_getrandom` in the guest", figure: { probe: "boot", field: "getrandom" }, unit: "s" },
  { group: "guest", what: "boot to the prompt, in Node", figure: { probe: "boot", field: "boot" }, unit: "s" },
  {
    group: "sign",
    what: "Sign RSASSA-2048, to node:crypto",
    figure: cpu("sign"),
    to: SIGN,
    unit: "times",
    goal: 2.8,
    before: 4.3,
  },
  { group: "sign", what: "Sign RSASSA-2048", figure: cpu("sign"), unit: "us" },
  { group: "keys", what: "Create RSA-2048, mean", figure: cpu("create"), unit: "ms", goal: 25, before: 47 },
  {
    group: "keys",
    what: "CreatePrimary RSA-2048 and FlushContext, mean",
    figure: cpu("createPrimary"),
    unit: "ms",
    goal: 25,
    before: 59,
  },
  { group: "load", what: "Load RSA-2048 and FlushContext", figure: cpu("load"), unit: "us", goal: 30, before: 93 },
  { group: "load", what: "Load RSA-2048, Sign RSASSA and FlushContext", figure: cpu("loadAndSign"), unit: "us" },
  { group: "ecc", what: "VerifySignature P-256", figure: cpu("verify"), unit: "us", goal: 90, before: 128 },
  { group: "ecc", what: "ECDH_ZGen P-256", figure: cpu("ecdh"), unit: "us", goal: 90, before: 117 },
  { group: "ecc", what: "P-256 verification, kernel", figure: cpu("verifyKernel"), unit: "us" },
  { group: "ecc", what: "P-256 ECDH, kernel", figure: cpu("ecdhKernel"), unit: "us" },
  {
    group: "aes",
    what: "AES-128 CFB encryption, 64 KiB",
    figure: cpu("cfb"),
    per: 65_536,
    unit: "MB/s",
    isAsFast: true,
    before: 261,
  },
  {
    group: "aes",
    what: "AES-128 CFB decryption, 64 KiB",
    figure: cpu("cfbDecryption"),
    per: 65_536,
    unit: "MB/s",
    isAsFast: true,
    before: 289,
  },
  {
    group: "aes",
    what: "AES-128 CTR, 64 KiB",
    figure: cpu("ctr"),
    per: 65_536,
    unit: "MB/s",
    isAsFast: true,
    before: 283,
  },
  { group: "aes", what: "CMAC-AES-128, 64 KiB", figure: cpu("cmac"), per: 65_536, unit: "MB/s" },
  { group: "aes", what: "CTR_DRBG AES-256, 1 KiB", figure: cpu("drbg"), per: 1024, unit: "MB/s" },
  { group: "aes", what: "EncryptDecrypt2 AES-128-CFB, 1 KiB", figure: cpu("encryptDecrypt"), unit: "us" },
  { group: "hash", what: "SHA-256, 64 KiB", figure: cpu("hash"), per: 65_536, unit: "MB/s", before: 358 },
  { group: "hash", what: "hash sequence of 1 MiB, 1,026 commands", figure: cpu("sequence"), unit: "ms", before: 8.7 },
  {
    group: "hash",
    what: "the sequence, to the bare hash of as much",
    figure: cpu("sequence"),
    to: { ...cpu("hash"), times: 16 },
    unit: "times",
    goal: 1.25,
    before: 2.97,
  },
  {
    group: "tcp",
    what: "small command over TCP, answer",
    figure: wall("smallCommand"),
    by: ECHO,
    unit: "us",
    goal: 11,
    before: 16.3,
  },
  {
    group: "tcp",
    what: "small command over TCP, the server's CPU",
    figure: cpu("smallCommand"),
    by: ECHO,
    unit: "us",
    goal: 13,
    before: 22.8,
  },
  { group: "commit", what: "commit of 4 kB to a file", figure: cpu("small"), unit: "us", goal: 220, before: 707 },
  { group: "commit", what: "commit of 40 kB to a file", figure: cpu("large"), unit: "us", goal: 220, before: 738 },
  { group: "commit", what: "commit of 4 kB to a file, wall", figure: wall("small"), unit: "us", isFixed: true },
  { group: "commit", what: "NV_Write over TCP, the server's CPU", figure: cpu("nvWrite"), per: 2, unit: "us" },
  {
    group: "startup",
    what: "Startup over TCP, answer",
    figure: wall("startup"),
    unit: "ms",
    goal: 1.2,
    before: 4.2,
  },
  { group: "startup", what: "Startup over TCP, the server's CPU", figure: cpu("startup"), unit: "ms" },
  {
    group: "ready",
    what: "createTpm to ready, not the first",
    figure: cpu("ready"),
    unit: "ms",
    goal: 1.2,
    before: 2.5,
  },
  {
    group: "many",
    what: "1,000 TPMs in one process, started",
    figure: cpu("many"),
    unit: "s",
    goal: 2,
    before: 6.8,
  },
  {
    group: "many",
    what: "each of them at rest",
    figure: { probe: "many", field: "resident" },
    unit: "KiB",
    goal: 300,
    before: 551,
    isFixed: true,
  },
  {
    group: "start",
    what: "`tabtpm socket --help`, package",
    figure: cpu("helpOfPackage"),
    unit: "s",
    goal: 0.1,
    before: 0.15,
  },
  {
    group: "start",
    what: "`tabtpm socket --help`, clone",
    figure: cpu("helpOfClone"),
    unit: "s",
    goal: 0.1,
    before: 0.21,
  },
  { group: "start", what: "`tabtpm --version`, package", figure: cpu("versionOfPackage"), unit: "s" },
  { group: "start", what: "`node -e 0`", figure: cpu("bareNode"), unit: "s", before: 0.05 },
  { group: "nv", what: "NV_Write of 8 octets, 10 indices", figure: cpu("few"), per: 2, unit: "us", before: 16 },
  {
    group: "nv",
    what: "NV_Write of 8 octets, 1,000 indices",
    figure: cpu("many"),
    per: 2,
    unit: "us",
    goal: 60,
    before: 228,
  },
];
