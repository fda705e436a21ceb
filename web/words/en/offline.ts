/** The page without a network, and its new versions. */
export const offline = {
  kept: {
    kept: "The page itself and its PC are kept, too: they open without a network.",
    "not kept": "The page itself is not kept: it opens with a network only.",
    unsupported:
      "The page itself can’t be kept here: the browser offers no service worker, as in private windows of Firefox and on hosts without HTTPS. It opens with a network only; all else is as ever.",
  },
  update: {
    title: "A new version of this page is there",
    explanation:
      "It has arrived whole. To take it, the page is loaded anew: the TPM ends in order and keeps what it has stored, the PC starts from the beginning. Later is at a visit when no tab has this one open.",
    take: "Take it now",
    later: "Later",
  },
  problems: {
    notKept: "The page could not be kept for times without a network",
    oldKept: "A new version of the page could not be kept",
    page: "the page itself",
    reasons: {
      full: (file: string) =>
        `There is no room left for it (${file}): the disk, or what the browser gives a site, is full. Free some, and load the page anew.`,
      damaged: (file: string) =>
        `A file did not arrive as it should be (${file}): its SHA-256 is not the version’s, and it was refused. Load the page anew later.`,
      unreachable: (file: string) => `A file did not arrive (${file}). Load the page anew when the network is back.`,
    },
    goesOn: "The PC goes on, and nothing of it is lost.",
  },
};
