import { words } from "../words/index.ts";
import { Modal } from "./Dialog.tsx";

/** In the place of a dialog whose code is on its way, or did not arrive. */
export function NotYet({ title, children, onClose }: { title: string; children: string; onClose: () => void }) {
  return (
    <Modal title={title} class="tpms" onCancel={onClose}>
      <p role="status">{children}</p>
      <div class="choices">
        <button type="button" onClick={onClose}>
          {words().common.close}
        </button>
      </div>
    </Modal>
  );
}
