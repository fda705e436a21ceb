/**
 * How other people's programs start swtpm, as facts about them. S is a socket's path, D a folder, F a file; descriptor 3 is a
 * listening socket, 25 and 26 are pipes with a password.
 */
import type { SocketOptions } from "../socket/options.ts";

const ctrl = { kind: "unix", path: "S", mode: 0o600, uid: undefined, gid: undefined } as const;
const ctrlWithoutMode = { ...ctrl, mode: 0o770 };
const inheritedCtrl = { kind: "fd", fd: 3 } as const;
const libvirt: Partial<SocketOptions> = {
  ...{ ctrl, dir: "D", mode: 0o600, terminate: true, server: undefined, daemon: false, powerOn: false },
};
const log = (more: object = {}) => ({ target: { file: "D", truncate: false }, level: 1, prefix: "", ...more });

/** [who, the line after `tabtpm socket`, some of what it asks for]; see launchers.test.ts */
export const TAKEN: [string, string, Partial<SocketOptions>][] = [
  [
    "libvirt",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --log file=D --terminate --tpm2",
    { ...libvirt, log: log() },
  ],
  [
    "libvirt, as a daemon",
    "--daemon --ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --log file=D,level=20 --terminate --tpm2 --pid file=F",
    { ...libvirt, daemon: true, pid: { file: "F" }, log: log({ level: 20 }) },
  ],
  [
    "libvirt, with a key",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --log file=D --terminate --key pwdfd=25,mode=aes-256-cbc --migration-key pwdfd=26,mode=aes-256-cbc --tpm2",
    {
      ...libvirt,
      key: { option: "--key", from: { fd: 25 }, form: "pbkdf2", size: 32, removes: false, adopts: false },
      migrationKey: {
        option: "--migration-key",
        from: { fd: 26 },
        form: "pbkdf2",
        size: 32,
        removes: false,
        adopts: false,
      },
    },
  ],
  [
    "libvirt, with a folder's address",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate backend-uri=dir://D,mode=0600 --terminate --tpm2",
    libvirt,
  ],
  [
    "libvirt, with a file's address",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate backend-uri=file://D,mode=0600 --terminate --tpm2",
    { ...libvirt, dir: process.cwd(), file: "D" },
  ],
  [
    "libvirt, for a migration",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --terminate --migration incoming,release-lock-outgoing --tpm2",
    { ...libvirt, migration: { incoming: true, releaseLockOutgoing: true } },
  ],
  [
    "libvirt, with a lock",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600,lock --terminate --tpm2",
    { ...libvirt, idle: [] },
  ],
  [
    "libvirt, with a copy and all on the disk",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600,fsync,backup --terminate --tpm2",
    { ...libvirt, idle: ["--tpmstate backup: no copy is kept; a commit leaves the old state or the new one, whole"] },
  ],
  [
    "libvirt, with a profile",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --terminate --tpm2 --profile name=default-v2",
    { ...libvirt, profile: "full" },
  ],
  [
    "libvirt, with a profile of libtpms 0.9",
    "--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --terminate --tpm2 --profile name=null",
    { ...libvirt, profile: "libtpms-0.9" },
  ],
  [
    "libvirt, with a profile in JSON",
    '--ctrl type=unixio,path=S,mode=0600 --tpmstate dir=D,mode=0600 --terminate --tpm2 --profile profile={"Name":"custom:mine"},remove-disabled=check',
    { ...libvirt, profile: "full", idle: ["--profile remove-disabled: nothing here uses the host's OpenSSL"] },
  ],
  [
    "Proxmox, with a file",
    "--tpmstate backend-uri=file://D,mode=0600 --ctrl type=unixio,path=S,mode=0600 --pid file=F --terminate --daemon --log file=D,level=1,prefix=[id=100] --tpm2",
    { ...libvirt, dir: process.cwd(), file: "D", daemon: true, pid: { file: "F" }, log: log({ prefix: "[id=100]" }) },
  ],
  [
    "who filters system calls",
    "--seccomp action=log --tpm2 --tpmstate dir=D --ctrl type=unixio,path=S",
    { ctrl: ctrlWithoutMode, dir: "D", idle: ["--seccomp: Node can't filter its own system calls; a container can"] },
  ],
  [
    "quickemu",
    "--ctrl type=unixio,path=S --terminate --tpmstate dir=D --tpm2",
    { ctrl: ctrlWithoutMode, dir: "D", mode: undefined, terminate: true, ctrlTerminate: false },
  ],
  [
    "UTM",
    "--terminate --tpm2 --tpmstate dir=D --ctrl type=unixio,path=S,terminate",
    { ctrl: ctrlWithoutMode, dir: "D", terminate: true, ctrlTerminate: true },
  ],
  [
    "Incus, for a VM",
    "--tpm2 --tpmstate dir=D --ctrl type=unixio,path=S",
    { ctrl: ctrlWithoutMode, dir: "D", terminate: false },
  ],
  ["LXD, for a VM", "--tpm2 --tpmstate dir=D --ctrl type=unixio,fd=3", { ctrl: inheritedCtrl, dir: "D" }],
  ["systemd-vmspawn", "--tpm2 --tpmstate dir=D --ctrl type=unixio,fd=3", { ctrl: inheritedCtrl, dir: "D" }],
  [
    "Proxmox, with a folder",
    "--tpmstate backend-uri=dir://D,mode=0600 --ctrl type=unixio,path=S,mode=0600 --pid file=F --terminate --daemon --log file=D,level=1,prefix=[id=100] --tpm2",
    { ...libvirt, daemon: true, pid: { file: "F" }, log: log({ prefix: "[id=100]" }) },
  ],
  [
    "Vagrant",
    "--tpmstate dir=D --tpm2 --ctrl type=unixio,path=S --daemon --terminate --log file=D --pid file=F",
    { ctrl: ctrlWithoutMode, dir: "D", daemon: true, terminate: true, pid: { file: "F" }, log: log() },
  ],
  [
    "NixOS",
    "-t -d --tpmstate dir=D --ctrl type=unixio,path=S,terminate --pid file=F --tpm2 --log file=D,level=6",
    { ctrl: ctrlWithoutMode, terminate: true, ctrlTerminate: true, daemon: true, log: log({ level: 6 }) },
  ],
];
