/** Name constraints of an authority (RFC 5280, 4.2.1.10), for directory names: EK certificates have no others. */
import { DIRECTORY_NAME, EXTENSION } from "../spec/objectIdentifiers.ts";
import {
  alternativeNames,
  type Certificate,
  type DistinguishedName,
  describeName,
  type GeneralName,
  generalNameFrom,
  isWithin,
} from "./certificate.ts";
import type { DerNode } from "./derReader.ts";
import { EvidenceFormatError } from "./errors.ts";
import type { Verdict } from "./finding.ts";

interface Constraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;

/** Null where the authority has none. @throws EvidenceFormatError */
export function nameConstraints({ extensions }: Certificate): Constraints | null {
  const extension = extensions.get(EXTENSION.nameConstraints);
  if (extension === undefined) return null;
  const bases = (tag: number) =>
    extension.value.children.filter((part) => part.tag === tag).flatMap(({ children }) => children.map(baseOf));
  if (extension.value.children.some(({ tag }) => tag !== PERMITTED && tag !== EXCLUDED))
    throw new EvidenceFormatError("The certificate has name constraints with parts that are none.");
  return { permitted: bases(PERMITTED), excluded: bases(EXCLUDED) };
}

function baseOf({ children: [base, ...distances] }: DerNode): GeneralName {
  if (base === undefined || distances.length > 0)
    throw new EvidenceFormatError(
      "The certificate has name constraints with distances, which RFC 5280 does not allow.",
    );
  return generalNameFrom(base);
}

export interface NameJudgement {
  readonly verdict: Verdict;
  readonly seen: string;
}

/** Whether an authority with these constraints may have certificates below it with the names of this one. */
export function checkNames(certificate: Certificate, { permitted, excluded }: Constraints): NameJudgement {
  const alternatives = alternativeNames(certificate);
  const directories: DistinguishedName[] = alternatives.flatMap(({ directory }) => (directory ? [directory] : []));
  if (certificate.subject.length > 0) directories.unshift(certificate.subject);
  const basesOf = (some: readonly GeneralName[]) => some.flatMap(({ directory }) => (directory ? [directory] : []));
  const [allowed, forbidden] = [basesOf(permitted), basesOf(excluded)];
  for (const name of directories) {
    if (forbidden.some((base) => isWithin(name, base)))
      return { verdict: "bad", seen: `${describeName(name)} is excluded` };
    if (allowed.length > 0 && !allowed.some((base) => isWithin(name, base)))
      return { verdict: "bad", seen: `${describeName(name)} is not permitted` };
  }
  const constrained = [...permitted, ...excluded].map(({ form }) => form).filter((form) => form !== DIRECTORY_NAME);
  const other = alternatives.find(({ form }) => constrained.includes(form));
  // An e-mail address may stand in the subject, too.
  const hasEmail =
    constrained.includes(1) && certificate.subject.flat().some(({ id }) => id === "1.2.840.113549.1.9.1");
  if (other !== undefined || hasEmail)
    return { verdict: "unknown", seen: "there are names of a form whose constraints are not compared here" };
  return { verdict: "good", seen: directories.map(describeName).join("; ") };
}
