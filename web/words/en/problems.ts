/** What keeps the PC from running: a title, what it means and what to do. What is given is the error's own message. */
const keep = "It stays as it is until you decide. Nothing was overwritten.";

export const problems = {
  kinds: {
    "taken-over": {
      title: "Another tab took this TPM over",
      paragraphs: (_message: string) => [
        "The PC here was stopped, as if its power had been cut. Everything that the TPM had acknowledged is stored, and the other tab goes on with it.",
        "To go on here, take the TPM back: the other tab stops, and the PC here boots again.",
      ],
    },
    "in-use": {
      title: "This TPM is in use in another tab",
      paragraphs: (_message: string) => [
        "A TPM has one owner at a time: two tabs would overwrite each other's state.",
        "Go on in the other tab, or take the TPM over: the PC there stops as if its power were cut, and boots here.",
      ],
    },
    "given-up": {
      title: "The PC was given up to move",
      paragraphs: (_message: string) => [
        "It goes on in another tab, or where its file is opened.",
        "Take it back only if it does not run there: it would be there twice.",
      ],
    },
    moved: {
      title: "The PC runs in another tab",
      paragraphs: (_message: string) => ["Nothing of it runs here."],
    },
    "newer-state": {
      title: "The stored TPM was written by a newer tabtpm",
      paragraphs: (_message: string) => [
        `This version does not understand its state. ${keep}`,
        "Reload the page to get the newest version. If that does not help, save the state and start a new TPM; the stored one is set aside in this browser.",
      ],
    },
    "damaged-state": {
      title: "The stored TPM is damaged",
      paragraphs: (_message: string) => [
        `Its state does not pass the integrity check, so its keys and authorisations can't be trusted. ${keep}`,
        "Save the state if you may want it examined. A new TPM sets it aside in this browser and starts without its keys.",
      ],
    },
    sealed: {
      title: "The stored TPM is encrypted",
      paragraphs: (_message: string) => ["The PC starts once its passphrase is given. Nothing was changed."],
    },
    "no-storage": {
      title: "The browser does not let this page keep the TPM's state",
      paragraphs: (message: string) => [
        "A TPM must remember its seeds and authorisations, and the place for them can't be used.",
        message,
      ],
    },
    platform: { title: "This browser can't run the TPM", paragraphs: (message: string) => [message] },
    image: { title: "A part of the PC did not arrive whole", paragraphs: (message: string) => [message] },
    error: {
      title: "The PC could not start",
      paragraphs: (message: string) => [
        message,
        "Reload the page to try again. The TPM's stored state was not changed by this.",
      ],
    },
  },
  choices: {
    unlock: "Give the passphrase…",
    "take-over": "Take over",
    "bring-here": "Bring the running PC here",
    "use-here": "Use it here",
    "take-back": "Take it back",
    "save-again": "Save the file again",
    "download-state": "Download the stored state",
    "new-tpm": "Start a new TPM…",
    reload: "Reload the page",
  },
  emulatorNotFetched: (status: number) => `The PC emulator (v86.wasm) could not be fetched: HTTP ${status}.`,
};
