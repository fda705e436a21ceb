/** What several parts of the page say. */
export const common = {
  close: "Close",
  cancel: "Cancel",
  copy: "Copy",
  copied: "Copied",
  dismiss: "Dismiss",
  tryAgain: "Try again",
  technicalDetails: "Technical details",
  none: "none",
};
