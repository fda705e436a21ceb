/** The tree that the explorer shows, made of what the TPM tells of itself. */
import type {
  InspectedBank,
  InspectedHierarchy,
  InspectedNvIndex,
  InspectedObject,
  InspectedSequence,
  InspectedSession,
  TpmInspection,
} from "../../../src/index.ts";
import { explorerWords } from "../../words/explorerTree.ts";

/** What a node stands for. */
export type Subject =
  | { readonly kind: "group" }
  | { readonly kind: "hierarchy"; readonly of: InspectedHierarchy }
  | { readonly kind: "object"; readonly of: InspectedObject }
  | { readonly kind: "sequence"; readonly of: InspectedSequence }
  | { readonly kind: "session"; readonly of: InspectedSession }
  | { readonly kind: "saved"; readonly handle: number }
  | { readonly kind: "index"; readonly of: InspectedNvIndex }
  | { readonly kind: "pcr"; readonly bank: InspectedBank; readonly pcr: number; readonly value: Uint8Array }
  | { readonly kind: "lockout"; readonly of: TpmInspection["lockout"] };

export interface TreeNode {
  /** The same for the same thing, from one look to the next. */
  readonly id: string;
  readonly label: string;
  readonly subject: Subject;
  readonly children: readonly TreeNode[];
}

export const hexHandle = (handle: number): string => `0x${handle.toString(16).padStart(8, "0")}`;

/** "RSA-2048", "ECC NIST_P256", "AES-128", "KEYEDHASH". */
export function typeName({ publicArea }: InspectedObject): string {
  const { type, keyBits, curve, symmetric, scheme } = publicArea;
  const bare = (name: string) => name.replace(/^TPM_(ALG|ECC)_/, "");
  if (type === "TPM_ALG_RSA") return `RSA-${keyBits}`;
  if (type === "TPM_ALG_ECC") return `ECC ${bare(curve ?? "")}`;
  if (type === "TPM_ALG_SYMCIPHER") return `${bare(symmetric ?? "")}-${keyBits}`;
  return scheme === null ? explorerWords().sealedData : `${bare(scheme)} ${explorerWords().key}`;
}

/** "SHA256": tpm2-tools' name of a bank, in capitals. */
export const bankLabel = ({ hashAlg }: InspectedBank): string => hashAlg.replace("TPM_ALG_", "");

export function treeOf(inspection: TpmInspection): TreeNode[] {
  const say = explorerWords();
  const objects = [...inspection.persistent, ...inspection.transient];
  const group = (id: string, label: string, children: readonly TreeNode[]): TreeNode => ({
    id,
    label: `${label} (${children.length})`,
    subject: { kind: "group" },
    children,
  });
  const loose = objects.filter((found) => found.kind === "sequence" || !hasParent(found, objects));
  return [
    ...inspection.hierarchies.map((hierarchy) => ({
      id: `hierarchy ${hierarchy.name}`,
      label: say.hierarchies[hierarchy.name],
      subject: { kind: "hierarchy", of: hierarchy } as const,
      children: childrenOf(hierarchy.handle, objects),
    })),
    ...(loose.length === 0
      ? []
      : [
          group(
            "loose",
            say.loose,
            loose.map((found) => objectNode(found, objects)),
          ),
        ]),
    group("sessions", say.sessions, sessionNodes(inspection)),
    group("indices", say.indices, inspection.nvIndices.map(indexNode)),
    ...inspection.pcrs.banks.filter(({ values }) => values.size > 0).map(bankNode),
    { id: "lockout", label: say.lockout, subject: { kind: "lockout", of: inspection.lockout }, children: [] },
  ];
}

type Found = InspectedObject | InspectedSequence;

/** Its parent is a hierarchy, or stands in the tree. */
const hasParent = (found: InspectedObject, objects: readonly Found[]) =>
  found.parent !== null && (found.parent >>> 24 === 0x40 || objects.some(({ handle }) => handle === found.parent));

const childrenOf = (parent: number, objects: readonly Found[]): TreeNode[] =>
  objects
    .filter((found) => found.kind === "object" && found.parent === parent && found.handle !== parent)
    .map((found) => objectNode(found, objects));

function objectNode(found: Found, objects: readonly Found[]): TreeNode {
  const handle = hexHandle(found.handle);
  const id = `object ${handle}`;
  if (found.kind === "sequence") {
    const label = `${handle} ${explorerWords().sequences[found.sequence]}`;
    return { id, label, subject: { kind: "sequence", of: found }, children: [] };
  }
  const children = childrenOf(found.handle, objects);
  return { id, label: `${handle} ${typeName(found)}`, subject: { kind: "object", of: found }, children };
}

function sessionNodes({ sessions, savedSessions }: TpmInspection): TreeNode[] {
  const say = explorerWords();
  return [
    ...sessions.map((session) => ({
      id: `session ${session.handle}`,
      label: `${hexHandle(session.handle)} ${say.sessionKinds[session.kind]}`,
      subject: { kind: "session", of: session } as const,
      children: [],
    })),
    ...savedSessions.map(({ handle }) => ({
      id: `session ${handle}`,
      label: `${hexHandle(handle)} ${say.savedSession}`,
      subject: { kind: "saved", handle } as const,
      children: [],
    })),
  ];
}

const indexNode = (index: InspectedNvIndex): TreeNode => ({
  id: `index ${index.handle}`,
  label: `${hexHandle(index.handle)} ${explorerWords().bytes(index.dataSize)}`,
  subject: { kind: "index", of: index },
  children: [],
});

const bankNode = (bank: InspectedBank): TreeNode => ({
  id: `bank ${bank.hashAlg}`,
  label: explorerWords().bank(bankLabel(bank)),
  subject: { kind: "group" },
  children: [...bank.values].map(([pcr, value]) => ({
    id: `pcr ${bank.hashAlg} ${pcr}`,
    label: `PCR ${pcr}`,
    subject: { kind: "pcr", bank, pcr, value },
    children: [],
  })),
});
