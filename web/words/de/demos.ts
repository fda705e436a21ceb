import type { demos as english } from "../en/demos.ts";

export const demos: typeof english = {
  list: {
    "honest-boot": {
      title: "Ehrlicher Start",
      summary: "Wer wen misst, und ein Geheimnis, das derselbe Start öffnet.",
    },
    "evil-maid": {
      title: "Das Zimmermädchen",
      summary: "Vor dem Start eines ändern: Das Geheimnis bleibt zu.",
    },
    "allowed-update": {
      title: "Ein erlaubtes Update",
      summary: "Ein neuer Kernel öffnet das alte Geheimnis, weil sein Hersteller zugestimmt hat.",
    },
    bus: {
      title: "Der Bus ist kein Geheimnis",
      summary: "Ein Geheimnis, das auf dem Weg zum PC gelesen wird, und wie eine Sitzung es verbirgt.",
    },
    "clone-rollback": {
      title: "Klon und Rückfall",
      summary: "Ein kopiertes TPM und ein zurückgesetztes: was ein Zähler davon merkt und was nicht.",
    },
    "remote-attestation": {
      title: "Attestierung aus der Ferne",
      summary: "Ein anderer Tab oder eine andere Maschine vertraut diesem Start und weist einen geänderten ab.",
    },
  },
  ask: (name) =>
    `Die Vorführung startet diesen PC mehrmals und tippt in seine Shell. Sie tut das mit einem neuen TPM, „${name}“: Der PC wird ordentlich heruntergefahren, und die Seite wird damit neu geladen. In /mnt hat sie einen eigenen Ordner, boot-demo. Das eigene TPM bleibt unberührt und ist nach „Verlassen“ wieder da.`,
  begin: "Anlegen und beginnen",
  making: "Das TPM wird hergestellt; dann wird die Seite neu geladen.",
  leave: "Verlassen",
  leaveTitle: "Zurück zum eigenen TPM; die Seite wird neu geladen",
  honest:
    "Hier ist nichts gespielt: Firmware, Kernel und TPM sind echt. Ein Haken heißt, dass die Seite nachgesehen hat: in den Antworten des TPM, seinen PCRs, dem Protokoll der Firmware und der Liste von IMA.",
  trace: (format) => `Als Mitschnitt sichern (${format})`,
  traceTitle: "Alle Befehle, seit diese Vorführung offen ist; was darin geheim ist, ist geschwärzt",
  step: (number) => `Schritt ${number}`,
  states: { done: "erledigt", open: "zu tun", waiting: "noch nicht" },
  booting: "Der PC startet…",
  typing: "Befehle werden in die Konsole getippt…",
  working: "Der Klon wird gefragt, neben dem PC…",
  failures: {
    "not-measured":
      "Nicht jedes Glied wurde gemessen, oder ein PCR hat einen Wert, der sich aus dem Gehörten nicht ergibt.",
    "not-sealed": "Das TPM verwahrt kein solches Geheimnis. Konsole und Liste der Befehle sagen mehr.",
    "not-opened":
      "Das TPM hat das Geheimnis nicht herausgegeben. Wurden in diesem Start, oder in dem, an den es gebunden ist, andere Programme gestartet, dann ist PCR 10 ein anderer: von vorn beginnen.",
    "not-refused":
      "Das ist nicht ausgegangen, wie es sollte: Das TPM hat nichts abgelehnt, oder etwas anderes weicht zuerst ab.",
    "not-counted":
      "Der Zähler, oder was über ihn gesagt wird, hat nicht den Wert, den er haben müsste. Beim ersten Schritt wieder beginnen.",
    "not-the-same": "Die Kopie ist nicht ausgefallen, wie sie sollte. Den Schritt wiederholen.",
    "not-attested":
      "Die Werkzeuge des Gasts haben nicht geschrieben, was zu senden ist. Konsole und Liste der Befehle sagen mehr.",
    interrupted:
      "Der PC wurde inzwischen zurückgesetzt oder ausgeschaltet, oder er hat keinen Strom. Den Schritt wiederholen.",
  },
  problem: (reason) => `Das ging nicht. ${reason}`,

  chain: {
    title: "Die Kette dieses Starts",
    names: {
      firmware: "SeaBIOS",
      roms: "Options-ROMs",
      kernel: "Kernel",
      cmdline: "Kernel-Argumente",
      initrd: "Initrd",
      ima: "Programme",
    },
    by: {
      firmware: "misst die Tabellen der Maschine; SeaBIOS selbst misst niemand",
      roms: "misst SeaBIOS, bevor sie laufen",
      kernel: "misst das Options-ROM, das ihn startet",
      cmdline: "misst dasselbe ROM",
      initrd: "misst dasselbe ROM",
      ima: "misst Linux (IMA), bevor jedes startet",
    },
    times: (count) => (count === 1 ? "einmal erweitert" : `${count}-mal erweitert`),
    waiting: "noch nicht gemessen",
    pcr: (pcr) => `PCR ${pcr}`,
    proven: (pcrs) => `✓ Aus dem Gehörten ergeben sich die Werte, die das TPM in PCR ${pcrs} hat.`,
  },

  honestBoot: {
    intro: [
      "Jeder Teil eines Starts misst den nächsten, bevor er übergibt: Er lässt das TPM einen PCR um dessen Hash erweitern. Das TPM urteilt nicht. Es führt nur Buch, und keine Software kann eine Zeile zurücknehmen.",
      "An ein solches Buch lässt sich ein Geheimnis binden: Das TPM gibt es nur heraus, solange die PCRs die Werte von damals haben.",
    ],
    steps: {
      boot: {
        title: "Starten und der Kette zusehen",
        text: "Der PC startet. Jedes Glied leuchtet auf, wenn das TPM seinen PCR erweitert hat.",
        button: "PC starten",
        done: "Alle sechs Glieder wurden gemessen.",
      },
      seal: {
        title: "Ein Geheimnis daran binden",
        text: "Die Zeilen werden in die Konsole getippt: ein Skript, das das Geheimnis öffnet, eine Policy aus PCR 0, 2, 8, 9 und 10, das Geheimnis darunter versiegelt und im TPM verwahrt.",
        button: "Geheimnis versiegeln",
        done: (handle, policy) =>
          `Das TPM verwahrt es als ${handle}. Seine Policy ist ${policy}…, ein Passwort gibt es nicht.`,
      },
      again: {
        title: "Noch einmal starten und öffnen",
        text: "Nichts ist geändert. Dieselbe Kette ergibt dieselben PCRs.",
        button: "Noch einmal starten",
        done: (secret) => `TPM2_Unseal hat „${secret}“ herausgegeben.`,
      },
    },
  },

  evilMaid: {
    intro: [
      "Ein Notebook liegt im Hotelzimmer. Jemand kommt herein und ändert, was es startet, damit es später seine Geheimnisse hergibt. Ein gemessener Start verhindert das nicht. Aber die Änderung steht im Buch, und ein Geheimnis, das an den guten Start gebunden ist, bleibt zu.",
    ],
    steps: {
      seal: {
        title: "Ein guter Start mit einem Geheimnis",
        text: "Der PC startet, wie er ist, und ein Geheimnis wird an PCR 0, 2, 8, 9 und 10 dieses Starts gebunden.",
        button: "Starten und versiegeln",
        done: (policy) => `Versiegelt und einmal geöffnet. Seine Policy ist ${policy}…`,
      },
      attack: {
        title: "Das Zimmermädchen ändert eines",
        text: "Was soll es sein?",
        button: "Ändern und starten",
        again: "Das ändern und starten",
        done: "Das TPM hat abgelehnt.",
      },
      undo: {
        title: "Zurücknehmen",
        text: "Die Änderung wird zurückgenommen, und der PC startet. Nichts wird neu versiegelt.",
        button: "Zurücknehmen und starten",
        done: (secret) => `Es geht wieder auf: „${secret}“.`,
      },
    },
    changes: {
      argument: [
        "Ein Kernel-Argument",
        "init=/bin/sh, das eine Shell ohne Passwort verlangt. Die Initrd dieses Gasts beachtet es nicht; gemessen wird es trotzdem.",
      ],
      initrd: ["Die Initrd", "Eine Datei mehr darin, die mit „The evil maid was here“ grüßt."],
      kernel: ["Der Kernel", "Derselbe mit einer anderen Nummer des Builds: ein Oktett von 2,8 Millionen."],
      rom: [
        "Eine Karte mit Options-ROM",
        "SeaBIOS führt es vor allem anderen aus; es sagt eine Zeile auf der Konsole.",
      ],
      script: [
        "Ein Skript auf der Platte",
        "Eine Zeile mehr in dem Skript, das das Geheimnis öffnet. Kein Teil des Starts: IMA misst es, wenn es gestartet wird.",
      ],
    },
    compare: {
      title: (pcr) => `Erste Abweichung: PCR ${pcr}`,
      good: "Guter Start",
      now: "Veränderter Start",
      nothing: "nichts an dieser Stelle",
      also: (pcrs) => `Auch PCR ${pcrs} weicht ab: Sein erster Eintrag ist ein Hash über PCR 0 bis 9.`,
      digest: (hex) => `SHA-256: ${hex}…`,
    },
    shut: "Das Geheimnis bleibt zu",
    opened: "Das Geheimnis wurde herausgegeben",
    said: (command) => `${command} wurde abgelehnt.`,
  },

  allowedUpdate: {
    intro: [
      "Ein Geheimnis, das an einen Kernel gebunden ist, ist mit dem nächsten Update verloren. Mit TPM2_PolicyAuthorize wird es stattdessen an einen Schlüssel gebunden: Was dessen Besitzer unterschrieben hat, öffnet es. Hier ist das der Hersteller des Kernels, dessen Schlüssel in dieser Seite liegt und nie im PC.",
    ],
    steps: {
      seal: {
        title: "An den Schlüssel des Herstellers binden",
        text: "Die Seite macht ein Schlüsselpaar. Der PC bekommt den öffentlichen Schlüssel und eine Unterschrift über die jetzigen PCR 8 und 9. Die Policy des Geheimnisses nennt nur den Schlüssel.",
        button: "Starten und versiegeln",
        done: (policy) => `An den Schlüssel gebunden und mit diesem Kernel geöffnet. Seine Policy ist ${policy}…`,
      },
      update: {
        title: "Einen anderen Kernel starten",
        text: "Build 2 des Kernels ist eine andere Datei: PCR 9 ist ein anderer, und niemand hat zugestimmt.",
        button: "Build 2 starten",
        done: "Das TPM hat ihn abgelehnt.",
      },
      approve: {
        title: "Der Hersteller stimmt zu",
        text: "Die Seite unterschreibt die Policy dieser PCR 8 und 9 und legt die Unterschrift in /mnt/boot-demo. Der PC startet nicht neu, und nichts wird neu versiegelt.",
        button: "Zustimmen und öffnen",
        done: (secret) => `Dasselbe Objekt, seinem Namen nach, gibt „${secret}“ heraus.`,
      },
      other: {
        title: "Ein Kernel, dem niemand zugestimmt hat",
        text: "Build 3 hat beide Unterschriften zur Hand, und keine gilt ihm.",
        button: "Build 3 starten",
        done: "Das TPM hat ihn abgelehnt.",
      },
    },
    rollback:
      "Die Unterschrift für den ersten Kernel gilt weiter, sodass auch ein alter Kernel mit einer Lücke das Geheimnis öffnet. Hersteller binden ihre Zustimmung an einen NV-Zähler (TPM2_PolicyNV), um das zu beenden.",
  },

  remote: {
    intro: [
      "Jemand in der Ferne möchte wissen, was dieser PC gestartet hat. Sein TPM unterschreibt die PCRs (ein Quote), mit einer Nonce von dort, damit kein alter Quote genügt. Ein Credential zeigt, dass der Schlüssel der Unterschrift in dem TPM liegt, das den bekannten EK hat. Protokolle sagen, wie die PCRs zu ihren Werten kamen.",
      "Der Prüfer ist ein anderer Tab dieses Browsers oder eine andere Maschine mit dieser Seite oder „tabtpm verify“. Er hat keinen PC und kein TPM und glaubt nichts, was dieser PC über sich sagt.",
      "Ein TPM in einem Tab beweist niemandem etwas, der dessen Wirt nicht vertraut: Wer den Tab betreibt, kann es lesen und ändern. Geprüft wird, was bei einem echten TPM geprüft wird.",
    ],
    openVerifier: "Einen Prüfer in einem anderen Tab öffnen",
    steps: {
      boot: {
        title: "Ein guter Start, und ein Prüfer",
        text: "Der PC startet, wie er ist. Der Tab des Prüfers kann vorher oder nachher geöffnet werden.",
        button: "Den PC starten",
        done: "Gestartet, und alle Glieder wurden gemessen.",
      },
      show: {
        title: "Attestieren",
        text: "Die Zeilen werden in die Konsole getippt: EK und AK, das Credential des Prüfers, ein Quote von PCR 0 bis 10, die beiden Protokolle. Zuerst hat der Prüfer nichts zum Vergleichen: diesen Start dort gut nennen und noch einmal attestieren.",
        button: "Diesen Start attestieren",
        done: "Der Prüfer vertraut diesem Start.",
      },
      change: {
        title: "Ein Kernel-Argument ändern und attestieren",
        text: "Der PC startet mit init=/bin/sh und attestiert so ehrlich wie zuvor.",
        button: "Ändern, starten und attestieren",
        done: "Der Prüfer weist ihn ab.",
      },
    },
    said: {
      good: "Der Prüfer sagt: vertrauenswürdig",
      bad: "Der Prüfer sagt: abgewiesen",
      unknown: "Der Prüfer sagt: nicht vertrauenswürdig, weil etwas nicht bekannt ist",
    },
    expected: (text) => `erwartet: ${text}`,
    seen: (text) => `gesehen: ${text}`,
    waiting: "Gezeigt. Nun kommt die Aufgabe des Prüfers: aus seinem Tab oder von Hand.",
    byHand: "Mit einem Prüfer auf einer anderen Maschine: die Nachrichten von Hand",
    outgoing: { enrolment: "1. Für den Prüfer: die Schlüssel", evidence: "3. Für den Prüfer: die Belege" },
    incoming: "2. Vom Prüfer: seine Aufgabe (oder sein Urteil)",
    take: "Die Nachricht nehmen",
  },

  bus: {
    intro: [
      "Ein eigenständiges TPM hängt an einem Bus aus wenigen Drähten. Wer dort einen Tastkopf anlegt, liest jeden Befehl und jede Antwort, Oktett für Oktett: auch, was das TPM dem PC entsiegelt. Hier hört die Seite zu: Das sind die Oktette, die durch die Register des TPM gegangen sind.",
    ],
    steps: {
      prepare: {
        title: "Ein Geheimnis mit Passwort",
        text: "Es wird im TPM des laufenden PCs versiegelt. Nichts startet neu.",
        button: "Versiegeln",
        done: "Das TPM verwahrt es und verlangt das Passwort.",
      },
      plain: {
        title: "Entsiegeln und zuhören",
        text: "tpm2_unseal mit dem Passwort, wie man es ohne Hintergedanken tut.",
        button: "Im Klartext entsiegeln",
        done: "Das Geheimnis ist zu lesen. Das Passwort nicht: tpm2-tools bilden damit einen HMAC, an dem sich Passwörter durchprobieren lassen, weil nichts gesalzen ist.",
      },
      salted: {
        title: "In einer gesalzenen Sitzung entsiegeln",
        text: "Der PC verschlüsselt ein zufälliges Salz für einen Schlüssel des TPM. Beide machen daraus den Schlüssel der Sitzung; das Passwort geht in einen HMAC ein, und die Antwort ist verschlüsselt.",
        button: "In einer Sitzung entsiegeln",
        done: "Der PC hat das Geheimnis, und keine Nachricht zeigt es oder das Passwort.",
      },
    },
    command: "Der Befehl TPM2_Unseal",
    response: "Die Antwort",
    octets: (count) => `${count} Oktette`,
    readable: "hier zu lesen",
    sealing:
      "Beim Versiegeln gingen Geheimnis und Passwort ebenfalls im Klartext über den Bus: Auch TPM2_Create braucht eine solche Sitzung. Und ein PC, der sich des Schlüssels des TPM nicht sicher ist, salzt eine Sitzung für den, der dazwischensitzt.",
  },

  rollback: {
    intro: [
      "Ein TPM-Chip hat seinen Zustand, wo ihn niemand kopieren kann. Der Zustand eines virtuellen TPM ist eine Datei, so wie hier: Wer die Datei hat, hat das TPM. Daraus folgt zweierlei, und diese Vorführung tut beides: Aus einem TPM werden zwei, und Geschehenes wird ungeschehen.",
      "Ein Zähler im TPM (ein NV-Index, der nur steigt) ist das übliche Mittel gegen alte Daten. Er steht in demselben Zustand.",
    ],
    steps: {
      prepare: {
        title: "Ein Zähler, und ein Geheimnis daran",
        text: "Der Gast legt einen Zähler an und versiegelt ein Geheimnis mit TPM2_PolicyNV: Es öffnet sich nur, solange der Zähler seinen jetzigen Wert hat. So wird ein Geheimnis widerrufen: durch Weiterzählen.",
        button: "Zählen und versiegeln",
        done: (counter) => `Der Zähler steht auf ${counter}, und das Geheimnis öffnet sich.`,
      },
      copy: {
        title: "Den Zustand kopieren und einen Klon starten",
        text: "Die Seite nimmt die Datei des TPM und startet damit neben dem PC ein zweites. Von ihm werden die Schlüssel des Gastes verlangt, mit genau den Vorlagen, die der Gast nannte.",
        button: "Kopieren und klonen",
        done: (size) =>
          `${size} Oktette sind kopiert. Der Klon hat dieselben Schlüssel und hat auch das Geheimnis geöffnet.`,
      },
      count: {
        title: "Weiterzählen: Das Geheimnis ist widerrufen",
        text: "Der Gast zählt und merkt sich den Wert auf seiner Platte. Die Seite spielt einen Prüfer außerhalb und merkt sich, was das TPM sagt. Ein echter verlangte es unterschrieben (TPM2_NV_Certify, TPM2_Quote), mit einer eigenen Nonce.",
        button: "Weiterzählen",
        done: "Das Geheimnis bleibt zu: Der Zähler ist ein anderer.",
      },
      back: {
        title: "Die Kopie zurücklegen",
        text: "Der PC wird ausgeschaltet, der kopierte Zustand kommt an die Stelle des jetzigen, und auch, was der Gast sich auf der Platte gemerkt hat: Wer eine Maschine kopiert, kopiert beides. Dann startet er.",
        button: "Zurücksetzen und starten",
        done: (counter) => `Der Zähler steht wieder auf ${counter}, und das widerrufene Geheimnis öffnet sich.`,
        inside:
          "Der Gast hat den Zähler mit dem verglichen, was er sich gemerkt hat: nichts Auffälliges. Kein Programm darin und keine Policy im TPM kann es merken: Alles, was sie wissen, wurde mit zurückgesetzt.",
        outside:
          "Der Prüfer außerhalb hat nichts vergessen. Ein Zähler, der fällt, ist ein Beweis: Kein TPM zählt rückwärts.",
      },
      catchUp: {
        title: "Wieder aufholen",
        text: "Zählen ist kein Vorrecht, und die Owner-Hierarchie darf Clock vorstellen. Der Gast tut beides, bis die Zahlen die sind, die sich der Prüfer gemerkt hat.",
        button: "Aufholen",
        done: "Nichts, was der Prüfer vergleicht, ist gefallen. Nur wer dazwischen gefragt hat, weiß es.",
      },
    },
    names: { primary: "Primärschlüssel der Owner-Hierarchie", ek: "Endorsement Key (EK)", counter: "Zähler, danach" },
    table: { what: "Name", here: "TPM des PCs", clone: "Klon" },
    apart: "Der Klon wurde einmal weitergezählt: Die Zähler des einen sagen nichts über das andere.",
    report: {
      title: "Was der Prüfer außerhalb vergleicht",
      remembered: "gemerkt",
      now: "jetzt gesagt",
      counter: "Zähler",
      clock: "Clock",
      resetCount: "resetCount",
      fell: "gefallen",
      ok: "nicht gefallen",
      unsafe: "safe: nein",
      milliseconds: (number) => `${number} ms`,
    },
    clockUnsafe:
      "Clock kann zurückgegangen sein, aber das TPM sagt selbst, dass es dafür nicht einsteht (safe: nein), wie nach jedem Stromausfall: Die Kopie eines laufenden TPM sieht aus wie einer. resetCount zählt weiter: ein Start mehr, wie nach jedem.",
    clockSafe:
      "resetCount zählt weiter: ein Start mehr, wie nach jedem. Clock zählt die Zeit mit Strom und kann hinter dem Gesagten liegen.",
    helps:
      "Was hilft: ein Chip, dessen Zustand sich von außen nicht zurücklegen lässt. Bei einem virtuellen TPM vertraut man dem, der den Host betreibt, oder sein Zustand ist an etwas gebunden, das auch der nicht zurücksetzen kann. Ein Prüfer kann jedes Mal einen Zufallswert im TPM hinterlassen und ihn beim nächsten Mal verlangen: Zu dem lässt sich nicht hochzählen. Damit fällt ein Rückfall hinter seinen letzten Besuch auf, ein späterer nicht, und ein Klon erst, wenn beide vorbeikommen.",
    more: "Schnappschüsse und Kopien, in der Dokumentation",
  },
};
