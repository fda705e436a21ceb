import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

/** A modal window. Escape is "cancel"; the first control has the focus at first, and the one that opened it afterwards. */
export function Modal(props: { title: string; class?: string; onCancel: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    // The element is gone by then, so the browser does not do this by itself.
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.class}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        props.onCancel();
      }}
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
export function Dialog({ title, confirm, cancel = "Cancel", onConfirm, onCancel, children }: DialogProps) {
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
  return (
    <Dialog
      title="Replace this TPM by a new one?"
      confirm={unusable ? "Set it aside and start a new TPM" : "Delete it and start a new TPM"}
      onConfirm={onConfirm}
      onCancel={onCancel}
    >
      <p>
        {unusable
          ? "The stored state stays in this browser, set aside, but the page does not use it any more. Out of reach are:"
          : "The TPM that lives in this browser is deleted for good. Lost with it are:"}
      </p>
      <ul>
        <li>its seeds, so every key made from them and everything sealed to this TPM;</li>
        <li>the owner, endorsement and lockout authorisations and policies;</li>
        <li>its clock, reset counters and dictionary-attack settings.</li>
      </ul>
      <p>
        The PC restarts with a freshly manufactured TPM, whose Endorsement Keys get certificates from a demo CA of this
        browser. No manufacturer stands behind it.
      </p>
    </Dialog>
  );
}

/** What a link asks for, before it is done: it may be anybody's. */
export function AddressDialog(props: { append: string; onConfirm: () => void; onCancel: () => void }) {
  return (
    <Dialog
      title="Start the PC as this link says?"
      cancel="Start without them"
      confirm="Start with them"
      onConfirm={props.onConfirm}
      onCancel={props.onCancel}
    >
      <p>The page’s address has arguments for the PC’s kernel:</p>
      <p class="mono boxed">{props.append}</p>
      <p>
        With arguments a link can have the PC run any of its programs, and they can use, change or clear this TPM and
        the files at /mnt. They are measured into PCR 8, and not kept: the next visit without them is as before.
      </p>
    </Dialog>
  );
}
