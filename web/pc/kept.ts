/** The page in the browser's keeping: when that begins, and what is shown of it. */
import { Offline } from "../offline/registration.ts";
import { VERSION_META } from "../offline/release.ts";
import type { PageState } from "../state/model.ts";
import type { Store } from "../state/store.ts";

/** Of the page that is open; null for one that is not built. */
export const pageVersion = (): string | null =>
  document.querySelector<HTMLMetaElement>(`meta[name="${VERSION_META}"]`)?.content ?? null;

/** The boot is over, or what a drive boots has begun. */
const isUnderWay = ({ step, power, running }: PageState): boolean =>
  step === "shell" || (power === "on" && running !== null && running.media.bootFrom !== "kernel");

/** Has the page kept for another time once the PC is under way, and not before: it takes the host's time and the guest's. */
export function keepPage(store: Store<PageState>): Offline {
  const offline = new Offline({
    container: navigator.serviceWorker,
    script: new URL("offline.js", document.baseURI),
    version: pageVersion(),
    onNews: ({ kept, hasUpdate, keepProblem }) =>
      store.set({
        ...(kept === undefined ? {} : { kept }),
        ...(hasUpdate === undefined ? {} : { hasUpdate }),
        ...(keepProblem === undefined ? {} : { keepProblem }),
      }),
    reload: () => location.reload(),
  });
  const stop = store.subscribe(() => {
    if (!isUnderWay(store.value)) return;
    stop();
    void offline.begin();
  });
  return offline;
}
