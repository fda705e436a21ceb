/** The passphrase of a TPM and of what is exported. */
export const passphrase = {
  button: "Passphrase…",
  label: (name: string) => `Passphrase of ${name}`,
  badge: "encrypted",

  unlockTitle: "The TPM is encrypted",
  unlockLead: (name: string) => `“${name}” is stored with a passphrase. The PC starts once it is given.`,
  unlockHint:
    "A wrong one changes nothing. Without the right one nobody can open this TPM, and nobody can restore the passphrase: use another TPM, or make one.",
  field: "Passphrase of the TPM",
  unlockConfirm: "Open it",
  others: "Other TPMs…",

  title: (name: string) => `Passphrase of “${name}”`,
  lead: "What this browser stores of the TPM (its state, the firmware’s variables, states that were set aside) is encrypted with it: scrypt makes a key of it, AES-256-GCM encrypts. The page asks for it at each start. While the page is open its worker has the key, and the TPM its secrets.",
  warning: "Nobody can restore it. Who forgets it has lost the TPM and all that is sealed to it.",
  current: "Passphrase now",
  next: "New passphrase",
  again: "New passphrase once more",
  differ: "The two are not the same.",
  set: "Encrypt it",
  change: "Change it",
  removes: "Take the passphrase away: the TPM is stored unencrypted then",
  remove: "Take it away",
  copiesStay:
    "Snapshots of the PC that this browser keeps have the TPM in them and are encrypted with it as well; their names, dates and sizes are not. Files that were exported keep the passphrase that they were saved with.",
  working: "A key is made of the passphrase…",

  exportProtected: "The file is encrypted with the TPM’s passphrase, and needs it wherever it is opened.",
  exportWith: "Passphrase for the file (left empty: not encrypted)",
  exportAgain: "Passphrase once more",
  importWith: "Passphrase, if the file is encrypted",
  importHint: "The TPM stays encrypted with it in this browser.",
  copyWith: "Passphrase of the TPM, which the copy has as well",

  problems: {
    missing: "It is encrypted: give its passphrase.",
    "wrong-passphrase": "The passphrase is wrong. Nothing was changed; try again.",
    "wrong-key": "It is encrypted with a key (tabtpm --key), not with a passphrase.",
    damaged:
      "What is encrypted is damaged: octets of it have changed or are missing, whatever the passphrase is. Take another copy of it.",
    newer: "A newer tabtpm encrypted it. Reload the page to get the newest version.",
    other: "It belongs to another TPM, or is something else than a TPM. Nothing was changed.",
    plain: "It is not encrypted, or damaged at its start, and a passphrase was given.",
    snapshots:
      "The TPM has it. Some of its snapshots could not be encrypted with it, though: free space on the disk or delete them; they are when the TPM is next opened.",
    unusable: "A passphrase has 1 to 1,024 characters.",
  },
};
