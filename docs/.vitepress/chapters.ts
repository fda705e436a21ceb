/** What the site's contents list, in its order. */
export interface Chapter {
  readonly title: string;
  readonly pages: readonly { readonly title: string; readonly path: string }[];
}

export interface SiteTheme {
  readonly chapters: readonly Chapter[];
}

const pages = (titles: Readonly<Record<string, string>>) =>
  Object.entries(titles).map(([path, title]) => ({ path, title }));

export const chapters: readonly Chapter[] = [
  {
    title: "Guide",
    pages: pages({
      index: "What it is",
      newcomer: "A newcomer's way",
      "guide/embed": "Embed it",
      "guide/persist": "Keep its state",
      "guide/move": "Save, move, snapshot",
      "guide/snapshots": "Snapshots",
      "guide/migration": "Move a running PC",
      "guide/script": "Script it",
      "guide/trace": "Trace it",
      "guide/security": "Security",
      "guide/firmware": "The TPM from the firmware up",
    }),
  },
  {
    title: "In detail",
    pages: pages({
      embed: "<tab-tpm>",
      client: "The typed client",
      trace: "Reading a trace",
      "pcr-history": "The history of a PCR",
      "measured-boot": "A measured boot",
      attest: "The verifier",
      "physical-presence": "Physical presence",
      lessons: "Writing a lesson",
      security: "Security, in full",
      crypto: "Cryptography",
      coverage: "Commands",
      stores: "Stores",
      formats: "Formats",
      fleet: "A fleet",
      launchers: "Launchers",
      "qemu-features": "QEMU's features",
      architecture: "Architecture",
      decisions: "Decisions",
    }),
  },
  {
    title: "API",
    pages: pages({
      "api/index": "Entry points",
      "api/tabtpm/index": "tabtpm",
      "api/tabtpm-in-Node/index": "tabtpm, in Node",
      "api/tabtpm/tpm/index": "tabtpm/tpm",
      "api/tabtpm/client/index": "tabtpm/client",
      "api/tabtpm/trace/index": "tabtpm/trace",
      "api/tabtpm/event-log/index": "tabtpm/event-log",
      "api/tabtpm/attest/index": "tabtpm/attest",
      "api/tabtpm/registers/index": "tabtpm/registers",
      "api/tabtpm/store/index": "tabtpm/store",
    }),
  },
];
