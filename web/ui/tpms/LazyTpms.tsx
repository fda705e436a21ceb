import type { OpenTpms } from "../../state/tpms.ts";
import { words } from "../../words/index.ts";
import { NotYet } from "../NotYet.tsx";
import { useLoaded } from "../useLoaded.ts";

/** The dialog of the TPMs, whose code is fetched when it is first opened. */
export function LazyTpms(props: { load: () => Promise<OpenTpms>; isLocked: boolean; onClose: () => void }) {
  const { load, isLocked, onClose } = props;
  const loaded = useLoaded(async () => {
    const [{ TpmsDialog: Dialog }, tpms] = await Promise.all([import("./TpmsDialog.tsx"), load()]);
    return { Dialog, tpms };
  }, [load]);
  const { tpms } = words();
  if (loaded !== null && loaded !== "failed") return <loaded.Dialog {...loaded.tpms} {...{ isLocked, onClose }} />;
  return (
    <NotYet title={tpms.title} onClose={onClose}>
      {loaded === null ? tpms.loading : tpms.notLoaded}
    </NotYet>
  );
}
