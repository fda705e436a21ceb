import type { Catalogue } from "../catalogue.ts";

export const notices: Catalogue["notices"] = {
  findings: {
    fault: "Bei diesem Start ist das TPM nicht, wie es sein sollte",
    unchecked: "Nicht alles an diesem Start konnte geprüft werden",
    whatToDo:
      "Ein Neustart (Reset) beginnt mit TPM, Firmware und Linux von vorn. Was das TPM gespeichert hat, bleibt dabei erhalten.",
    reset: "Neustart",
  },
  clock: {
    name: "Die Uhr des PC",
    behind: (duration) => `Die Uhr des PC geht ${duration} nach: So lange stand er still. So wird sie gestellt:`,
  },
  lockout: {
    name: "Fehlversuche",
    lockedOut: "Das TPM ist gesperrt (Lockout)",
    counted: (failed, most) =>
      `${failed} von ${most} Fehlversuchen sind gezählt: falsche Passwörter für das, was gegen Erraten geschützt ist, und Stromausfälle, während es in Gebrauch war.`,
    refused: "Geschütztes antwortet mit TPM_RC_LOCKOUT, auch auf das richtige Passwort.",
    off: "Bei einer Erholungszeit (recoveryTime) von 0 werden keine weiteren gezählt, und keiner wird vergessen.",
    recovery: (duration) => `Das TPM vergisst alle ${duration} einen, solange es Strom hat.`,
    clear: "So werden sie jetzt alle vergessen (lockoutAuth ist nicht gesetzt, ein Passwort ist nicht nötig):",
    clearWithAuth:
      "So werden sie jetzt alle vergessen, mit -p und lockoutAuth, das gesetzt ist; nach einem falschen ist es bis zum nächsten Neustart nicht benutzbar:",
    clearWithAuthFor: (duration) =>
      `So werden sie jetzt alle vergessen, mit -p und lockoutAuth, das gesetzt ist; nach einem falschen ist es für ${duration} nicht benutzbar:`,
  },
  making: {
    name: "Das neue TPM",
    begun: "Ein neues TPM wird hergestellt. Bis es fertig ist, arbeitet der PC mit dem alten weiter.",
    certificate: (number, total) =>
      `Ein neues TPM wird hergestellt, Zertifikat ${number} von ${total}. Bis es fertig ist, arbeitet der PC mit dem alten weiter.`,
    cancel: "Das alte behalten",
  },
  notReplaced: {
    notStored: "Das neue TPM konnte nicht gespeichert werden",
    notMade: "Es wurde kein neues TPM hergestellt",
    nothingLost: "Das bisherige TPM ist, wie es war; nichts davon ist verloren.",
    notFetched:
      "Was TPMs herstellt, wird erst geladen, wenn es gebraucht wird, und ist nicht angekommen. Wenn das Netz wieder da ist, erneut versuchen; hilft das nicht, die Seite neu laden.",
  },
  store: {
    title: "Das TPM kann nicht speichern, was sich ändert",
    explanation:
      "Befehle, die Dauerhaftes ändern, antworten bis dahin mit TPM_RC_NV_UNAVAILABLE; was vorher gespeichert wurde, ist sicher. Dieser Hinweis verschwindet, sobald der Browser wieder etwas gespeichert hat.",
  },
  variables: {
    title: "Die Einstellungen der Firmware zur Anwesenheit (physical presence) sind nicht mehr, wie sie waren",
    explanation:
      "Sie bestimmen, welche Wünsche des Betriebssystems sich die Firmware bestätigen lässt, bevor sie das TPM ändert.",
  },
  storage: {
    name: "Wie lange es dieses TPM gibt",
    outlooks: {
      persistent: "Der Browser hat zugesagt, dieses TPM zu behalten, bis die Daten dieser Website gelöscht werden.",
      "not promised":
        "Der Browser behält dieses TPM, hat es aber nicht zugesagt: Ist der Datenträger voll, darf er es löschen. In einem privaten Fenster wird es vergessen, wenn das letzte solche Fenster geschlossen wird; ob dies eines ist, verrät der Browser nicht.",
      forgotten:
        "Dies ist sehr wahrscheinlich ein privates Fenster, in dem dieses TPM vergessen wird, wenn das letzte solche Fenster geschlossen wird. Der Browser sagt das nicht selbst: Das Zeichen ist, dass er dieser Website eigene Dateien verweigert.",
    },
  },
  settings: {
    name: "Einstellungen",
    problems: "Nicht alle Einstellungen konnten verwendet werden",
    pending: "Die Einstellungen gelten ab dem nächsten Start aus ausgeschaltetem Zustand.",
    restart: "Jetzt neu starten",
  },
};
