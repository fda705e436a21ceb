import type { Catalogue } from "../catalogue.ts";

export const offline: Catalogue["offline"] = {
  kept: {
    kept: "Auch die Seite selbst und ihr PC werden behalten: Sie öffnen sich ohne Netz.",
    "not kept": "Die Seite selbst wird nicht behalten: Sie öffnet sich nur mit Netz.",
    unsupported:
      "Die Seite selbst kann hier nicht behalten werden: Der Browser bietet keinen Service Worker, wie in privaten Fenstern von Firefox und auf Servern ohne HTTPS. Sie öffnet sich nur mit Netz; alles andere ist wie sonst.",
  },
  update: {
    title: "Eine neue Version dieser Seite ist da",
    explanation:
      "Sie ist vollständig angekommen. Um sie zu nehmen, wird die Seite neu geladen: Das TPM wird ordentlich beendet und behält, was es gespeichert hat, der PC startet von vorn. Später heißt: bei einem Besuch, wenn kein Tab diese mehr offen hat.",
    take: "Jetzt nehmen",
    later: "Später",
  },
  problems: {
    notKept: "Die Seite konnte nicht für Zeiten ohne Netz behalten werden",
    oldKept: "Eine neue Version der Seite konnte nicht behalten werden",
    page: "die Seite selbst",
    reasons: {
      full: (file) =>
        `Dafür ist kein Platz mehr (${file}): Der Datenträger, oder was der Browser einer Website gibt, ist voll. Platz schaffen und die Seite neu laden.`,
      damaged: (file) =>
        `Eine Datei ist nicht angekommen, wie sie sein soll (${file}): Ihr SHA-256 ist nicht der dieser Version, und sie wurde abgelehnt. Die Seite später neu laden.`,
      unreachable: (file) =>
        `Eine Datei ist nicht angekommen (${file}). Die Seite neu laden, wenn das Netz wieder da ist.`,
    },
    goesOn: "Der PC läuft weiter, und nichts davon ist verloren.",
  },
};
