/** The notices between header and workbench. */
export const notices = {
  findings: {
    fault: "The TPM is not what it should be in this boot",
    unchecked: "Not everything of this boot could be checked",
    whatToDo: "A reset starts the TPM, the firmware and Linux afresh. Nothing that the TPM has stored is lost by it.",
    reset: "Reset",
  },
  clock: {
    name: "The PC's clock",
    behind: (duration: string) => `The PC’s clock is ${duration} behind: it stood still for that long. To set it:`,
  },
  lockout: {
    name: "Failed tries",
    lockedOut: "The TPM is locked out",
    counted: (failed: number, most: number) =>
      `${failed} of ${most} failed tries are counted: wrong passwords for what is protected against guessing, and power cuts while it was in use.`,
    refused: "What is protected answers TPM_RC_LOCKOUT, to the right password too.",
    off: "With a recovery time of 0 no further ones are counted, and none is forgotten.",
    recovery: (duration: string) => `The TPM forgets one every ${duration} while it has power.`,
    clear: "To forget all of them now (lockoutAuth is not set, so no password is needed):",
    clearWithAuth:
      "To forget all of them now, with -p and lockoutAuth, which is set; after a wrong one it can’t be used before the next reset:",
    clearWithAuthFor: (duration: string) =>
      `To forget all of them now, with -p and lockoutAuth, which is set; after a wrong one it can’t be used for ${duration}:`,
  },
  making: {
    name: "The new TPM",
    begun: "A new TPM is being made. The PC goes on with the old one until it is complete.",
    certificate: (number: number, total: number) =>
      `A new TPM is being made, certificate ${number} of ${total}. The PC goes on with the old one until it is complete.`,
    cancel: "Keep the old one",
  },
  notReplaced: {
    notStored: "The new TPM could not be stored",
    notMade: "No new TPM was made",
    nothingLost: "The TPM that was here is as it was, and nothing of it is lost.",
    notFetched:
      "What makes TPMs is fetched when it is first needed, and did not arrive. Try again when the network is back; if that does not help, reload the page.",
  },
  store: {
    title: "The TPM can’t store what changes",
    explanation:
      "Commands that change what is permanent answer TPM_RC_NV_UNAVAILABLE until it can; what was stored before is safe. This note goes away when the browser has stored something again.",
  },
  variables: {
    title: "The firmware’s settings for physical presence are not as they were left",
    explanation: "They say which requests of the operating system it confirms with you before it changes the TPM.",
  },
  storage: {
    name: "How long this TPM lasts",
    outlooks: {
      persistent: "The browser has promised to keep this TPM until you delete this site’s data.",
      "not promised":
        "The browser keeps this TPM, and has not promised to: it may delete it when the disk is full. In a private window it is forgotten when the last such window is closed; whether this is one, the browser does not tell.",
      forgotten:
        "This is very likely a private window, in which this TPM is forgotten when the last such window is closed. The browser does not say so itself: the sign is that it refuses this site files of its own.",
    },
  },
  settings: {
    name: "Settings",
    problems: "Not all settings could be used",
    pending: "The settings take effect at the next boot from power off.",
    restart: "Restart now",
  },
};
