/** Was `<tab-tpm>` auf den Seiten anderer sagt. */
import type { element as english } from "../en/element.ts";

export const element: typeof english = {
  terminal: "Serielle Konsole",
  idle: "Ein PC mit einem TPM 2.0, der in dieser Seite läuft. Er lädt etwa 7 MB.",
  start: "Starten",
  tryAgain: "Noch einmal versuchen",
  takeOver: "Übernehmen",
  reset: "Zurücksetzen",
  powerOff: "Ausschalten",
  powerOn: "Einschalten",
  loading: (megabytes) => `Der PC wird geladen: ${megabytes}`,
  starting: "Das TPM startet",
  problems: {
    images: {
      title: "Die Abbilder des PCs fehlen",
      text: (address) =>
        `Gesucht wurden sie unter ${address}. Dort gehört der Ordner „guest“ des Pakets tabtpm hin; liegt er anderswo, sagt es images="…".`,
    },
    inUse: {
      title: "Dieses TPM wird in einem anderen Tab benutzt",
      text: "Ein TPM hat zu jeder Zeit nur einen Besitzer. Weiter geht es dort, oder hier nach der Übernahme: Der PC dort hält dann an, als wäre sein Strom ausgefallen.",
    },
    takenOver: {
      title: "Ein anderer Tab hat dieses TPM übernommen",
      text: "Alles, was das TPM bestätigt hatte, ist gespeichert, und der andere Tab macht damit weiter.",
    },
    other: { title: "Der PC konnte nicht starten" },
  },
  lesson: {
    missing: (id) => `eine Lektion „${id}“ gibt es nicht`,
    notLoaded: "die Lektion ist nicht angekommen: die Seite neu laden, wenn das Netz wieder da ist",
    notIts: "ein anderes Element hat diesen PC ohne Lektion gestartet: der Lektion einen eigenen PC geben",
    taken: "ein anderes Element zeigt die Lektion dieses PCs: lesson hier weglassen und den PC mit machine nennen",
  },
  demo: {
    notIts: "ein anderes Element hat diesen PC ohne Vorführung gestartet: der Vorführung einen eigenen PC geben",
    taken: "ein anderes Element zeigt schon etwas an diesem PC: demo hier weglassen und den PC mit machine nennen",
    missing: (id) => `eine Vorführung „${id}“ gibt es für fremde Seiten nicht`,
    notLoaded: "die Vorführung ist nicht angekommen: die Seite neu laden, wenn das Netz wieder da ist",
  },
  wrong: {
    panel: (name) => `eine Ansicht „${name}“ gibt es nicht; es gibt terminal, pcrs, trace und log`,
    registers: (value) => `interface ist „tis“ oder „crb“, nicht „${value}“: Es gilt tis`,
    memory: (value) => `memory ist eine Zahl von MiB, 96 bis 2047, nicht „${value}“: Es gilt 128`,
    name: (attribute) => `${attribute} braucht einen Namen`,
    address: (attribute, value) => `${attribute} ist keine Adresse: „${value}“`,
    lesson: (id) => `lesson ist der Name einer Lektion aus Kleinbuchstaben, Ziffern und Bindestrichen, nicht „${id}“`,
    demo: (id) => `demo ist der Name einer Vorführung aus Kleinbuchstaben, Ziffern und Bindestrichen, nicht „${id}“`,
    demoState: "eine Vorführung hat ein eigenes TPM, das mit der Seite vergessen wird: state weglassen",
    lessonAndDemo: "ein Element zeigt eine Lektion oder eine Vorführung: Es gilt die Lektion",
    lessonState: "eine Lektion hat ein eigenes TPM, das mit der Seite vergessen wird: state weglassen",
  },
};
