/** A sealed data object that the guest has made: below whom, and what opens it. */

import { toHex } from "../../engine/bytes.ts";
import { hasAttribute } from "../../spec/attributes.ts";
import { defineCheck, missing } from "../check.ts";
import type { Facts } from "../facts.ts";
import { flag, list, oneOf, only, optional, type ValuesOf } from "../schema.ts";
import type { SeenCommand } from "../seen.ts";
import { hierarchyNames } from "./command.ts";
import { type PolicyCommand, policyCommands, policyDigestsOf } from "./policies.ts";
import { anyFulfils, listed, type Want } from "./wants.ts";

const CREATING = ["Create", "CreateLoaded", "CreatePrimary"];

const parameters = {
  parent: optional(list(oneOf(hierarchyNames)), "the hierarchy that it hangs below"),
  auth: optional(flag, "whether it has an authValue; unknown, and so enough, where that went encrypted"),
  protected: optional(flag, "whether the dictionary attack protection holds for it: noDA is clear"),
  policyOnly: optional(only(true), "it has a policy, and userWithAuth is clear: nothing but the policy opens it"),
  policyOf: optional(oneOf(policyCommands), "its policy is a digest that a session had right after this command"),
};
type Wanted = ValuesOf<typeof parameters>;

export const sealed = defineCheck({
  name: "sealed",
  words: "Data that the guest has sealed since the step began: what TPM2_Create made of it.",
  parameters,
  describe: ({ parent, auth, protected: isProtected, policyOnly, policyOf }) =>
    [
      "data is sealed",
      parent && `below the ${listed(parent)} hierarchy`,
      auth !== undefined && `${auth ? "with" : "without"} an authValue`,
      isProtected !== undefined && `${isProtected ? "with" : "without"} dictionary attack protection`,
      policyOnly && "under a policy, which is the only way in",
      policyOf && `the policy's last command is ${policyOf}`,
    ]
      .filter(Boolean)
      .join(", "),
  run: (wanted, facts) => {
    const candidates = facts.commands.filter(({ name, succeeded }) => CREATING.includes(name) && succeeded);
    if (candidates.length === 0) {
      const refused = facts.commands.findLast(({ name }) => CREATING.includes(name));
      return refused === undefined
        ? missing("Nothing was sealed yet: TPM2_Create was not sent to the TPM.")
        : anyFulfils([refused], [CARRIED_OUT]);
    }
    return anyFulfils(candidates, wantsOf(wanted, facts));
  },
});

const CARRIED_OUT: Want<SeenCommand> = {
  holds: ({ succeeded }) => succeeded,
  hint: ({ name, responseCode }) =>
    `the TPM refused TPM2_${name} with ${responseCode.name}: ${responseCode.explanation}`,
};

/** Whether the caller gave data; null where the command says it encrypted. */
function isSealedData({ made }: SeenCommand): boolean {
  const area = made?.publicArea ?? null;
  if (area === null) return true;
  const isKey =
    hasAttribute("TPMA_OBJECT", area.attributes, "sign") || hasAttribute("TPMA_OBJECT", area.attributes, "decrypt");
  return area.type === "TPM_ALG_KEYEDHASH" && !isKey;
}

function wantsOf(
  { parent, auth, protected: isProtected, policyOnly, policyOf }: Wanted,
  facts: Facts,
): Want<SeenCommand>[] {
  const attributes = ({ made }: SeenCommand) => made?.publicArea?.attributes ?? 0;
  const policy = ({ made }: SeenCommand) => toHex(made?.publicArea?.authPolicy ?? new Uint8Array());
  const digests = policyOf === undefined ? [] : policyDigestsOf(policyOf, facts);
  const wants: (Want<SeenCommand> | false)[] = [
    {
      holds: isSealedData,
      hint: ({ name }) => `what TPM2_${name} made is a key and holds no data of yours; give it some with -i`,
    },
    parent !== undefined && {
      holds: ({ made }) => made !== null && parent.some((name) => name === made.hierarchy),
      hint: ({ made }) =>
        `the data was sealed below the ${made?.hierarchy ?? "unknown"} hierarchy; the ${listed(parent)} hierarchy was asked`,
    },
    auth !== undefined && {
      holds: (seen) => [auth, null].includes(hasAuth(seen)),
      hint: () =>
        auth ? "the secret has no authValue; give it one with -p" : "the secret has an authValue; none was asked",
    },
    isProtected !== undefined && {
      holds: (seen) => hasAttribute("TPMA_OBJECT", attributes(seen), "noDA") !== isProtected,
      hint: () =>
        isProtected
          ? "the secret has the attribute noDA, so wrong tries are not counted; leave it out"
          : "wrong tries are counted for this secret; the attribute noDA was asked",
    },
    policyOnly !== undefined && {
      holds: (seen) => policy(seen) !== "",
      hint: () => "the secret has no policy; give it one with -L",
    },
    policyOnly !== undefined && {
      holds: (seen) => !hasAttribute("TPMA_OBJECT", attributes(seen), "userWithAuth"),
      hint: () =>
        "the secret has the attribute userWithAuth, so its password opens it without the policy; leave the attribute out",
    },
    policyOf !== undefined && {
      holds: (seen) => digests.includes(policy(seen)),
      hint: () => lastOf(policyOf),
    },
  ];
  return wants.filter((want) => want !== false);
}

const lastOf = (name: PolicyCommand) =>
  `the secret has another policy; that of a session whose last policy command is TPM2_${name} was asked`;

/** @returns null where the parameter went encrypted */
function hasAuth(seen: SeenCommand): boolean | null {
  const auth = seen.field("userAuth");
  return auth === undefined ? null : auth.size > 2;
}
