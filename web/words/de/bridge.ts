import type { bridge as english } from "../en/bridge.ts";

export const bridge: typeof english = {
  documentTitle: "tabtpm: Linux mit dem TPM hinter einer Brücke",
  brand: "Linux in diesem Tab, mit einem TPM von anderswo",
  title: "Mit einer Brücke verbinden",
  lead: "Eine Brücke gibt dem PC in diesem Tab ein TPM dieses Rechners: swtpm, einen Simulator, das TPM des Rechners selbst oder eines von tabtpm, das in einem Ordner liegt. Sie wird in einem Terminal gestartet:",
  address: "Adresse",
  addressHint: "Die ganze Adresse, die die Brücke ausgibt, oder ohne das, was hinter dem # steht",
  token: "Kennwort",
  tokenHint: "Was hinter dem # steht. Es wird nicht gespeichert",
  connect: "Verbinden und starten",
  connecting: "Verbindung wird aufgebaut…",
  fromLink:
    "Adresse und Kennwort kamen mit dem Link. Nur verbinden, wenn Sie die Brücke selbst gestartet haben: das TPM des Gasts ist, was dort antwortet.",
  bootWithout: "Ohne TPM starten",
  bootWithoutHint:
    "Der Gast findet kein TPM: seine Register lesen sich als 0, und es gibt keine ACPI-Tabelle. Jeder Reset versucht es erneut.",
  connected: (name: string) => `Das TPM des PCs ist ${name}.`,
  without:
    "Der PC hat kein TPM: seine Register lesen sich als 0, und es gibt keine ACPI-Tabelle. Ein Reset versucht es erneut.",
  limits:
    "Sein Zustand bleibt dort. Deshalb gibt es in dieser Seite keine Schnappschüsse, keinen Umzug in einen anderen Tab, keine Liste der TPMs und kein neues TPM, und sie kann nicht hineinsehen: PCRs, Schlüssel und Sitzungen zeigen die tpm2-tools im Gast, alle Befehle die Liste.",
  shared:
    "Dieses TPM benutzen auch andere. Gast und Wirt teilen sich seine Plätze für Schlüssel und Sitzungen, und falsche Passwörter des Gasts zählen für die Sperre des Wirts; was dem Wirt schaden würde, wird abgelehnt (docs/bridge.md).",
  notInspected: "das TPM ist hinter einer Brücke, und nur Befehle erreichen es.",
  another: "Andere Brücke…",
  reset: "PC zurücksetzen",
  backAgain: "Das TPM ist wieder da",
  troubles: {
    address: {
      title: "Das ist keine Adresse einer Brücke",
      text: "Sie sieht aus wie ws://127.0.0.1:8765/#TOKEN, und die Brücke gibt sie aus, wenn sie startet.",
    },
    elsewhere: {
      title: "Die Brücke muss auf diesem Rechner sein",
      text: "Die Seite verbindet sich nur mit ws://127.0.0.1 und ws://localhost. Eine Brücke anderswo ist durch einen Tunnel zu erreichen, etwa ssh -L.",
    },
    "no-token": {
      title: "Das Kennwort fehlt",
      text: "Es steht hinter dem # der Adresse, die die Brücke ausgibt, oder in der Datei ihres --token-file.",
    },
    absent: {
      title: "Da ist keine Brücke",
      text: "Unter dieser Adresse hat niemand geantwortet. Läuft tabtpm bridge, und ist das die Adresse, die es zuletzt ausgegeben hat? Browser, die Seiten anderer Wirte keine Verbindung zu diesem Rechner erlauben, sehen genauso aus.",
    },
    forbidden: {
      title: "Der Browser erlaubt dieser Seite keine Verbindung",
      text: "Der Wirt dieser Seite sendet eigene Regeln, oder dem Browser gilt ws:// von einer Seite aus, die über https:// kam, als unsicher. Liefern Sie die Seite von diesem Rechner aus (npm start), und öffnen Sie dort bridge.html.",
    },
    permission: {
      title: "Der Browser soll diese Seite nicht zu diesem Rechner lassen",
      text: "Die Erlaubnis für Geräte im lokalen Netz wurde verweigert. Erteilen Sie sie in den Einstellungen des Browsers für diese Seite, und versuchen Sie es erneut.",
    },
    foreign: {
      title: "Was dort antwortet, ist keine Brücke dieser Version",
      text: "Den Anschluss hat ein anderes Programm oder eine Brücke einer anderen Ausgabe.",
    },
    lost: {
      title: "Die Brücke ist fort",
      text: "Der Befehl, den sie hatte, ist gescheitert, und so auch jeder andere, bis das TPM wieder Strom hat. Starten Sie die Brücke, und setzen Sie den PC zurück. Ohne --token-file und dasselbe --listen hat sie eine neue Adresse.",
    },
    protocol: { title: "Die Brücke hat diese Seite nicht verstanden", text: "Sie sind von verschiedenen Ausgaben." },
    token: {
      title: "Das Kennwort ist ein anderes",
      text: "Jeder Start der Brücke gibt ein neues aus, außer mit --token-file.",
    },
    origin: {
      title: "Die Brücke lässt keine Seite dieser Adresse ein",
      text: "Sie lässt Seiten dieses Rechners ein. Starten Sie sie mit --origin und der Adresse dieser Seite:",
    },
    busy: {
      title: "Ein anderer Gast hat das TPM",
      text: "Eine Brücke hat einen Gast zur Zeit. Beenden Sie ihn, und versuchen Sie es erneut.",
    },
    version: { title: "Die Brücke ist von einer anderen Version", text: "Nehmen Sie Seite und Brücke einer Ausgabe." },
    backend: {
      title: "Die Brücke hat kein TPM",
      text: "Sie ist da, aber was hinter ihr ist, war nicht zu erreichen oder nicht zu starten.",
    },
    other: { title: "Das TPM ist nicht da", text: "Warum, sagen die technischen Einzelheiten." },
  },
};
