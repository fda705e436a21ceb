import { saveFile } from "../pc/download.ts";
import { toHex } from "../pc/hex.ts";
import { verifierWords } from "../words/verifier.ts";
import { MessageBox } from "./MessageBox.tsx";
import { writeMessage } from "./messages.ts";
import type { OpenChallenge } from "./verifier.ts";

/** What was given out last and not answered yet. */
export function ChallengePart(props: { challenge: OpenChallenge | null; onNonce: () => void }) {
  const { challenge: words } = verifierWords();
  const { challenge, onNonce } = props;
  return (
    <section aria-labelledby="verifier-challenge">
      <h2 id="verifier-challenge">{words.title}</h2>
      {challenge === null ? <p>{words.none}</p> : <Open challenge={challenge} />}
      <div class="choices">
        <button type="button" title={words.giveNonceTitle} onClick={onNonce}>
          {words.giveNonce}
        </button>
      </div>
    </section>
  );
}

function Open({ challenge: { session, nonce, keys } }: { challenge: OpenChallenge }) {
  const { challenge: words } = verifierWords();
  return (
    <>
      <p>
        {words.nonce} <code data-nonce="">{toHex(nonce)}</code>
      </p>
      {keys !== null && (
        <>
          <MessageBox
            label={words.message}
            name="challenge.json"
            text={writeMessage({ kind: "challenge", session, nonce, credential: keys.credential })}
          />
          <div class="choices">
            <button
              type="button"
              title={words.saveCredentialTitle}
              onClick={() => saveFile("credential", keys.credential)}
            >
              {words.saveCredential}
            </button>
          </div>
        </>
      )}
    </>
  );
}
