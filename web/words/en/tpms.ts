/** The dialog "TPMs": several TPMs in one browser, by name. */
export const tpms = {
  button: "TPMs…",
  buttonTitle: (name: string) => `The TPMs of this browser; in use: ${name}`,
  title: "TPMs in this browser",
  loading: "Loading…",
  notLoaded:
    "What shows the TPMs is fetched when it is first needed, and did not arrive. Try again when the network is back; if that does not help, reload the page.",
  gone: (used: string) =>
    `The TPM that was chosen last is not in this browser any more, perhaps deleted in another tab: the PC has “${used}”.`,
  noSuchName: (name: string, used: string) =>
    `This browser has no TPM called ${name}, which the page’s address asks for: the PC has “${used}”.`,
};
