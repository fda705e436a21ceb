import type { tpmsDialog as english } from "../en/tpmsDialog.ts";

export const tpmsDialog: typeof english = {
  lead: "Jedes hat eigene Seeds, Schlüssel und eigenen Speicher (NV). Der PC hat eines davon und startet auch beim nächsten Besuch mit ihm.",
  list: "TPMs",
  here: "in Gebrauch",
  elsewhere: "in einem anderen Tab in Gebrauch",
  profile: (name) => `Profil ${name}`,
  certificates: (count) =>
    count === 0 ? "keine EK-Zertifikate" : count === 1 ? "1 EK-Zertifikat" : `${count} EK-Zertifikate`,
  lastUsed: (when) => `zuletzt benutzt: ${when}`,
  neverUsed: "nie benutzt",
  lasting: {
    persistent: "Der Browser hat zugesagt, sie zu behalten, bis sie gelöscht werden (dauerhafter Speicher).",
    "not promised":
      "Der Browser darf sie löschen, wenn der Datenträger voll ist: Er hat nicht zugesagt, sie zu behalten (kein dauerhafter Speicher).",
    forgotten: "Der Browser vergisst sie höchstwahrscheinlich mit diesem Fenster: Es sieht nach einem privaten aus.",
  },
  askPersistence: "Den Browser bitten, sie zu behalten",
  use: "Benutzen",
  useLabel: (name) => `${name} benutzen`,
  rename: "Umbenennen…",
  renameLabel: (name) => `${name} umbenennen`,
  copy: "Kopieren…",
  copyLabel: (name) => `${name} kopieren`,
  export: "Exportieren…",
  exportLabel: (name) => `${name} exportieren`,
  remove: "Löschen…",
  removeLabel: (name) => `${name} löschen`,
  removeOff: "Es ist in Gebrauch: erst ein anderes benutzen.",
  create: "Neu…",
  import: "Importieren…",
  back: "Zurück",
  name: "Name",
  madeAnnouncement: "Das TPM ist fertig",
  failedAnnouncement: "Das ging nicht",
  making: (done, total) =>
    total === 0
      ? "Das TPM wird hergestellt."
      : `Das TPM wird hergestellt: Zertifikat ${Math.min(done + 1, total)} von ${total}.`,
  makingNote: "Das TPM in Gebrauch bleibt unberührt, und der PC läuft weiter.",
  stopMaking: "Abbrechen",

  createTitle: "Ein neues TPM",
  createLead: "Es entsteht neben den anderen, mit eigenen Seeds. Der PC läuft mit dem TPM weiter, das in Gebrauch ist.",
  profileField: "Profil",
  profileFull: "full: alles, was tabtpm hat",
  profileLibtpms: "libtpms-0.9: Algorithmen, Grenzen und Antworten von libtpms 0.9",
  profileHint: "Es liegt mit der Herstellung fest.",
  banks: "PCR-Bänke",
  banksHint:
    "Die Hash-Algorithmen, deren PCRs vom ersten Start an aktiv sind. Linux und seine Werkzeuge erwarten SHA-256.",
  noBank: "Mindestens eine Bank wählen: Ohne PCRs wird kein Start gemessen.",
  withCertificates: "Zertifikate der Endorsement Keys",
  certificatesHint:
    "Unterschrieben von einer Demo-CA dieses Browsers; kein Hersteller steht dahinter. Sie brauchen einige Sekunden. Ohne sie kann niemand prüfen, ob ein Schlüssel in diesem TPM liegt.",
  createConfirm: "Herstellen",

  copyTitle: (name) => `„${name}“ kopieren`,
  cloneChoice: "Ein Klon: dasselbe TPM ein zweites Mal",
  cloneHint:
    "Dieselben Seeds, Schlüssel, NV-Daten, Passwörter und Zertifikate. Zwei Maschinen behaupten dann eine Identität, und niemand kann sie unterscheiden: Was für das eine versiegelt ist, öffnet auch das andere, und Zähler gehen getrennte Wege. Gut als Sicherung oder um einen Versuch zu wiederholen.",
  identityChoice: "Mit neuer Identität: ein anderes TPM, gleich eingerichtet",
  identityHint:
    "Alle Seeds sind neu (TPM2_ChangePPS, TPM2_ChangeEPS, TPM2_Clear). Profil, PCR-Bänke, die NV-Indizes der Plattform und die Einstellungen des PCs bleiben; Schlüssel, NV-Daten, Passwörter und Versiegeltes des Besitzers nicht. Hat das alte Zertifikate, bekommen die neuen Endorsement Keys eigene.",
  copyRunning: "Es läuft: Die Kopie ist so, als wäre jetzt der Strom ausgefallen.",
  copyConfirm: "Kopieren",
  copyName: (name) => `${name} Kopie`,

  renameTitle: (name) => `„${name}“ umbenennen`,
  renameConfirm: "Umbenennen",

  exportTitle: (name) => `„${name}“ exportieren`,
  exportWarning:
    "Die Datei enthält jedes Geheimnis des TPMs, unverschlüsselt: seine Seeds, privaten Schlüssel, Passwörter und alles, was für es versiegelt ist. Wer die Datei hat, hat das TPM. Sie ist zu hüten wie die Schlüssel selbst.",
  exportHint:
    "Es ist das TPM, wie es jetzt gespeichert ist. Die Einstellungen des PCs und die Variablen der Firmware sind nicht darin. Wieder importiert ist es ein Klon.",
  exportConfirm: "Datei sichern",

  importTitle: "Ein TPM importieren",
  importLead:
    "Aus einer Datei, die hier exportiert wurde, oder aus tpm2.state von tabtpm in Node. Es kommt zu den anderen hinzu und ersetzt keines. Solange das TPM in Gebrauch ist, von dem es stammt, ist es dessen Klon.",
  importFile: "Datei",
  importConfirm: "Importieren",

  removeTitle: (name) => `„${name}“ endgültig löschen?`,
  removeLead: "Es lässt sich nicht zurückholen. Mit ihm gehen verloren:",
  removeLoses: [
    "seine Seeds, also jeder daraus gemachte Schlüssel und alles, was für es versiegelt ist;",
    "seine NV-Daten, Zertifikate, Autorisierungen und Policies;",
    "die Einstellungen des PCs und die Variablen der Firmware, die mit ihm aufgehoben sind, und Zustände, die an seiner Stelle beiseitegelegt wurden.",
  ],
  removeConfirm: "Löschen",

  useTitle: (name) => `„${name}“ benutzen?`,
  useLead:
    "Der PC wird geordnet ausgeschaltet, sein TPM erfährt davon (TPM2_Shutdown), und die Seite wird neu geladen und startet mit dem anderen TPM. Was im PC läuft, endet; in den Einstellungen gewählte Datenträger und Kernel sind neu zu wählen.",
  useConfirm: "Ausschalten und benutzen",
  usedElsewhere:
    "Es ist in einem anderen Tab in Gebrauch: jenen Tab schließen, oder das TPM übernehmen, wenn die Seite danach fragt.",

  problems: {
    name: {
      empty: "Es braucht einen Namen.",
      long: (limit) => `Ein Name hat höchstens ${limit} Zeichen.`,
      character:
        "Darin ist ein Zeichen, das man nicht sieht oder das die Reihenfolge der Buchstaben umkehrt: es entfernen.",
      taken: "Ein TPM dieses Namens gibt es schon: einen anderen wählen.",
    },
    file: {
      empty: "Die Datei ist leer: die gesicherte Datei wählen.",
      sealed:
        "Der Zustand darin ist verschlüsselt (tabtpm socket --key). Dort, wo der Schlüssel ist, ohne Schlüssel sichern und das importieren.",
      volatile: "Es ist ein flüchtiger Zustand (tpm2.volatile), nicht das TPM: tpm2.state daneben wählen.",
      variables: "Es sind die Variablen der Firmware (tpm2.variables): tpm2.state daneben wählen.",
      swtpm:
        "Es ist ein Zustand von swtpm, einem anderen Programm. Auf der Kommandozeile macht tabtpm import-swtpm --export eine Datei daraus: diese importieren.",
      cut: "Die Datei ist nicht vollständig: noch einmal von dort kopieren, wo sie gesichert ist.",
      other: "Es ist kein TPM-Zustand: eine hier exportierte Datei wählen, oder tpm2.state von tabtpm.",
      large: "Sie ist größer als jeder TPM-Zustand: eine hier exportierte Datei wählen.",
      damaged:
        "Der Zustand darin ist beschädigt: Er besteht die Prüfung seiner Unversehrtheit nicht, seinen Schlüsseln ist nicht zu trauen. Eine andere Kopie der Datei nehmen.",
      newer:
        "Ein neueres tabtpm hat ihn geschrieben, das diese Seite nicht versteht. Die Seite neu laden, um die neueste Fassung zu bekommen.",
    },
    inUse: "Ein Tab hat dieses TPM offen: jenen Tab erst schließen, oder dort ein anderes TPM benutzen.",
    gone: "Dieses TPM gibt es nicht mehr: Ein anderer Tab hat es gelöscht.",
    notLoaded:
      "Was TPMs herstellt, wird beim ersten Mal geholt und kam nicht an. Nichts wurde geändert; erneut versuchen, wenn das Netz wieder da ist.",
    failed: (reason) => `Nichts wurde geändert. ${reason}`,
  },
};
