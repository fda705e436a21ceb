import type { OpenTpms } from "../../state/tpms.ts";
import { words } from "../../words/index.ts";
import { NotYet } from "../NotYet.tsx";
import { useLoaded } from "../useLoaded.ts";

/** The dialog of the TPMs, whose code is fetched when it is first opened. */
export function LazyTpms({ load, onClose }: { load: () => Promise<OpenTpms>; onClose: () => void }) {
  const loaded = useLoaded(async () => {
    const [{ TpmsDialog: Dialog }, tpms] = await Promise.all([import("./TpmsDialog.tsx"), load()]);
    return { Dialog, tpms };
  }, [load]);
  const { tpms } = words();
  if (loaded !== null && loaded !== "failed") return <loaded.Dialog {...loaded.tpms} onClose={onClose} />;
  return (
    <NotYet title={tpms.title} onClose={onClose}>
      {loaded === null ? tpms.loading : tpms.notLoaded}
    </NotYet>
  );
}
