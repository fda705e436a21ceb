/** How the PCRs came to their values. */
export const history = {
  title: "PCR history",
  notLoaded: (reason: string) =>
    `The part of the page that shows the history did not arrive (${reason}). Try again, or reload the page.`,
  keptAsGood: "This boot is kept as known good, in this browser, with this TPM.",
  loaded: (name: string) => `${name} is the boot that is compared with.`,
  notRead: (reason: string) => `A boot that was kept can't be read. ${reason}`,
  notKept: (reason: string) => `This boot could not be kept. ${reason}`,
  notTaken: (name: string, reason: string) => `${name} was not taken. ${reason}`,
  tooLarge: (bytes: number) => `It has ${bytes} bytes, more than any file of this kind.`,
};
