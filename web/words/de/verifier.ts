import type { verifier as english } from "../en/verifier.ts";

export const verifier: typeof english = {
  title: "Prüfer",
  documentTitle: "tabtpm: Prüfer",
  intro:
    "Diese Seite startet keinen PC und hat kein TPM. Ein anderer Tab dieses Browsers oder eine andere Maschine zeigt, was sie gestartet hat; hier wird entschieden, ob das zu glauben ist und warum.",
  honest:
    "Ein TPM in einem Tab beweist niemandem etwas, der dessen Wirt nicht vertraut: Wer den Tab betreibt, kann es lesen und ändern. Geprüft wird hier, was bei einem echten TPM geprüft wird; was das wert ist, hängt davon ab, wer für den EK bürgt.",
  busy: "Es wird geprüft…",

  known: {
    title: "Was von früher bekannt ist",
    ek: "EK",
    ekNone: "keiner: der erste, der gut genannt wird, wird festgehalten",
    ekSince: (when) => `zuerst gezeigt am ${when}`,
    policy: "Policy",
    policyNone: "keine: noch hat niemand gesagt, was gut ist",
    policyThere: "vorhanden",
    roots: "Wurzeln",
    rootsNone: "keine: das Zertifikat des EK wird nicht angesehen",
    rootsCount: (count) => (count === 1 ? "ein Zertifikat" : `${count} Zertifikate`),
    trustBrowser: "Der eigenen Zertifizierungsstelle dieses Browsers vertrauen",
    trustBrowserTitle: "Sie unterschreibt die EK-Zertifikate der TPMs, die in diesem Browser hergestellt werden",
    savePolicy: "Die Policy sichern",
    forget: "Alles vergessen",
  },

  take: {
    title: "Was gezeigt wird",
    channel:
      "Andere Tabs dieses Browsers werden von selbst gehört: in einem die Vorführung „Attestierung aus der Ferne“ öffnen.",
    other:
      "Von einer anderen Maschine: ihre Nachricht einfügen oder Dateien geben. Dateien der tpm2-tools oder von „tabtpm attest“ werden an ihren Namen erkannt (quote.msg, quote.sig, pcrs.bin, ak.pub, ek.pub, ek.crt, eventlog.bin, ima.log), Wurzeln enden auf .pem, Policys und Nachrichten auf .json.",
    paste: "Eine Nachricht",
    button: "Die Nachricht nehmen",
    files: "Dateien",
    folder: "Ein Ordner",
    drop: "Dateien können auch auf diese Seite gezogen werden.",
    answer: "Was das TPM aus dem Credential gemacht hat, hexadezimal, wo Dateien gegeben werden",
  },

  challenge: {
    title: "Ausgegeben, für eine Antwort",
    none: "Nichts ist offen. Wer seine Schlüssel zeigt (ek.pub und ak.pub), bekommt eine Nonce und ein Credential.",
    nonce: "Nonce",
    giveNonce: "Eine Nonce geben",
    giveNonceTitle: "Für eine Maschine, deren AK in der Policy steht: tpm2_quote -q, tabtpm attest --nonce",
    message: "Die Nachricht für die Gegenseite",
    copy: "Die Nachricht kopieren",
    save: "Die Nachricht sichern",
    saveCredential: "Das Credential sichern",
    saveCredentialTitle: "Für tpm2_activatecredential -i, tabtpm attest --credential",
  },

  result: {
    title: "Befund",
    none: "Noch wurde nichts gezeigt.",
    verdicts: {
      good: "vertrauenswürdig",
      bad: "abgewiesen",
      unknown: "nicht vertrauenswürdig: etwas ist nicht bekannt",
    },
    explanations: {
      good: "Alles Verlangte wurde gezeigt und ist so wie damals, als es gut genannt wurde.",
      bad: "Etwas ist nicht, wie es sein soll:",
      unknown: "Nichts ist falsch, und nicht alles ist bekannt. Unbekanntes ist nie gut:",
    },
    learn: "Dieser Start ist gut: lernen",
    learnText:
      "Das lässt sich nur außerhalb dieser Seite wissen. Der EK wird festgehalten, und was gemessen wurde, wird künftig verlangt: die Ereignisse des Bootloaders, die Dateien von IMA, alle anderen PCRs.",
    learned: "Gelernt. Nun noch einmal attestieren lassen: Ab jetzt wird verglichen.",
    tree: "Alle Befunde",
    expected: "erwartet",
    seen: "gesehen",
  },
  marks: { good: "gut", bad: "schlecht", unknown: "unbekannt" },
  checks: {
    attestation: "Das Ganze",
    "verifier.challenge": "Eine Antwort auf das, was hier gefragt wurde",
    "verifier.ek": "Der EK, der früher gezeigt wurde",
    "verifier.keys": "Die Schlüssel",
    quote: "Der Quote: Unterschrift, Nonce, PCRs",
    ekCertificate: "Das Zertifikat des EK",
    credential: "Das Credential: AK und EK liegen in einem TPM",
    "ak.trust": "Wer sagt, dass der AK der eines TPM ist",
    bank: "Die PCR-Bank",
    eventLog: "Das Protokoll der Firmware ergibt diese PCRs",
    ima: "Die Liste von IMA ergibt PCR 10",
    policy: "Gemessen wurde, was gut genannt wurde",
    evidence: "Die Dateien",
  },

  challengeFinding: {
    expected: "eine Antwort auf eine Aufgabe, die hier ausgegeben wurde und offen ist",
    seen: {
      open: "so ist es",
      again: "auf eine, die schon beantwortet ist: Jede gilt für eine Antwort",
      never: "auf keine, die hier ausgegeben wurde",
      none: "Dateien, während keine Aufgabe offen ist",
    },
  },
  ekFinding: {
    first:
      "Hier wurde noch kein EK gezeigt. Dass es der richtige ist, lässt sich nur außerhalb dieser Seite wissen; ist er gut genannt, wird er festgehalten.",
    other: "Das ist ein anderes TPM oder ein anderer Seed. Es hat keine Aufgabe bekommen.",
    none: "Kein Credential wurde geöffnet: Der EK zu diesem Quote ist nicht bekannt.",
  },
  keysExpected: "ein EK und ein AK, für die sich ein Credential machen lässt",

  problems: {
    notKept: "Der Browser bewahrt hier nichts auf: Gelerntes gilt, bis diese Seite geschlossen wird.",
    notForVerifier: "Das ist die Nachricht eines Prüfers. Hier wird eine der Gegenseite genommen.",
    bareKey: "Ein bloßer Schlüssel genügt nicht: nötig sind die öffentlichen Bereiche, ek.pub und ak.pub.",
    filesMissing:
      "Diese Dateien ergeben kein Ganzes: nötig sind quote.msg, quote.sig, pcrs.bin und ak.pub, oder ek.pub und ak.pub.",
    manyFiles: (limit) => `Das sind mehr als ${limit} Dateien.`,
    largeFile: (name, limit) => `„${name}“ hat mehr als ${limit} MiB.`,
    unknownFile: (name) =>
      `Was „${name}“ ist, sagt der Name nicht. Zu erkennen sind die Namen, die tabtpm attest vergibt.`,
    notCopied: "Der Browser lässt die Seite nicht in die Zwischenablage schreiben: den Text auswählen und kopieren.",
    noAuthority: (reason) => `Die Zertifizierungsstelle dieses Browsers lässt sich nicht öffnen. ${reason}`,
    message: {
      "too-long": () => "Die Nachricht ist zu lang.",
      "no-json": () => "Das ist keine Nachricht: kein JSON-Objekt.",
      "other-version": () => "Das ist keine Nachricht dieser Version des Protokolls.",
      "no-such-kind": () => "Das ist keine Art von Nachricht, die hier bekannt ist.",
      field: (name) => `Das Feld „${name}“ der Nachricht fehlt, ist zu lang, nicht bekannt oder nicht in seiner Form.`,
    },
  },
};
