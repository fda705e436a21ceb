import { useId, useState } from "preact/hooks";
import { Command } from "../ui/Command.tsx";
import { bridgeWords } from "../words/bridge.ts";
import { words } from "../words/index.ts";
import type { BridgePlace } from "./address.ts";
import type { Trouble } from "./troubles.ts";

const START = "npx tabtpm bridge --to swtpm:127.0.0.1:2321";

/** What is wrong, and what to do. */
export function TroubleWords({ trouble: { kind, message } }: { trouble: Trouble }) {
  const { title, text } = bridgeWords().troubles[kind];
  return (
    <div class="words">
      <h2>{title}</h2>
      <p>{text}</p>
      {kind === "origin" && <Command command={() => `${START} --origin ${location.origin}`} />}
      {message !== "" && (
        <details>
          <summary>{words().common.technicalDetails}</summary>
          <p class="mono">{message}</p>
        </details>
      )}
    </div>
  );
}

interface ConnectFormProps {
  /** What the page's address has named. */
  readonly given: BridgePlace;
  readonly isConnecting: boolean;
  readonly trouble: Trouble | null;
  readonly onConnect: (place: BridgePlace) => void;
  /** Null where no bridge was tried. */
  readonly onBootWithout: (() => void) | null;
}

/** Where the bridge is, and why the one that was named is none. */
export function ConnectForm({ given, isConnecting, trouble, onConnect, onBootWithout }: ConnectFormProps) {
  const say = bridgeWords();
  const [address, setAddress] = useState(given.address);
  const [token, setToken] = useState(given.token);
  const id = useId();
  return (
    <main class="bridge-form">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConnect({ address, token });
        }}
      >
        <h2>{say.title}</h2>
        <p>{say.lead}</p>
        <p class="notice-less">
          <Command command={() => START} />
        </p>
        {given.address !== "" && <p class="warning">{say.fromLink}</p>}
        <label>
          {say.address}
          <input
            type="text"
            name="address"
            inputMode="url"
            autocomplete="off"
            spellcheck={false}
            placeholder="ws://127.0.0.1:8765/#TOKEN"
            value={address}
            aria-describedby={`${id}-address`}
            onInput={({ currentTarget }) => setAddress(currentTarget.value)}
          />
        </label>
        <p class="hint" id={`${id}-address`}>
          {say.addressHint}
        </p>
        <label>
          {say.token}
          <input
            type="password"
            name="token"
            autocomplete="off"
            value={token}
            aria-describedby={`${id}-token`}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        <p class="hint" id={`${id}-token`}>
          {say.tokenHint}
        </p>
        {trouble !== null && (
          <div class="notice bad" role="alert" data-trouble={trouble.kind}>
            <TroubleWords trouble={trouble} />
          </div>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={isConnecting}>
            {isConnecting ? say.connecting : say.connect}
          </button>
          {trouble !== null && onBootWithout !== null && (
            <button type="button" disabled={isConnecting} onClick={onBootWithout} title={say.bootWithoutHint}>
              {say.bootWithout}
            </button>
          )}
        </div>
        {trouble !== null && onBootWithout !== null && <p class="hint">{say.bootWithoutHint}</p>}
      </form>
    </main>
  );
}
