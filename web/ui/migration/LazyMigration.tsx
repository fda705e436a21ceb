import type { OpenMigration } from "../../state/migration.ts";
import { words } from "../../words/index.ts";
import { Modal } from "../Dialog.tsx";
import { useLoaded } from "../useLoaded.ts";

/** The dialog of a move, whose code is fetched when it is first opened. */
export function LazyMigration({ load, onClose }: { load: () => Promise<OpenMigration>; onClose: () => void }) {
  const loaded = useLoaded(async () => {
    const [{ MigrationDialog: Dialog }, migration] = await Promise.all([import("./MigrationDialog.tsx"), load()]);
    return { Dialog, migration };
  }, [load]);
  const { tpms, header, common } = words();
  if (loaded !== null && loaded !== "failed") return <loaded.Dialog {...loaded.migration} onClose={onClose} />;
  return (
    <Modal title={header.move} class="tpms" onCancel={onClose}>
      <p role="status">{loaded === null ? tpms.loading : tpms.notLoaded}</p>
      <div class="choices">
        <button type="button" onClick={onClose}>
          {common.close}
        </button>
      </div>
    </Modal>
  );
}
