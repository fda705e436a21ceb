import type { Problem } from "../state/model.ts";

/** What an error carries beyond its message; classes do not survive being bundled twice, names do. */
interface Described {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly stack?: string;
}

const reload = { kind: "reload", label: "Reload the page" } as const;

export const takenOver: Problem = {
  kind: "taken-over",
  title: "Another tab took this TPM over",
  paragraphs: [
    "The PC here was stopped, as if its power had been cut. Everything that the TPM had acknowledged is stored, and the other tab goes on with it.",
    "To go on here, take the TPM back: the other tab stops, and the PC here boots again.",
  ],
  choices: [{ kind: "take-over", label: "Use it here", primary: true }],
};

const inUse: Problem = {
  kind: "in-use",
  title: "This TPM is in use in another tab",
  paragraphs: [
    "A TPM has one owner at a time: two tabs would overwrite each other's state.",
    "Go on in the other tab, or take the TPM over: the PC there stops as if its power were cut, and boots here.",
  ],
  choices: [{ kind: "take-over", label: "Take over", primary: true }],
};

const keep = "It stays as it is until you decide. Nothing was overwritten.";

function stateProblem(error: Described): Problem {
  const choices = [
    { kind: "download-state", label: "Download the stored state" },
    { kind: "new-tpm", label: "Start a new TPM…" },
  ] as const;
  if (error.reason === "newer") {
    return {
      kind: "newer-state",
      title: "The stored TPM was written by a newer tabtpm",
      paragraphs: [
        `This version does not understand its state. ${keep}`,
        "Reload the page to get the newest version. If that does not help, save the state and start a new TPM; the stored one is set aside in this browser.",
      ],
      choices: [{ ...reload, primary: true }, ...choices],
    };
  }
  return {
    kind: "damaged-state",
    title: "The stored TPM is damaged",
    paragraphs: [
      `Its state does not pass the integrity check, so its keys and authorisations can't be trusted. ${keep}`,
      "Save the state if you may want it examined. A new TPM sets it aside in this browser and starts without its keys.",
    ],
    choices: [...choices],
  };
}

/** Words for whatever kept the PC from running. */
export function problemOf(cause: unknown): Problem {
  const error: Described = cause instanceof Error ? cause : { message: String(cause) };
  const message = error.message ?? "";
  const detail = error.stack?.includes(message) ? error.stack : `${error.name ?? "Error"}: ${message}`;
  switch (error.name) {
    case "StoreLockedError":
      return { ...inUse, detail: message };
    case "StoreFencedError":
      return { ...takenOver, detail: message };
    case "TpmStateError":
      return { ...stateProblem(error), detail: message };
    case "StoreError":
      return {
        kind: "no-storage",
        title: "The browser does not let this page keep the TPM's state",
        paragraphs: [
          "A TPM must remember its seeds and authorisations, and the place for them can't be used.",
          message,
        ],
        choices: [{ ...reload, primary: true }],
        detail,
      };
    case "TpmPlatformError":
      return { kind: "platform", title: "This browser can't run the TPM", paragraphs: [message], choices: [], detail };
    case "GuestManifestError":
    case "GuestImageError":
      return {
        kind: "image",
        title: "A part of the PC did not arrive whole",
        paragraphs: [message],
        choices: [{ ...reload, primary: true }],
        detail,
      };
    default:
      return {
        kind: "error",
        title: "The PC could not start",
        paragraphs: [message, "Reload the page to try again. The TPM's stored state was not changed by this."],
        choices: [{ ...reload, primary: true }],
        detail,
      };
  }
}
