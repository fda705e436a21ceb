/** What `<tab-tpm>` says in other people's pages: to their visitors, and to those who write them. */
export const element = {
  terminal: "Serial console",
  idle: "A PC with a TPM 2.0 that runs in this page. It loads about 7 MB.",
  start: "Start",
  tryAgain: "Try again",
  takeOver: "Take over",
  reset: "Reset",
  powerOff: "Power off",
  powerOn: "Power on",
  loading: (megabytes: string) => `Loading the PC: ${megabytes}`,
  starting: "Starting the TPM",
  problems: {
    images: {
      title: "The PC's images are not there",
      text: (address: string) =>
        `They were looked for at ${address}. Serve the folder "guest" of the package tabtpm there, or say where it is with images="…".`,
    },
    inUse: {
      title: "This TPM is in use in another tab",
      text: "A TPM has one owner at a time. Go on there, or take it over: the PC there stops as if its power were cut.",
    },
    takenOver: {
      title: "Another tab took this TPM over",
      text: "Everything that the TPM had acknowledged is stored, and the other tab goes on with it.",
    },
    other: { title: "The PC could not start" },
  },
  /** For the console of who writes the page. */
  lesson: {
    missing: (id: string) => `there is no lesson “${id}”`,
    notLoaded: "the lesson did not arrive: reload the page when the network is back",
    notIts: "another element has started this machine without a lesson: give the lesson a machine of its own",
    taken: "another element shows the lesson of this machine: leave lesson out here and name the machine",
  },
  demo: {
    notIts: "another element has started this machine without a demo: give the demo a machine of its own",
    taken: "another element shows a lesson or demo of this machine: leave demo out here and name the machine",
    missing: (id: string) => `there is no demo “${id}” for other pages`,
    notLoaded: "the demo did not arrive: reload the page when the network is back",
  },
  wrong: {
    panel: (name: string) => `there is no panel "${name}"; there are terminal, pcrs, trace and log`,
    registers: (value: string) => `interface is "tis" or "crb", not "${value}": it is tis now`,
    memory: (value: string) => `memory is a number of MiB, 96 to 2047, not "${value}": it is 128 now`,
    name: (attribute: string) => `${attribute} needs a name`,
    address: (attribute: string, value: string) => `${attribute} is no address: "${value}"`,
    lesson: (id: string) => `lesson is the name of one, in small letters, digits and hyphens, not "${id}"`,
    demo: (id: string) => `demo is the name of one, in small letters, digits and hyphens, not "${id}"`,
    demoState: "a demo has a TPM of its own, which is forgotten with the page: leave state out",
    lessonAndDemo: "an element shows a lesson or a demo: it is the lesson now",
    lessonState: "a lesson has a TPM of its own, which is forgotten with the page: leave state out",
  },
};
