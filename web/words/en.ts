/** The page's words in English. A key is where the words stand; other languages have the same keys. */
export const en = {
  language: {
    /** What the language calls itself. */
    name: "English",
    choose: "Language",
  },
};
