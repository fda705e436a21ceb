/** In a frame of another site. */
export const framed = {
  title: "tabtpm does not run inside another site’s page",
  explanation:
    "The page around this one could lay its own things over it, and have you click away a TPM that you did not see. Nothing was started here.",
  open: "Open tabtpm by itself",
};
