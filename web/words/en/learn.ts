/** The drawer "Learn": lessons and demos. What a lesson itself says is not here: it is web/lessons. */
export const learn = {
  button: "Learn",
  buttonTitle: "Lessons and demos, beside the machine",
  title: "Learn",
  loading: "Loading…",
  notLoaded:
    "What shows the lessons is fetched when it is first needed, and did not arrive. Try again when the network is back; if that does not help, reload the page.",
};
