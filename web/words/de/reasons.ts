/** Why the TPM refused a command, in German. */
import { handleNames, type ReasonWords, type RefusedField } from "../../../src/index.ts";
import type { Catalogue } from "../catalogue.ts";
import { sentences } from "./refusals.ts";
import { responseCodes } from "./responseCodes.ts";

const handle = handleNames({
  permanent: {
    TPM_RH_OWNER: "die Owner-Hierarchie",
    TPM_RH_ENDORSEMENT: "die Endorsement-Hierarchie",
    TPM_RH_PLATFORM: "die Platform-Hierarchie",
    TPM_RH_PLATFORM_NV: "die NV-Indizes der Plattform",
    TPM_RH_LOCKOUT: "die Lockout-Autorität",
    TPM_RH_NULL: "die Null-Hierarchie",
  },
  pcr: "PCR",
  index: "NV-Index",
  hmac: "HMAC-Sitzung",
  policy: "Policy-Sitzung",
  object: "Objekt",
  persistent: "persistentes Objekt",
  component: "angeschlossene Komponente",
  handle: "Handle",
});
const octets = (count: number) => `${count} Byte`;
const seconds = (count: number) => (count === 1 ? "1 Sekunde" : `${count} Sekunden`);

function field(refused: RefusedField | null): string {
  if (refused === null) return "Ein Feld lässt sich nicht lesen";
  const { path, type, wrong, value, permitted } = refused;
  if (wrong === "missing") return `Der Befehl endet vor ${path} (${type})`;
  const shown = value === null ? "" : ` ${value}`;
  if (wrong === "size") return `Die Größe von ${path} (${type})${value === null ? "" : `,${shown},`} passt nicht`;
  const allowed = permitted.length === 0 ? "" : `; erlaubt: ${permitted.join(", ")}`;
  return `Das Feld ${path} (${type}) kann nicht${shown === "" ? " so" : shown} sein${allowed}`;
}

const places = { command: "Befehl", handle: "Handle", session: "Sitzung", parameter: "Parameter" };

export const german: ReasonWords = {
  handle,
  octets,
  seconds,
  field,
  localities: (set) =>
    set === 0
      ? "keine Lokalität"
      : `Lokalität ${set >= 32 ? set : [0, 1, 2, 3, 4].filter((n) => (set >> n) & 1).join(" oder ")}`,
  lockout: (tries, maxTries) =>
    tries >= maxTries
      ? `Das war Versuch ${tries} von ${maxTries}: die Sperre hat begonnen`
      : `Versuch ${tries} von ${maxTries}${tries === maxTries - 1 ? "; mit dem nächsten beginnt die Sperre" : ""}`,
  ends: (left) => (left === null ? "Das endet nicht von selbst" : `Das endet in ${seconds(left)}`),
  general: (_command, name, { about, number, subject }) => {
    const meaning = responseCodes[name] ?? `die Spezifikation kennt keinen Code ${name}`;
    if (number === 0) return `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`;
    return `${places[about]} ${number}${subject === undefined ? "" : ` (${subject})`}: ${meaning}.`;
  },
  sentences,
};

export const reasons: Catalogue["reasons"] = {
  noted: "Abgelehnt, wie das TPM vermerkt hat:",
  general: "Abgelehnt; der Code allgemein:",
  notLoaded:
    "Warum, lässt sich nicht sagen: die Erklärungen konnten nicht geladen werden. Der Antwortcode steht darüber.",
  sentences: german,
};
