import type { migration as english } from "../en/migration.ts";

export const migration: typeof english = {
  title: "Den laufenden PC umziehen",
  intro:
    "PC und TPM laufen anderswo weiter, wo sie stehen: mit Sitzungen, Schlüsseln und Programmen. Der PC läuft nur an einem Ort: Hier wird er aufgegeben, bevor er dort startet.",
  openTab: "In einen neuen Tab umziehen",
  toTab: "In einen Tab, der schon offen ist: dort „Den laufenden PC hierher holen“ wählen.",
  saveFile: "Aufgeben und als Datei sichern",
  toFile:
    "In einen anderen Browser oder Rechner: Der PC hält hier endgültig an und läuft dort weiter, wo die Datei geöffnet wird: mit „Momentaufnahmen…“, „Importieren…“. In der Datei sind alle Geheimnisse des TPMs. Wird sie nirgends geöffnet, lässt sich der PC hier zurücknehmen.",
  waiting: "Warten auf den Tab, der den PC hat …",
  leaving: "Der PC steht still und ist unterwegs.",
  coming: "Der PC kommt.",
  late: "Der PC wechselt den Ort. Das lässt sich nicht mehr abbrechen.",
  kept: "Der PC ist angekommen und nicht gestartet worden. Starten Sie ihn nur, wenn er nicht anderswo läuft.",
  unsure:
    "Der Browser sagt nicht, ob das TPM aufgegeben ist. Der PC steht still, bis das feststeht, damit er nie zweimal läuft; wie er stand, ist er hier aufbewahrt. Sehen Sie noch einmal nach; hilft das nicht, laden Sie die Seite neu: Dann startet der PC hier mit seinem TPM, oder er lässt sich zurücknehmen.",
  lookAgain: "Noch einmal nachsehen",
  lost: "Der PC kann nicht weiterlaufen, wo er stand: Was in seinem Speicher war, ginge verloren. Sein TPM ist heil, mit seinen Schlüsseln, und der PC kann damit neu starten. Nehmen Sie es nur, wenn der PC nicht anderswo läuft: Sonst gäbe es ihn zweimal.",
  bootAnew: "TPM zurücknehmen und neu starten",
  stop: "Abbrechen",
  start: "Hier starten",
  discard: "Verwerfen",
  arrived: "Der PC läuft jetzt in diesem Tab.",
  left: "Der PC läuft jetzt im anderen Tab.",
  troubles: {
    gone: "Der andere Tab wurde geschlossen.",
    cancelled: "Der Umzug wurde abgebrochen. Der PC ist, wo er war.",
    notGivenUp: "Der andere Tab wurde geschlossen, bevor er den PC aufgab. Hier ist der PC aufbewahrt, wie er stand.",
    stays: (why) =>
      `Das TPM ließ sich nicht aufgeben, also ist der PC nicht umgezogen und läuft hier weiter. Ziehen Sie ihn noch einmal um; misslingt auch das, schalten Sie ihn aus und laden Sie zuerst die Seite neu. Der Grund: ${why}`,
    underWay: "Das TPM des PCs wird schon übernommen: Warten Sie, bis das geschehen ist.",
    takenBack: "Der andere Tab hat den PC zurückgenommen.",
    off: "Dort ist der PC aus: Es gibt nichts umzuziehen.",
    drives: "Dort hat der PC Dateien des Benutzers als Laufwerke oder Kernel; sie ziehen nicht mit um.",
    failed: (why) => `Der PC ist nicht umgezogen: ${why}`,
    refused: (reasons) => `Der PC kann dorthin nicht umziehen und hat dafür nicht angehalten: ${reasons}.`,
  },
  losses: {
    missing: "Vom PC, wie er stand, ist hier nichts mehr aufbewahrt.",
    damaged: "Was hier vom PC, wie er stand, aufbewahrt ist, ist beschädigt.",
    newer:
      "Eine neuere Version dieser Seite hat den PC aufbewahrt, wie er stand: Laden Sie die Seite zuerst neu, dann läuft er vielleicht weiter.",
    passphrase:
      "Was hier vom PC, wie er stand, aufbewahrt ist, ist mit einer anderen Passphrase verschlüsselt als sein TPM.",
    images:
      "Der PC, wie er stand und hier aufbewahrt ist, ist von einer anderen Fassung des Gasts: mit den Abbildern dieser Seite kann er nicht weiterlaufen.",
    refused: (why) => `Was hier vom PC, wie er stand, aufbewahrt ist, läuft in dieser Seite nicht weiter: ${why}`,
    unread: (why) => `Was hier vom PC, wie er stand, aufbewahrt ist, lässt sich nicht lesen: ${why}`,
  },
  reasons: {
    protocol: "die beiden Seiten ziehen PCs auf verschiedene Weise um",
    version: "die beiden Seiten sind verschiedene Versionen",
    layout: "der Zustand des TPMs ist anders angeordnet",
    v86: "die Emulatoren sind verschiedene Versionen",
    profile: "dieses TPM-Profil ist hier nicht bekannt",
    registers: "diese TPM-Schnittstelle ist hier nicht bekannt",
    memory: "der Gast hat mehr Speicher, als es hier gibt",
    images: "die Abbilder des Gasts sind andere",
    busy: "hier läuft schon ein PC",
  },
  reason: (what, there, here) => (there === "" && here === "" ? what : `${what} (${there || "–"}; ${here || "–"})`),
};
