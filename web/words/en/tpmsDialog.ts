/** What the dialog "TPMs" says: several TPMs in one browser, by name. */
export const tpmsDialog = {
  lead: "Each has its own seeds, keys and memory (NV). The PC has one at a time, and boots with it at the next visit, too.",
  list: "TPMs",
  here: "in use",
  elsewhere: "in use in another tab",
  profile: (name: string) => `profile ${name}`,
  certificates: (count: number) =>
    count === 0 ? "no EK certificates" : count === 1 ? "1 EK certificate" : `${count} EK certificates`,
  lastUsed: (when: string) => `last used ${when}`,
  neverUsed: "never used",
  lasting: {
    persistent: "The browser has promised to keep them until you delete them (persistent storage).",
    "not promised":
      "The browser may delete them when the disk is full: it has not promised to keep them (no persistent storage).",
    forgotten: "The browser will very likely forget them with this window: it looks like a private one.",
  },
  askPersistence: "Ask the browser to keep them",
  use: "Use",
  useLabel: (name: string) => `Use ${name}`,
  rename: "Rename…",
  renameLabel: (name: string) => `Rename ${name}`,
  copy: "Copy…",
  copyLabel: (name: string) => `Copy ${name}`,
  export: "Export…",
  exportLabel: (name: string) => `Export ${name}`,
  remove: "Delete…",
  removeLabel: (name: string) => `Delete ${name}`,
  removeOff: "It is in use: use another one first.",
  create: "New…",
  import: "Import…",
  back: "Back",
  name: "Name",
  madeAnnouncement: "The TPM has been made",
  failedAnnouncement: "That did not work",
  making: (done: number, total: number) =>
    total === 0
      ? "The TPM is being made."
      : `The TPM is being made: certificate ${Math.min(done + 1, total)} of ${total}.`,
  makingNote: "The TPM that is in use is not touched, and the PC goes on.",
  stopMaking: "Stop",

  createTitle: "A new TPM",
  createLead: "It is made beside the others, with seeds of its own. The PC goes on with the TPM that is in use.",
  profileField: "Profile",
  profileFull: "full: everything that tabtpm has",
  profileLibtpms: "libtpms-0.9: the algorithms, limits and answers of libtpms 0.9",
  profileHint: "It is fixed when a TPM is made.",
  banks: "PCR banks",
  banksHint: "The hash algorithms whose PCRs are active from the first start on. Linux and its tools expect SHA-256.",
  noBank: "Choose at least one bank: without PCRs no boot is measured.",
  withCertificates: "Certificates of the Endorsement Keys",
  certificatesHint:
    "Signed by a demo CA of this browser; no manufacturer stands behind it. They take some seconds. Without them nobody can check that a key is in this TPM.",
  createConfirm: "Make it",

  copyTitle: (name: string) => `Copy “${name}”`,
  cloneChoice: "A clone: the same TPM a second time",
  cloneHint:
    "The same seeds, keys, NV data, passwords and certificates. Two machines then claim one identity, and nobody can tell them apart: what is sealed to one opens in the other, and counters go their own ways. Good as a backup or to repeat an experiment.",
  identityChoice: "With a new identity: another TPM, set up alike",
  identityHint:
    "All seeds are new (TPM2_ChangePPS, TPM2_ChangeEPS, TPM2_Clear). Profile, PCR banks, the platform’s NV Indices and the PC’s settings stay; its owner’s keys, NV data, passwords and sealed data do not. Where the old one has certificates, the new Endorsement Keys get their own.",
  copyRunning: "It is running: the copy is as if its power had been cut now.",
  copyConfirm: "Copy it",
  copyName: (name: string) => `${name} copy`,

  renameTitle: (name: string) => `Rename “${name}”`,
  renameConfirm: "Rename",

  exportTitle: (name: string) => `Export “${name}”`,
  exportWarning:
    "The file has every secret of the TPM, unencrypted: its seeds, its private keys, its passwords and all that is sealed to it. Whoever has the file has the TPM. Keep it as you would keep the keys themselves.",
  exportHint:
    "It is the TPM as it is stored now. The PC’s settings and the firmware’s variables are not in it. Imported again it is a clone.",
  exportConfirm: "Save the file",

  importTitle: "Import a TPM",
  importLead:
    "From a file that was exported here, or the tpm2.state of tabtpm in Node. It is added beside the others and replaces none. While the TPM that it came from is in use, it is a clone of that.",
  importFile: "File",
  importConfirm: "Import it",

  removeTitle: (name: string) => `Delete “${name}” for good?`,
  removeLead: "It can’t be brought back. Lost with it are:",
  removeLoses: [
    "its seeds, so every key made from them and everything sealed to it;",
    "its NV data, certificates, authorisations and policies;",
    "the PC’s settings and the firmware’s variables that are kept with it, and states that were set aside in its place.",
  ],
  removeConfirm: "Delete it",

  useTitle: (name: string) => `Use “${name}”?`,
  useLead:
    "The PC is shut down in order, its TPM is told (TPM2_Shutdown), and the page is loaded anew and boots with the other TPM. What runs in the PC ends; disks and kernels that were chosen in the settings have to be chosen again.",
  useConfirm: "Shut down and use it",
  usedElsewhere: "It is in use in another tab: close that tab, or take the TPM over when the page asks.",

  problems: {
    name: {
      empty: "It needs a name.",
      long: (limit: number) => `A name has at most ${limit} characters.`,
      character: "It has a character that is not seen, or that turns the order of letters round: take it out.",
      taken: "There is a TPM of that name already: choose another one.",
    },
    file: {
      empty: "The file is empty: choose the file that was saved.",
      sealed:
        "The state in it is encrypted (tabtpm socket --key). Save it without a key where the key is, and import that.",
      volatile: "It is a volatile state (tpm2.volatile), which is not the TPM: choose the tpm2.state beside it.",
      variables: "These are the firmware’s variables (tpm2.variables): choose the tpm2.state beside them.",
      swtpm:
        "It is a state of swtpm, another program. tabtpm import-swtpm --export makes a file of it, on the command line: import that.",
      cut: "The file is not whole: copy it again from where it was saved.",
      other: "It is no TPM state: choose a file that was exported here, or the tpm2.state of tabtpm.",
      large: "It is larger than any TPM state: choose a file that was exported here.",
      damaged:
        "The state in it is damaged: it does not pass its integrity check, so its keys can’t be trusted. Take another copy of the file.",
      newer:
        "It was written by a newer tabtpm, which this page does not understand. Reload the page to get the newest version.",
    },
    inUse: "A tab has this TPM open: close that tab first, or use another TPM there.",
    gone: "This TPM is not there any more: another tab has deleted it.",
    notLoaded:
      "What makes TPMs is fetched when it is first needed, and did not arrive. Nothing was changed; try again when the network is back.",
    failed: (reason: string) => `Nothing was changed. ${reason}`,
  },
};
