/** The API's pages: one for each name that an entry point of the package exports, in Markdown, by TypeDoc. */
import { join } from "node:path";
import { Application } from "typedoc";
import { root } from "../root.mjs";

/** As package.json exports them. Each says in its first comment what it is called (`@module`). */
export const ENTRY_POINTS = [
  ...["src/index.ts", "src/node/index.ts"],
  ...["attest", "client", "eventLog", "registers", "store", "tpm", "trace"].map((name) => `src/entries/${name}.ts`),
];

/**
 * Parts of what is exported that have no page: nobody needs their names, or what they are stands where they are used. Whatever
 * is not in this list and is not exported either is an error.
 */
const WITHOUT_PAGE = [
  // The module that `loadExplanations` loads: its names have pages of their own.
  "__module",
  ...[
    "AK_TEMPLATES",
    "attributeTypes",
    "BoundEntity",
    "Command",
    "commandRows",
    "CrbSavedState",
    "Curve",
    "CurveName",
    "Database",
    "EVENT_KINDS",
  ],
  ...[
    "FactEvents",
    "Fields",
    "FileSystem",
    "FirmwareVariables",
    "FolderEvents",
    "GuestArchive",
    "HostHome",
    "HostNode",
    "IrqLine",
  ],
  ...["Limits", "LockManagerLike", "NodeHome", "NodeKind", "NvPurpose", "OperandName", "Outputs", "Place", "Point"],
  ...[
    "PpiSavedState",
    "Property",
    "Rows",
    "RsaKey",
    "Scheduler",
    "reasonCodes",
    "SealedFor",
    "SealedHead",
    "StateSeal",
    "TpmPart",
    "SeenCommand",
    "ServedNode",
    "SessionStart",
  ],
  ...["SessionUse", "Space", "stepKinds", "TisSavedState", "TpmRow", "Transaction", "Value"],
  ...["WebCryptoHash", "Words", "WrittenTypes"],
];

/**
 * @param {string} out the folder for the pages
 * @returns {Promise<boolean>} whether it succeeded; if not, it has said why
 */
export async function writeApi(out) {
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    tsconfig: join(root, "tsconfig.build.json"),
    entryPoints: ENTRY_POINTS.map((path) => join(root, path)),
    basePath: join(root, "src"),
    name: "API",
    readme: "none",
    disableSources: true,
    disableGit: true,
    excludeExternals: true,
    excludePrivate: true,
    skipErrorChecking: true,
    intentionallyNotExported: WITHOUT_PAGE,
    treatWarningsAsErrors: true,
    logLevel: "Warn",
    // Of the plugin.
    entryFileName: "index",
    hidePageHeader: true,
    useCodeBlocks: true,
    indexFormat: "table",
    parametersFormat: "list",
  });
  const project = await app.convert();
  if (project === undefined) return false;
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) return false;
  await app.outputs.writeOutput({ name: "markdown", path: out }, project);
  return !app.logger.hasErrors();
}
