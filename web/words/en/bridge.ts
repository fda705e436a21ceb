/** The page that is opened for a bridge: a TPM that runs elsewhere under the PC of this tab. */
export const bridge = {
  documentTitle: "tabtpm: Linux with the TPM behind a bridge",
  brand: "Linux in this tab, with a TPM from elsewhere",
  title: "Connect to a bridge",
  lead: "A bridge puts a TPM of this machine under the PC in this tab: swtpm, a simulator, the machine's own TPM, or one of tabtpm's that lies in a folder. Start it in a terminal:",
  address: "Address",
  addressHint: "The whole address that the bridge prints, or without what stands behind its #",
  token: "Token",
  tokenHint: "What stands behind the #. It is not stored",
  connect: "Connect and boot",
  connecting: "Connecting…",
  fromLink:
    "Address and token came with the link. Connect only if you have started the bridge yourself: the guest's TPM is whatever answers there.",
  bootWithout: "Boot without a TPM",
  bootWithoutHint: "The guest finds no TPM: its registers read 0, and there is no ACPI table. Each reset tries again.",
  connected: (name: string) => `The PC's TPM is ${name}.`,
  without: "The PC has no TPM: its registers read 0, and there is no ACPI table. A reset tries again.",
  limits:
    "Its state stays there. So there are no snapshots, no move to another tab, no list of TPMs and no new TPM in this page, and it can't look inside: PCRs, keys and sessions are seen with tpm2-tools in the guest, all commands in the list.",
  shared:
    "This TPM is used by others too. Guest and host share its slots for keys and sessions, and a guest's wrong passwords count for the host's lockout; what would harm the host is refused (docs/bridge.md).",
  notInspected: "the TPM is behind a bridge, and only commands reach it.",
  another: "Another bridge…",
  reset: "Reset the PC",
  backAgain: "The TPM is there again",
  troubles: {
    address: {
      title: "That is no address of a bridge",
      text: "It looks like ws://127.0.0.1:8765/#TOKEN, and the bridge prints it when it starts.",
    },
    elsewhere: {
      title: "The bridge has to be on this machine",
      text: "The page connects to ws://127.0.0.1 and ws://localhost only. A bridge elsewhere is reached through a tunnel, such as ssh -L.",
    },
    "no-token": {
      title: "The token is missing",
      text: "It stands behind the # of the address that the bridge prints, or in the file of its --token-file.",
    },
    absent: {
      title: "There is no bridge",
      text: "Nobody has answered at that address. Is tabtpm bridge running, and is this the address that it printed last? Browsers that let pages of other hosts make no connection to this machine look the same.",
    },
    forbidden: {
      title: "The browser lets this page make no connection",
      text: "The host of this page sends a policy of its own, or the browser takes ws:// for insecure from a page that came by https://. Serve the page from this machine (npm start), and open bridge.html there.",
    },
    permission: {
      title: "The browser was told not to let this page reach this machine",
      text: "The permission for devices of the local network was refused. Grant it in the browser's settings of this site, and try again.",
    },
    foreign: {
      title: "What answers there is no bridge of this version",
      text: "Another program has that port, or a bridge of another release.",
    },
    lost: {
      title: "The bridge has gone",
      text: "The command that it had has failed, and so does every other one until the TPM has power again. Start the bridge, and reset the PC. Unless it has a --token-file and the same --listen, its address is a new one.",
    },
    protocol: { title: "The bridge did not understand this page", text: "They are of different releases." },
    token: {
      title: "The token is another one",
      text: "Each start of the bridge prints a new one, unless it has a --token-file.",
    },
    origin: {
      title: "The bridge lets in no page of this address",
      text: "It lets in pages of this machine. Start it with --origin and the address of this page:",
    },
    busy: {
      title: "Another guest has the TPM",
      text: "A bridge has one guest at a time. End that one, and try again.",
    },
    version: { title: "The bridge is of another version", text: "Use page and bridge of one release." },
    backend: {
      title: "The bridge has no TPM",
      text: "It is there, but what is behind it could not be reached or started.",
    },
    other: { title: "The TPM is not there", text: "The technical details say why." },
  },
};
