/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The guide lies beside this page (scripts/page/docs.ts). */
  readonly TABTPM_DOCS?: boolean;
}
