import type { ListedTpm, TpmsActions, TpmsState } from "../../state/tpms.ts";
import { languageInUse, words } from "../../words/index.ts";
import { passphraseWords } from "../../words/passphrase.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { ProblemLine } from "./Problem.tsx";

/** What the dialog shows. */
export type View =
  | { readonly kind: "list" }
  | { readonly kind: "unlock" }
  | { readonly kind: "create" }
  | { readonly kind: "import" }
  | { readonly kind: "copy" | "rename" | "export" | "remove" | "use" | "passphrase"; readonly tpm: ListedTpm };

interface TpmListProps {
  readonly state: TpmsState;
  readonly actions: TpmsActions;
  readonly onView: (view: View) => void;
  readonly onClose: () => void;
}

export function TpmList({ state, actions, onView, onClose }: TpmListProps) {
  const tpms = tpmsDialogWords();
  const { common } = words();
  const { list, storage, problem, busy } = state;
  return (
    <>
      <p>{tpms.lead}</p>
      {list === null ? (
        problem === null && <p role="status">{words().tpms.loading}</p>
      ) : (
        <ul class="tpm-list" aria-label={tpms.list}>
          {list.map((tpm) => (
            <Entry key={tpm.id} tpm={tpm} busy={busy} onView={onView} />
          ))}
        </ul>
      )}
      <ProblemLine problem={problem} />
      {storage !== null && (
        <p class="hint" data-storage={storage}>
          {tpms.lasting[storage]}{" "}
          {storage === "not promised" && (
            <button type="button" class="link" disabled={busy} onClick={() => void actions.askForPersistence()}>
              {tpms.askPersistence}
            </button>
          )}
        </p>
      )}
      <div class="choices">
        <button type="button" disabled={busy} onClick={() => onView({ kind: "create" })}>
          {tpms.create}
        </button>
        <button type="button" disabled={busy} onClick={() => onView({ kind: "import" })}>
          {tpms.import}
        </button>
        <button type="button" class="primary" onClick={onClose}>
          {common.close}
        </button>
      </div>
    </>
  );
}

function Entry({ tpm, busy, onView }: { tpm: ListedTpm; busy: boolean; onView: (view: View) => void }) {
  const tpms = tpmsDialogWords();
  const { name, use } = tpm;
  const button = (kind: "copy" | "rename" | "export" | "remove" | "use", off?: string) => (
    <button
      type="button"
      disabled={busy || off !== undefined}
      title={off}
      aria-label={tpms[`${kind}Label`](name)}
      onClick={() => onView({ kind, tpm })}
    >
      {tpms[kind]}
    </button>
  );
  return (
    <li data-tpm={name} data-use={use}>
      <p class="name">
        <bdi>{name}</bdi>
        {tpm.isProtected && <span class="badge">{passphraseWords().badge}</span>}
        {use !== "none" && <span class="badge">{use === "here" ? tpms.here : tpms.elsewhere}</span>}
      </p>
      <p class="facts">{factsOf(tpm).join(" · ")}</p>
      <div class="actions">
        {use !== "here" && button("use")}
        {button("rename")}
        {button("copy")}
        {button("export")}
        <button
          type="button"
          disabled={busy || use === "elsewhere"}
          aria-label={passphraseWords().label(name)}
          onClick={() => onView({ kind: "passphrase", tpm })}
        >
          {passphraseWords().button}
        </button>
        {button("remove", use === "none" ? undefined : tpms.removeOff)}
      </div>
    </li>
  );
}

function factsOf({ profile, certificates, size, usedAt }: ListedTpm): string[] {
  const tpms = tpmsDialogWords();
  const language = languageInUse();
  const bytes = new Intl.NumberFormat(language, {
    style: "unit",
    unit: "kilobyte",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  return [
    ...(profile === null ? [] : [tpms.profile(profile)]),
    ...(certificates === null ? [] : [tpms.certificates(certificates)]),
    bytes.format(size / 1000),
    usedAt === null ? tpms.neverUsed : tpms.lastUsed(time.format(usedAt)),
  ];
}
