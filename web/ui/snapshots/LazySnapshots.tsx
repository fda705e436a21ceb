import type { OpenSnapshots } from "../../state/snapshots.ts";
import { words } from "../../words/index.ts";
import { NotYet } from "../NotYet.tsx";
import { useLoaded } from "../useLoaded.ts";

/** The dialog of the snapshots, whose code is fetched when it is first opened. */
export function LazySnapshots({ load, onClose }: { load: () => Promise<OpenSnapshots>; onClose: () => void }) {
  const loaded = useLoaded(async () => {
    const [{ SnapshotsDialog: Dialog }, open] = await Promise.all([import("./SnapshotsDialog.tsx"), load()]);
    return { Dialog, open };
  }, [load]);
  if (loaded !== null && loaded !== "failed") return <loaded.Dialog {...loaded.open} onClose={onClose} />;
  return (
    <NotYet title={words().header.snapshots} onClose={onClose}>
      {loaded === null ? words().tpms.loading : words().learn.notLoaded}
    </NotYet>
  );
}
