import { LANGUAGES, type Language, words } from "../words/index.ts";
import { Setting } from "./Setting.tsx";

/** The language of the page. Unlike the other settings it holds at once. */
export function LanguageSetting(props: { language: Language; onChange: (language: Language) => void }) {
  const { language: says } = words().settings;
  return (
    <Setting label={says.label} hint={says.hint}>
      {({ id, describedBy }) => (
        <select
          id={id}
          value={props.language}
          aria-describedby={describedBy}
          onChange={(event) => props.onChange(event.currentTarget.value as Language)}
        >
          {LANGUAGES.map((language) => (
            <option key={language} value={language} lang={language}>
              {says.names[language]}
            </option>
          ))}
        </select>
      )}
    </Setting>
  );
}
