/** The explorer: what is in the TPM, and what that allows. */
export const explorer = {
  title: "Inside the TPM",
  note: "keys, sessions, NV indices, PCRs",
  loading: "The explorer is being loaded.",
  notLoaded:
    "The part of the page that shows the explorer did not arrive. Try again when the network is back; if that does not help, reload the page.",
  empty: "The TPM has no power: there is nothing to be seen.",
};
