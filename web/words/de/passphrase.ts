import type { passphrase as english } from "../en/passphrase.ts";

export const passphrase: typeof english = {
  button: "Passphrase …",
  label: (name) => `Passphrase von ${name}`,
  badge: "verschlüsselt",

  unlockTitle: "Das TPM ist verschlüsselt",
  unlockLead: (name) => `„${name}“ ist mit einer Passphrase gespeichert. Der PC startet, sobald sie da ist.`,
  unlockHint:
    "Eine falsche ändert nichts. Ohne die richtige öffnet niemand dieses TPM, und niemand kann die Passphrase wiederherstellen: ein anderes TPM benutzen oder eins machen.",
  field: "Passphrase des TPM",
  unlockConfirm: "Öffnen",
  others: "Andere TPMs …",

  title: (name) => `Passphrase von „${name}“`,
  lead: "Was dieser Browser vom TPM speichert (seinen Zustand, die Variablen der Firmware, beiseitegelegte Zustände), ist damit verschlüsselt: scrypt macht einen Schlüssel daraus, AES-256-GCM verschlüsselt. Die Seite fragt bei jedem Start danach. Solange die Seite offen ist, hat ihr Worker den Schlüssel und das TPM seine Geheimnisse.",
  warning: "Niemand kann sie wiederherstellen. Wer sie vergisst, hat das TPM und alles darin Versiegelte verloren.",
  current: "Passphrase bisher",
  next: "Neue Passphrase",
  again: "Neue Passphrase noch einmal",
  differ: "Die beiden sind nicht gleich.",
  set: "Verschlüsseln",
  change: "Ändern",
  removes: "Die Passphrase wegnehmen: Das TPM liegt dann unverschlüsselt da",
  remove: "Wegnehmen",
  copiesStay:
    "Momentaufnahmen des PC, die dieser Browser behält, enthalten das TPM und sind ebenfalls damit verschlüsselt; Bezeichnung, Datum und Größe nicht. Exportierte Dateien behalten die Passphrase, mit der sie gesichert wurden.",
  working: "Aus der Passphrase wird ein Schlüssel gemacht …",

  exportProtected:
    "Die Datei ist mit der Passphrase des TPM verschlüsselt und braucht sie überall, wo sie geöffnet wird.",
  exportWith: "Passphrase für die Datei (leer: nicht verschlüsselt)",
  exportAgain: "Passphrase noch einmal",
  importWith: "Passphrase, falls die Datei verschlüsselt ist",
  importHint: "Das TPM bleibt in diesem Browser damit verschlüsselt.",
  copyWith: "Passphrase des TPM, die auch die Kopie hat",

  problems: {
    missing: "Es ist verschlüsselt: seine Passphrase angeben.",
    "wrong-passphrase": "Die Passphrase ist falsch. Nichts wurde geändert; noch einmal versuchen.",
    "wrong-key": "Es ist mit einem Schlüssel verschlüsselt (tabtpm --key), nicht mit einer Passphrase.",
    damaged:
      "Das Verschlüsselte ist beschädigt: Bytes davon haben sich geändert oder fehlen, gleich mit welcher Passphrase. Eine andere Kopie nehmen.",
    newer: "Ein neueres tabtpm hat es verschlüsselt. Die Seite neu laden, um die neueste Version zu bekommen.",
    other: "Es gehört zu einem anderen TPM oder ist etwas anderes als ein TPM. Nichts wurde geändert.",
    plain: "Es ist nicht verschlüsselt oder am Anfang beschädigt, und eine Passphrase wurde angegeben.",
    snapshots:
      "Das TPM hat sie. Einige seiner Momentaufnahmen konnten aber nicht damit verschlüsselt werden: Platz schaffen oder sie löschen; beim nächsten Öffnen des TPM geschieht es.",
    unusable: "Eine Passphrase hat 1 bis 1.024 Zeichen.",
  },
};
