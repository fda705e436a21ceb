import type { Catalogue } from "../catalogue.ts";

export const settings: Catalogue["settings"] = {
  title: "Einstellungen des PC",
  fromAddress: "aus der Adresse, wird nicht behalten",
  language: {
    label: "Sprache",
    hint: "Die dieser Seite, sofort; der PC läuft weiter. Sie wird in diesem Browser behalten, für die Programme des PC ändert sich nichts.",
    names: { en: "English (Englisch)", de: "Deutsch" },
    notFetched: (name) =>
      `Die Texte auf ${name} konnten nicht geladen werden. Wenn das Netz wieder da ist, die Sprache erneut wählen.`,
    notKept: "Die Sprache gilt, bis die Seite verlassen wird: Der Browser behält sie nicht.",
  },
  append: {
    label: "Kernel-Argumente",
    hint: (own) => ["Kommen hinter ", own, " und werden damit in PCR 8 gemessen."],
  },
  interface: {
    label: "Schnittstelle des TPM",
    hint: "Die Register zwischen PC und TPM: TIS hat einen FIFO und fünf Lokalitäten, CRB einen Puffer von 3.968 Byte. Das TPM und was es behält sind gleich.",
  },
  irq: {
    label: "Interrupt des TPM",
    hint: "Das Linux 6.1 dieses PC kann den Interrupt eines TPM nicht nutzen: Es meldet das und fragt ab (Polling).",
    crbHint: "CRB hat keinen: Treiber fragen ab (Polling).",
    none: "keiner: Treiber fragen ab (Polling)",
  },
  menu: {
    label: "Boot-Menü",
    hint: "SeaBIOS wartet 2,5 s auf ESC an der Konsole; sein Menü enthält die Laufwerke und „t. TPM Configuration“.",
  },
  whenAndHowLong:
    "Sie gelten ab dem nächsten Start aus ausgeschaltetem Zustand; ein Neustart (Reset) lässt den PC, wie er ist. Sie werden mit diesem TPM behalten, Dateien nur, bis die Seite verlassen wird; ein neues TPM beginnt ohne sie.",
  save: "Für den nächsten Start sichern",
  saveAndRestart: "Sichern und jetzt neu starten",
  saveAndStart: "Sichern und jetzt starten",
  problems: {
    control: (code, place) =>
      `An Stelle ${place} steht ein Steuerzeichen (${code}). Eine Kommandozeile ist eine Zeile Text: Es muss weg.`,
    half: (place) => `An Stelle ${place} steht ein halbes Zeichen, das nicht kodiert werden kann: Es muss weg.`,
    tooLong: (limit, size) =>
      `Der Kernel nimmt eine Kommandozeile von ${limit} Oktetten; mit den eigenen Argumenten des Gasts sind es ${size}. Sie muss um ${size - limit} kürzer werden.`,
    disguise: (code, place) =>
      `An Stelle ${place} steht ein unsichtbares Zeichen (${code}), mit dem es nach etwas anderem aussehen kann.`,
    storedNone: (value) => `Die gespeicherten Einstellungen sind keine (${value}).`,
    stored: (name, value) => `Die gespeicherte Einstellung „${name}“ kann nicht ${value} sein.`,
    list: "eine Liste",
    interface: (value) => `Eine Schnittstelle ${value} gibt es nicht: tis, crb.`,
    irq: (value, free) =>
      `Das TPM kann den Interrupt ${value} nicht haben: ${free} ist frei, „none“ heißt abfragen (Polling).`,
    boolean: (value) => `Es muss 1 oder 0 sein, nicht ${value}.`,
    crb: "CRB hat keinen Interrupt.",
    repeated: (name, times) => `Die Adresse der Seite enthält „${name}“ ${times}-mal: Das erste zählt.`,
    notTaken: (name, why) => `„${name}“ aus der Adresse der Seite wird nicht übernommen. ${why}`,
    foreign: (value) =>
      `${value} ist keine Datei dieser Website, und von anderswo lädt die Seite nichts: Sie lässt sich in den Einstellungen auswählen.`,
    bootUnknown: (names, value) => `Möglich ist eines von ${names}: ${value}.`,
    bootMissing: (name, value) => `Es gibt kein ${name}: ${value}.`,
    unreadable: (reason) => `Die gespeicherten Einstellungen sind nicht lesbar (${reason}).`,
    notFetched: (address, reason) => `${address} konnte nicht geladen werden (${reason}).`,
    notKept: (reason) =>
      `Die Einstellungen gelten, bis die Seite verlassen wird, und konnten nicht behalten werden (${reason}).`,
    notRemoved: (reason) => `Die Einstellungen des alten TPM konnten nicht entfernt werden (${reason}).`,
    pcOff: (reason) => `Der PC ist aus. ${reason}`,
  },
};
