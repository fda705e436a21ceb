import type { KeepProblem } from "./keeper.ts";

/** What the page tells the service worker. */
export type ToWorker =
  /** Answers with its version at the port that comes along. */
  | { readonly kind: "version" }
  /** The user wants this release. */
  | { readonly kind: "take" }
  /** A page that came from the host is of this release: it may be answered from what is kept, and holds the next one up. */
  | { readonly kind: "claim" }
  /** A page has started: releases that no page has any more may go. */
  | { readonly kind: "started" };

/** What the service worker tells every page. */
export interface FromWorker {
  readonly kind: "not-kept";
  readonly problem: KeepProblem;
  readonly file: string;
}

export function isFromWorker(data: unknown): data is FromWorker {
  const news = data as Partial<FromWorker> | null;
  return typeof news === "object" && news?.kind === "not-kept" && typeof news.file === "string";
}
