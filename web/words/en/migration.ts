/** A running PC that moves: fetched with its dialog. */
export const migration = {
  title: "Move the running PC",
  intro:
    "The PC and its TPM go on elsewhere, where they stand: sessions, keys and programs with them. It runs in one place only: here it is given up before it starts there.",
  openTab: "Move to a new tab",
  toTab: "To a tab that is open already: choose “Bring the running PC here” there.",
  saveFile: "Give up and save as a file",
  toFile:
    "To another browser or computer: the PC stops here for good, and goes on where the file is opened: by “Snapshots…”, “Import…”. The file has all of the TPM's secrets in it. If it is not opened anywhere, the PC can be taken back here.",
  waiting: "Waiting for the tab that has the PC…",
  leaving: "The PC stands still and is on its way.",
  coming: "The PC is coming.",
  late: "The PC changes places. This can't be cancelled any more.",
  kept: "The PC came, and was not started. Start it only if it does not run elsewhere.",
  unsure:
    "The browser does not say whether the TPM was given up. The PC stands still until that is known, so that it never runs twice; as it stood it is kept here. Look again; where that does not help, reload the page: then the PC starts here with its TPM, or can be taken back.",
  lookAgain: "Look again",
  lost: "The PC can't go on where it stood: what its memory held would be lost. Its TPM is whole, with its keys, and the PC can boot anew with it. Take it only if the PC does not run elsewhere: it would be there twice.",
  bootAnew: "Take the TPM back and boot anew",
  stop: "Cancel",
  start: "Start it here",
  discard: "Discard it",
  arrived: "The PC runs in this tab now.",
  left: "The PC runs in the other tab now.",
  troubles: {
    gone: "The other tab was closed.",
    cancelled: "The move was cancelled. The PC is where it was.",
    notGivenUp: "The other tab was closed before it gave the PC up. The PC is kept here as it stood.",
    stays: (why: string) =>
      `The TPM could not be given up, so the PC did not move and goes on here. Move it again; where that fails as well, shut it down and reload the page first. The reason: ${why}`,
    underWay: "The TPM of the PC is being taken over already: wait until that is done.",
    takenBack: "The PC was taken back by the other tab.",
    off: "There the PC is off: there is nothing to move.",
    drives: "There the PC has files of the user's as drives or kernel, which don't move with it.",
    failed: (why: string) => `The PC did not move: ${why}`,
    refused: (reasons: string) => `The PC can't move there, and has not stopped for it: ${reasons}.`,
  },
  losses: {
    missing: "Nothing is kept here any more of the PC as it stood.",
    damaged: "What is kept here of the PC as it stood is damaged.",
    newer: "A newer release of this page has kept the PC as it stood: reload the page first, and it may go on.",
    passphrase: "What is kept here of the PC as it stood is encrypted with another passphrase than its TPM.",
    images:
      "What is kept here of the PC as it stood is of another release of the guest: with the images of this page it can't go on.",
    refused: (why: string) => `What is kept here of the PC as it stood does not go on in this page: ${why}`,
    unread: (why: string) => `What is kept here of the PC as it stood can't be read: ${why}`,
  },
  reasons: {
    protocol: "the two pages move PCs in different ways",
    version: "the two pages are different releases",
    layout: "the TPM's state is laid out in another way",
    v86: "the emulators are different releases",
    profile: "that TPM profile is not known here",
    registers: "that TPM interface is not known here",
    memory: "the guest has more memory than can be had here",
    images: "the guest's images are others",
    busy: "a PC runs here already",
  },
  /** "the two pages are different releases (1.0, here 1.1)" */
  reason: (what: string, there: string, here: string) =>
    there === "" && here === "" ? what : `${what} (${there || "–"}, ${here || "–"})`,
};
