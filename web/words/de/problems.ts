import type { Catalogue } from "../catalogue.ts";

const keep = "Er bleibt, wie er ist, bis eine Wahl getroffen ist. Nichts wurde überschrieben.";
/** The library speaks English: what it says stands as it is, and is said to be its. */
const said = (message: string) => `Meldung im Wortlaut: ${message}`;

export const problems: Catalogue["problems"] = {
  kinds: {
    "taken-over": {
      title: "Ein anderer Tab hat dieses TPM übernommen",
      paragraphs: () => [
        "Der PC hier wurde angehalten, als wäre sein Strom weg. Alles, was das TPM bestätigt hatte, ist gespeichert, und der andere Tab arbeitet damit weiter.",
        "Um hier weiterzuarbeiten, das TPM zurückholen: Der andere Tab hält an, und der PC startet hier neu.",
      ],
    },
    "in-use": {
      title: "Dieses TPM ist in einem anderen Tab in Gebrauch",
      paragraphs: () => [
        "Ein TPM hat zu jeder Zeit einen Besitzer: Zwei Tabs würden einander den Zustand überschreiben.",
        "Im anderen Tab weiterarbeiten oder das TPM übernehmen: Der PC dort hält an, als wäre sein Strom weg, und startet hier.",
      ],
    },
    "given-up": {
      title: "Der PC wurde für einen Umzug aufgegeben",
      paragraphs: (_message: string) => [
        "Er läuft in einem anderen Tab weiter, oder wo seine Datei geöffnet wird.",
        "Nehmen Sie ihn nur zurück, wenn er dort nicht läuft: Es gäbe ihn zweimal.",
      ],
    },
    moved: {
      title: "Der PC läuft in einem anderen Tab",
      paragraphs: (_message: string) => ["Hier läuft nichts von ihm."],
    },
    "newer-state": {
      title: "Das gespeicherte TPM wurde von einem neueren tabtpm geschrieben",
      paragraphs: () => [
        `Diese Version versteht seinen Zustand nicht. ${keep}`,
        "Die Seite neu laden, um die neueste Version zu bekommen. Hilft das nicht, den Zustand sichern und ein neues TPM starten; das gespeicherte wird in diesem Browser beiseitegelegt.",
      ],
    },
    "damaged-state": {
      title: "Das gespeicherte TPM ist beschädigt",
      paragraphs: () => [
        `Sein Zustand besteht die Integritätsprüfung nicht; seinen Schlüsseln und Autorisierungen ist nicht zu trauen. ${keep}`,
        "Den Zustand sichern, falls er noch untersucht werden soll. Ein neues TPM legt ihn in diesem Browser beiseite und beginnt ohne seine Schlüssel.",
      ],
    },
    sealed: {
      title: "Das gespeicherte TPM ist verschlüsselt",
      paragraphs: () => ["Der PC startet, sobald seine Passphrase da ist. Nichts wurde geändert."],
    },
    "no-storage": {
      title: "Der Browser lässt diese Seite den Zustand des TPM nicht behalten",
      paragraphs: (message) => [
        "Ein TPM muss sich seine Seeds und Autorisierungen merken, und der Platz dafür ist nicht benutzbar. In den Einstellungen des Browsers Daten für diese Website erlauben oder das private Fenster verlassen.",
        said(message),
      ],
    },
    platform: {
      title: "Dieser Browser kann das TPM nicht ausführen",
      paragraphs: (message) => [said(message)],
    },
    image: {
      title: "Ein Teil des PC ist nicht vollständig angekommen",
      paragraphs: (message) => [said(message)],
    },
    error: {
      title: "Der PC konnte nicht starten",
      paragraphs: (message) => [
        said(message),
        "Die Seite neu laden, um es noch einmal zu versuchen. Der gespeicherte Zustand des TPM hat sich dadurch nicht geändert.",
      ],
    },
  },
  choices: {
    unlock: "Die Passphrase angeben…",
    "take-over": "Übernehmen",
    "bring-here": "Den laufenden PC hierher holen",
    "use-here": "Hier benutzen",
    "take-back": "Zurücknehmen",
    "save-again": "Die Datei noch einmal sichern",
    "download-state": "Den gespeicherten Zustand herunterladen",
    "new-tpm": "Ein neues TPM starten…",
    reload: "Die Seite neu laden",
  },
  emulatorNotFetched: (status) => `Der PC-Emulator (v86.wasm) konnte nicht geladen werden: HTTP ${status}.`,
};
