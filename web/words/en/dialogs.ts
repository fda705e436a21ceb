/** Questions that wait for an answer. */
export const dialogs = {
  newTpm: {
    title: "Replace this TPM by a new one?",
    setAside: "Set it aside and start a new TPM",
    delete: "Delete it and start a new TPM",
    outOfReach:
      "The stored state stays in this browser, set aside, but the page does not use it any more. Out of reach are:",
    lost: "The TPM that lives in this browser is deleted for good. Lost with it are:",
    seeds: "its seeds, so every key made from them and everything sealed to this TPM;",
    authorisations: "the owner, endorsement and lockout authorisations and policies;",
    counters: "its clock, reset counters and dictionary-attack settings.",
    afterwards:
      "The PC restarts with a freshly manufactured TPM, whose Endorsement Keys get certificates from a demo CA of this browser. No manufacturer stands behind it.",
  },
  address: {
    title: "Start the PC as this link says?",
    cancel: "Start without that",
    confirm: "Start as it says",
    arguments: "The page’s address has arguments for the PC’s kernel:",
    files: "The page’s address has files for the PC:",
    warning:
      "With arguments or files of its own a link can have the PC run any program, which can use, change or clear this TPM and the files at /mnt. Nothing of them is kept: the next visit without them is as before.",
  },
};
