import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { words } from "../words/index.ts";

/** A modal window. Escape is "cancel"; the first control has the focus at first, and the one that opened it afterwards. */
export function Modal(props: { title: string; class?: string; onCancel: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    // The element is gone by then, so the browser does not do this by itself.
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  // After each drawing: where "cancel" led back and not out, it may have been closed meanwhile.
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  });
  return (
    <dialog
      ref={dialog}
      class={props.class}
      aria-labelledby={heading}
      onCancel={(event) => {
        // A chooser of files in it that was left has an event of the same name.
        if (event.currentTarget !== event.target) return;
        // One that can't be kept from closing is told of that next: once is enough, or it would lead back two steps.
        if (!event.cancelable) return;
        event.preventDefault();
        props.onCancel();
      }}
      // The browser asks only once: a second Escape in a row closes it without.
      onClose={(event) => event.currentTarget === event.target && props.onCancel()}
    >
      <h2 id={heading}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

export interface DialogProps {
  readonly title: string;
  readonly confirm: string;
  readonly cancel?: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children: ComponentChildren;
}

/** A modal question. Escape and "Cancel", which has the focus at first, leave everything as it is. */
export function Dialog({ title, confirm, cancel = words().common.cancel, onConfirm, onCancel, children }: DialogProps) {
  return (
    <Modal title={title} onCancel={onCancel}>
      {children}
      <div class="choices">
        <button type="button" onClick={onCancel}>
          {cancel}
        </button>
        <button type="button" class="danger" onClick={onConfirm}>
          {confirm}
        </button>
      </div>
    </Modal>
  );
}

/**
 * What "new TPM" takes away, before it does.
 * @param props.unusable the stored state can't be used: it is kept aside, not deleted.
 */
export function NewTpmDialog(props: { unusable: boolean; onConfirm: () => void; onCancel: () => void }) {
  const { unusable, onConfirm, onCancel } = props;
  const { newTpm } = words().dialogs;
  return (
    <Dialog
      title={newTpm.title}
      confirm={unusable ? newTpm.setAside : newTpm.delete}
      onConfirm={onConfirm}
      onCancel={onCancel}
    >
      <p>{unusable ? newTpm.outOfReach : newTpm.lost}</p>
      <ul>
        <li>{newTpm.seeds}</li>
        <li>{newTpm.authorisations}</li>
        <li>{newTpm.counters}</li>
      </ul>
      <p>{newTpm.afterwards}</p>
    </Dialog>
  );
}

/** What a link asks for, before it is done: it may be anybody's. */
export function AddressDialog(props: {
  append: string;
  /** Addresses of this site. */
  files: readonly string[];
  onConfirm: () => void;
  onCancel: () => void;
}) {
  const { append, files } = props;
  const { address } = words().dialogs;
  return (
    <Dialog
      title={address.title}
      cancel={address.cancel}
      confirm={address.confirm}
      onConfirm={props.onConfirm}
      onCancel={props.onCancel}
    >
      {append !== "" && (
        <>
          <p>{address.arguments}</p>
          <p class="mono boxed">{append}</p>
        </>
      )}
      {files.length > 0 && (
        <>
          <p>{address.files}</p>
          {files.map((file) => (
            <p key={file} class="mono boxed">
              {file}
            </p>
          ))}
        </>
      )}
      <p>{address.warning}</p>
    </Dialog>
  );
}
