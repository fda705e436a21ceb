import { useId, useState } from "preact/hooks";
import { type NewTpm, type PcrBankName, type ProfileName, pcrBanks } from "../../state/tpms.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";
import { Setting } from "../Setting.tsx";
import { Form, type FormProps, freeName, NameField } from "./Form.tsx";

const bankLabels: Readonly<Record<PcrBankName, string>> = {
  sha1: "SHA-1",
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

export function CreateForm({ state, actions, done, onBack }: FormProps) {
  const tpms = tpmsDialogWords();
  const [tpm, setTpm] = useState<NewTpm>(() => ({
    name: freeName("TPM", state),
    profile: "full",
    banks: pcrBanks,
    certificates: true,
  }));
  const change = (news: Partial<NewTpm>) => setTpm((before) => ({ ...before, ...news }));
  const id = useId();
  const hasNoBank = tpm.banks.length === 0;
  return (
    <Form
      state={state}
      confirm={tpms.createConfirm}
      isOff={hasNoBank}
      onConfirm={() => void done(actions.make(tpm))}
      onBack={onBack}
    >
      <p>{tpms.createLead}</p>
      <NameField value={tpm.name} onChange={(name) => change({ name })} />
      <Setting label={tpms.profileField} hint={tpms.profileHint}>
        {({ id, describedBy }) => (
          <select
            id={id}
            value={tpm.profile}
            aria-describedby={describedBy}
            onChange={(event) => change({ profile: event.currentTarget.value as ProfileName })}
          >
            <option value="full">{tpms.profileFull}</option>
            <option value="libtpms-0.9">{tpms.profileLibtpms}</option>
          </select>
        )}
      </Setting>
      <fieldset class="setting" aria-describedby={`${id}-banks`}>
        <legend>{tpms.banks}</legend>
        <div class="banks">
          {pcrBanks.map((bank) => (
            <label key={bank} class="check">
              <input
                type="checkbox"
                checked={tpm.banks.includes(bank)}
                onChange={({ currentTarget: { checked } }) =>
                  change({ banks: pcrBanks.filter((each) => (each === bank ? checked : tpm.banks.includes(each))) })
                }
              />
              {bankLabels[bank]}
            </label>
          ))}
        </div>
        {hasNoBank && (
          <p class="wrong" role="alert">
            {tpms.noBank}
          </p>
        )}
        <p id={`${id}-banks`} class="hint">
          {tpms.banksHint}
        </p>
      </fieldset>
      <div class="setting">
        <label class="check">
          <input
            type="checkbox"
            checked={tpm.certificates}
            aria-describedby={`${id}-certificates`}
            onChange={(event) => change({ certificates: event.currentTarget.checked })}
          />
          {tpms.withCertificates}
        </label>
        <p id={`${id}-certificates`} class="hint">
          {tpms.certificatesHint}
        </p>
      </div>
    </Form>
  );
}
