import type { Catalogue } from "../catalogue.ts";

export const files: Catalogue["files"] = {
  title: "Dateien in /mnt",
  dropHint: "Dateien auf die Seite ziehen",
  count: (count) => (count === 1 ? "1 darin" : `${count} darin`),
  kept: "Was in /mnt des PCs liegt, bleibt in diesem Browser und übersteht ein Neuladen.",
  forgotten: (reason) => `Was in /mnt des PCs liegt, ist vergessen, sobald die Seite geht. ${reason}.`,
  download: "Herunterladen",
  downloadOf: (path) => `${path} herunterladen`,
  link: "Verweis",
  bytes: (count) => `${count} Byte`,
  decimals: (value) => value.replace(".", ","),
  add: "Dateien hinzufügen…",
  choose: "Dateien für /mnt des PCs",
  adding: (name, index, count) => (count === 1 ? `${name} kommt hinzu` : `${name} kommt hinzu (${index} von ${count})`),
  progress: "Dateien kommen hinzu",
  stop: "Aufhören",
  renamed: (name, got) => `${name} war schon da: die neue heißt ${got}.`,
  noRoom: (size, free) => `sie hat ${size} Byte, und im Ordner ist Platz für ${free}`,
  unreadable: "sie lässt sich nicht lesen",
  stopped: "Aufgehört; was vorher hinzukam, bleibt.",
  problem: (name, reason) => `${name}: ${reason}.`,
};
