/** Certification paths (RFC 5280, 6.1): from a certificate to one that the verifier trusts. Revocation is not looked at. */
import { EXTENSION } from "../spec/objectIdentifiers.ts";
import {
  basicConstraints,
  type Certificate,
  describeName,
  extendedKeyUsages,
  isSameName,
  isSignedBy,
  keyIdentifier,
  keyUsages,
} from "./certificate.ts";
import { EvidenceFormatError } from "./errors.ts";
import { type Finding, finding, group } from "./finding.ts";
import { checkNames, nameConstraints } from "./nameConstraints.ts";
import { equal } from "./octets.ts";

export interface ChainReference {
  /** Whom the verifier trusts: roots, or other authorities that are pinned. */
  readonly roots: readonly Certificate[];
  /** What may be between, from wherever: nothing of it is trusted. */
  readonly intermediates: readonly Certificate[];
  readonly time: Date;
  /** What the certificates are for: an object identifier of extended key usage. */
  readonly purpose: string;
}

/** Paths longer than this are nobody's. */
const MAX_LENGTH = 8;
/** So many signatures are verified at most: a bag of certificates may have as many paths as it likes. */
const MAX_SIGNATURES = 64;
const ANY_PURPOSE = "2.5.29.37.0";

/** Extensions that are understood: those may be critical. */
const UNDERSTOOD: readonly string[] = [
  EXTENSION.subjectDirectoryAttributes,
  EXTENSION.keyUsage,
  EXTENSION.subjectAlternativeName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  // Every policy is accepted.
  EXTENSION.certificatePolicies,
  EXTENSION.extendedKeyUsage,
];

const isSame = (one: Certificate, other: Certificate): boolean => equal(one.der, other.der);
const isSelfIssued = ({ issuer, subject }: Certificate): boolean => isSameName(issuer, subject);

function mayIssue(issuer: Certificate, certificate: Certificate): boolean {
  if (!isSameName(issuer.subject, certificate.issuer)) return false;
  const [asked, has] = [keyIdentifier(certificate, "authority"), keyIdentifier(issuer, "subject")];
  return asked === null || has === null || equal(asked, has);
}

interface Search {
  signatures: number;
  /** What stopped a path, for who asks why there is none. */
  problem: string | null;
  isUnknown: boolean;
}

/** Paths from the certificate to a root, the root at the end. */
async function* pathsFrom(
  path: readonly Certificate[],
  reference: ChainReference,
  search: Search,
): AsyncGenerator<readonly Certificate[]> {
  const last = path.at(-1);
  if (last === undefined || path.length > MAX_LENGTH) return;
  const trusted = reference.roots.filter((root) => mayIssue(root, last));
  const between = reference.intermediates.filter(
    (each) =>
      mayIssue(each, last) &&
      !path.some((used) => isSame(used, each)) &&
      !reference.roots.some((root) => isSame(root, each)),
  );
  for (const issuer of [...trusted, ...between]) {
    if (search.signatures++ >= MAX_SIGNATURES) return;
    const isGood = await isSignedBy(last, issuer);
    if (isGood !== true) {
      search.problem = `the signature of ${describeName(issuer.subject)} on ${describeName(last.subject)} ${isGood === null ? "has an algorithm that can't be verified" : "is wrong"}`;
      search.isUnknown ||= isGood === null;
      continue;
    }
    if (trusted.includes(issuer)) yield [...path, issuer];
    else yield* pathsFrom([...path, issuer], reference, search);
  }
}

/** The best of the paths: a good one, else the first. */
export async function checkChain(certificate: Certificate, reference: ChainReference): Promise<Finding> {
  const search: Search = { signatures: 0, problem: null, isUnknown: false };
  let first: Finding | null = null;
  for await (const path of pathsFrom([certificate], reference, search)) {
    const checked = checkPath(path, reference);
    if (checked.verdict === "good") return checked;
    first ??= checked;
  }
  if (first !== null) return first;
  const expected = "a path of signatures to one of the given roots";
  const given = reference.roots.length === 1 ? "1 root was given" : `${reference.roots.length} roots were given`;
  const seen = search.problem ?? `none: ${describeName(certificate.issuer)} issued it; ${given}`;
  // A root that is not known may be a right one: that is for who gives the roots to say.
  const verdict = search.isUnknown ? "unknown" : "bad";
  return group("ekCertificate.chain", [finding("ekCertificate.path", verdict, { expected, seen })]);
}

function checkPath(path: readonly Certificate[], reference: ChainReference): Finding {
  const names = path.map(({ subject }) => describeName(subject)).join(" <- ");
  const findings = [
    finding("ekCertificate.path", "good", { expected: "a path of signatures to one of the given roots", seen: names }),
  ];
  for (const [at, certificate] of path.entries()) {
    findings.push(checkValidity(certificate, reference.time), checkCritical(certificate));
    // Nobody needs the signature on what is trusted.
    if (at < path.length - 1) findings.push(checkHash(certificate));
    if (at > 0) findings.push(...checkAuthority(certificate, path.slice(0, at), reference.purpose));
  }
  const note = "whether a certificate was revoked since is not looked at";
  return group("ekCertificate.chain", findings, note);
}

const day = (time: Date) => time.toISOString().slice(0, 19).concat("Z");

function checkValidity({ subject, notBefore, notAfter }: Certificate, time: Date): Finding {
  const isGood = notBefore <= time && time <= notAfter;
  return finding("ekCertificate.validity", isGood ? "good" : "bad", {
    expected: `from ${day(notBefore)} to ${day(notAfter)}`,
    seen: day(time),
    note: describeName(subject),
  });
}

function checkHash({ subject, isWeaklySigned }: Certificate): Finding {
  return finding("ekCertificate.signatureHash", isWeaklySigned ? "unknown" : "good", {
    expected: "a signature over a digest that can't be made for two certificates",
    seen: isWeaklySigned ? "SHA-1 or older" : "SHA-2 or newer",
    note: describeName(subject),
  });
}

function checkCritical({ subject, extensions }: Certificate): Finding {
  const critical = [...extensions].filter(([, { critical: isCritical }]) => isCritical).map(([id]) => id);
  const unknown = critical.filter((id) => !UNDERSTOOD.includes(id));
  return finding("ekCertificate.criticalExtensions", unknown.length === 0 ? "good" : "bad", {
    expected: "no critical extension that is not understood",
    seen: unknown.join(", ") || "none",
    note: describeName(subject),
  });
}

/** @param below from the end of the path up to this authority */
function checkAuthority(authority: Certificate, below: readonly Certificate[], purpose: string): Finding[] {
  const note = describeName(authority.subject);
  try {
    const constraints = basicConstraints(authority);
    const isAuthority = constraints?.isAuthority === true;
    // A root of version 1 has no extensions, and the verifier's word that it is one is not enough for others.
    const findings = [
      finding("ekCertificate.basicConstraints", isAuthority ? "good" : "bad", {
        expected: "the certificate of an authority",
        seen: isAuthority ? "an authority" : "none",
        note,
      }),
    ];
    const between = below.slice(1).filter((each) => !isSelfIssued(each)).length;
    const allowed = constraints?.pathLength ?? null;
    if (allowed !== null)
      findings.push(
        finding("ekCertificate.pathLength", between <= allowed ? "good" : "bad", {
          expected: `${allowed} authorities below at most`,
          seen: `${between}`,
          note,
        }),
      );
    const usages = keyUsages(authority);
    const signs = usages === null || usages.includes("keyCertSign");
    const usage = { expected: "keyCertSign", seen: usages?.join(", ") ?? "any use", note };
    findings.push(finding("ekCertificate.authorityKeyUsage", signs ? "good" : "bad", usage));
    const extension = authority.extensions.get(EXTENSION.extendedKeyUsage);
    if (extension !== undefined) {
      const purposes = extendedKeyUsages(authority) ?? [];
      const isFor = purposes.includes(purpose) || purposes.includes(ANY_PURPOSE);
      const bounds = { expected: purpose, seen: purposes.join(", "), note };
      // RFC 5280 binds purposes that are not critical as well; not every manufacturer does.
      const otherwise = extension.critical ? "bad" : "unknown";
      findings.push(finding("ekCertificate.authorityPurpose", isFor ? "good" : otherwise, bounds));
    }
    return [...findings, ...checkNamesBelow(authority, below)];
  } catch (error) {
    if (!(error instanceof EvidenceFormatError)) throw error;
    return [finding("ekCertificate.basicConstraints", "bad", { seen: error.message, note })];
  }
}

function checkNamesBelow(authority: Certificate, below: readonly Certificate[]): Finding[] {
  const constraints = nameConstraints(authority);
  if (constraints === null) return [];
  return below
    .filter((each, at) => at === 0 || !isSelfIssued(each))
    .map((each) => {
      const { verdict, seen } = checkNames(each, constraints);
      const note = describeName(authority.subject);
      return finding("ekCertificate.nameConstraints", verdict, {
        expected: "names that the authority may give",
        seen,
        note,
      });
    });
}
