import type { Problem } from "../state/model.ts";

/** What an error carries beyond its message; classes do not survive being bundled twice, names do. */
interface Described {
  readonly name?: string;
  readonly message?: string;
  readonly reason?: unknown;
  readonly stack?: string;
}

const reload = { kind: "reload", primary: true } as const;

function stateProblem({ reason }: Described): Pick<Problem, "kind" | "choices"> {
  const choices = [{ kind: "download-state" }, { kind: "new-tpm" }] as const;
  return reason === "newer"
    ? { kind: "newer-state", choices: [reload, ...choices] }
    : { kind: "damaged-state", choices };
}

/** Of one that a newer tabtpm encrypted, or another TPM's, no passphrase is asked for. */
function sealedProblem({ reason }: Described): Pick<Problem, "kind" | "choices"> {
  if (reason === "newer") return stateProblem({ reason });
  return reason === "other"
    ? { kind: "error", choices: [{ kind: "download-state" }] }
    : { kind: "sealed", choices: [{ kind: "unlock", primary: true }] };
}

function kindOf(error: Described): Pick<Problem, "kind" | "choices"> {
  switch (error.name) {
    case "StoreLockedError":
      return { kind: "in-use", choices: [{ kind: "bring-here", primary: true }, { kind: "take-over" }] };
    case "StoreGivenUpError":
      return { kind: "given-up", choices: [{ kind: "take-back" }, { kind: "save-again" }] };
    case "NotGivenUpError":
    case "MovedError":
      return { kind: "moved", choices: [{ kind: "bring-here" }] };
    case "StoreFencedError":
      return { kind: "taken-over", choices: [{ kind: "take-over", primary: true }] };
    case "TpmStateError":
      return stateProblem(error);
    case "SealedStateError":
      return sealedProblem(error);
    case "StoreError":
      return { kind: "no-storage", choices: [reload] };
    case "TpmPlatformError":
      return { kind: "platform", choices: [] };
    case "GuestManifestError":
    case "GuestImageError":
      return { kind: "image", choices: [reload] };
    default:
      return { kind: "error", choices: [reload] };
  }
}

/** Of these the message says all; what else there is would frighten only. */
const PLAIN: ReadonlySet<Problem["kind"]> = new Set([
  "in-use",
  "taken-over",
  "given-up",
  "moved",
  "newer-state",
  "damaged-state",
  "sealed",
]);

/** What is to be shown of whatever kept the PC from running. */
export function problemOf(cause: unknown): Problem {
  const error: Described = cause instanceof Error ? cause : { message: String(cause) };
  const message = error.message ?? "";
  const whole = error.stack?.includes(message) ? error.stack : `${error.name ?? "Error"}: ${message}`;
  const { kind, choices } = kindOf(error);
  return { kind, message, choices, detail: PLAIN.has(kind) ? message : whole };
}
