/** The form of the settings, and what of them could not be taken. */
export const settings = {
  title: "Settings of the PC",
  fromAddress: "from the address, not kept",
  language: {
    label: "Language",
    hint: "Of this page, at once; the PC goes on. Kept in this browser, and for its programs nothing changes.",
    names: { en: "English", de: "Deutsch (German)" },
    notFetched: (name: string) =>
      `The words in ${name} could not be fetched. Choose the language again when the network is back.`,
    notKept: "The language holds until the page goes: the browser keeps nothing for it.",
  },
  append: {
    label: "Kernel arguments",
    hint: <Code>(own: Code) => ["Added to ", own, ", and measured with it into PCR 8."],
  },
  interface: {
    label: "TPM interface",
    hint: "The registers between PC and TPM: TIS has a FIFO and five localities, CRB a buffer of 3,968 bytes. The TPM and what it keeps are the same.",
  },
  irq: {
    label: "TPM interrupt",
    hint: "This PC’s Linux 6.1 can’t use a TPM’s interrupt: it says so and polls.",
    crbHint: "CRB has none: drivers poll.",
    none: "none: drivers poll",
  },
  menu: {
    label: "Boot menu",
    hint: "SeaBIOS waits 2.5 s for ESC on the console; its menu has the drives and “t. TPM Configuration”.",
  },
  whenAndHowLong:
    "They take effect at the next boot from power off; a reset leaves the PC as it is. They are kept with this TPM, files only until the page goes; a new TPM begins without them.",
  save: "Save for the next boot",
  saveAndRestart: "Save and restart now",
  saveAndStart: "Save and start now",
  problems: {
    control: (code: string, place: number) =>
      `There is a control character (${code}) at place ${place}. A command line is one line of text: take it out.`,
    half: (place: number) => `There is half a character at place ${place}, which can't be encoded: take it out.`,
    tooLong: (limit: number, size: number) =>
      `The kernel takes a command line of ${limit} octets; with the guest's own arguments this is one of ${size}. Make it ${size - limit} shorter.`,
    disguise: (code: string, place: number) =>
      `There is an invisible character (${code}) at place ${place}, with which it can look like something else.`,
    storedNone: (value: string) => `The stored settings are no settings (${value}).`,
    stored: (name: string, value: string) => `The stored setting "${name}" can't be ${value}.`,
    list: "a list",
    interface: (value: string) => `There is no interface ${value}: tis, crb.`,
    irq: (value: string, free: number) =>
      `The TPM can't have the interrupt ${value}: ${free} is free, "none" is polling.`,
    boolean: (value: string) => `It is 1 or 0, not ${value}.`,
    crb: "CRB has no interrupt.",
    repeated: (name: string, times: number) => `The page's address has "${name}" ${times} times: the first one counts.`,
    notTaken: (name: string, why: string) => `"${name}" of the page's address is not taken. ${why}`,
    foreign: (value: string) =>
      `${value} is no file of this site, and the page loads none from elsewhere: choose it in the settings.`,
    bootUnknown: (names: string, value: string) => `It is one of ${names}: ${value}.`,
    bootMissing: (name: string, value: string) => `There is no ${name}: ${value}.`,
    unreadable: (reason: string) => `The stored settings can't be read (${reason}).`,
    notFetched: (address: string, reason: string) => `${address} could not be fetched (${reason}).`,
    notKept: (reason: string) => `The settings hold until the page goes, and could not be kept (${reason}).`,
    notRemoved: (reason: string) => `The old TPM's settings could not be removed (${reason}).`,
    pcOff: (reason: string) => `The PC is off. ${reason}`,
  },
};
