/**
 * TPMs that are made for lessons and demos. Each is one of the browser's TPMs, under a name that says what it is for; the user's
 * own is not touched, nor is the choice that the next visit finds. To another TPM leads a visit of its own.
 */
import { freeTpmName, type NamedTpms, TPM_NAME_LIMIT } from "../../../src/index.ts";
import { hashOf, type Place } from "../../state/place.ts";
import { addressOfTpm, keptTpm } from "../tpms/choice.ts";
import type { MadeTpm } from "../tpms/making.ts";
import { noProgress, type ProgressStore } from "./progress.ts";

export type OwnPlace = Extract<Place, { id: string }>;
export const keyOfPlace = ({ kind, id }: OwnPlace): string => `${kind}=${id}`;

export interface OwnTpmsOptions {
  readonly named: Pick<NamedTpms, "list" | "add" | "remove" | "rename">;
  readonly progress: ProgressStore;
  /** The identifier of the TPM in use. */
  readonly current: string;
  readonly make: (certificates: boolean) => Promise<MadeTpm>;
  /** Shuts the PC down in order and loads the page anew at the address that is told; see TpmDesk. */
  readonly goTo: (address: () => Promise<string>) => Promise<never>;
  /** The page's. */
  readonly address: () => string;
}

export class OwnTpms {
  readonly #options: OwnTpmsOptions;

  constructor(options: OwnTpmsOptions) {
    this.#options = options;
  }

  /**
   * Makes one, deletes the one that was made before for the same place, and loads the page anew with it.
   * @param name what it is called; cut, and with a number behind it, where that is needed.
   * @param certificates it gets EK certificates, which take some seconds.
   * @param isDone the TPM in use was made for another place, and is of no use any more.
   * @throws what keeps it from being made or stored: the PC goes on as it was.
   */
  async begin(place: OwnPlace, name: string, certificates: boolean, isDone: boolean): Promise<never> {
    const { named, progress, current, make, goTo } = this.#options;
    const key = keyOfPlace(place);
    const before = await progress.read(key);
    const left = await this.placeOfCurrent();
    const { state, facts } = await make(certificates);
    const list = await named.list();
    const home = before.tpm === current ? before.home : await this.#nameOfHome(list);
    const temporary = freeTpmName(
      name.slice(0, TPM_NAME_LIMIT),
      list.map((tpm) => tpm.name),
    );
    const id = await named.add(temporary, { state, variables: null, facts });
    const gone = goTo(async () => {
      // First what may fail where the browser has no room left: nothing is deleted before.
      await progress.change(key, { ...noProgress, passedAt: before.passedAt, tpm: id, home });
      // What is left of the old one is in the list of TPMs, where it can be deleted.
      if (before.tpm !== null) await named.remove(before.tpm).catch(() => {});
      await named.rename(id, name.slice(0, TPM_NAME_LIMIT)).catch(() => {});
      if (isDone && left !== null && keyOfPlace(left) !== key) await this.#forget(left).catch(() => {});
      return this.#addressOf(place, await this.#nameOf(id));
    });
    gone.catch(() => named.remove(id).catch(() => {}));
    return gone;
  }

  /** Loads the page anew with the TPM that the place has. @throws what keeps the page from it */
  async goOn(place: OwnPlace): Promise<never> {
    const { progress, goTo } = this.#options;
    const key = keyOfPlace(place);
    const { tpm } = await progress.read(key);
    const list = await this.#options.named.list();
    const home = await this.#nameOfHome(list);
    return goTo(async () => {
      await progress.change(key, { home });
      return this.#addressOf(place, await this.#nameOf(tpm ?? ""));
    });
  }

  /** Loads the page anew with the user's TPM; the place's is deleted where it is of no use any more. */
  async leave(place: OwnPlace, isDone: boolean): Promise<never> {
    const { progress, goTo, address } = this.#options;
    const { home } = await progress.read(keyOfPlace(place));
    return goTo(async () => {
      if (isDone) await this.#forget(place);
      return withHash(addressOfTpm(ownAddress(address()), home), { kind: "list" });
    });
  }

  /** The TPM that there is for a place, by its identifier; null without one, also where the user has deleted it. */
  async tpmsOf(places: readonly OwnPlace[]): Promise<readonly (string | null)[]> {
    const rows = await this.#options.progress.all();
    const ids = new Set((await this.#options.named.list()).map(({ id }) => id));
    return places.map((place) => {
      const tpm = rows.get(keyOfPlace(place))?.tpm ?? null;
      return tpm !== null && ids.has(tpm) ? tpm : null;
    });
  }

  /** For which place the TPM in use was made; null: it is the user's. */
  async placeOfCurrent(): Promise<OwnPlace | null> {
    for (const [key, { tpm }] of await this.#options.progress.all()) {
      if (tpm !== this.#options.current) continue;
      const [kind, id] = key.split("=");
      if (id !== undefined) return { kind: kind === "demo" ? "demo" : "lesson", id };
    }
    return null;
  }

  /** Deletes what was made for a place. That it was passed stays known. */
  async #forget(place: OwnPlace): Promise<void> {
    const { named, progress } = this.#options;
    const key = keyOfPlace(place);
    const { tpm } = await progress.read(key);
    // What can't be deleted is in the list of TPMs, where the user can.
    if (tpm !== null) await named.remove(tpm).catch(() => {});
    await progress.change(key, { tpm: null, passed: 0, prepared: "no" });
  }

  /** The name of the TPM to come back to, where it is not the one that the browser chooses by itself. */
  async #nameOfHome(list: readonly { readonly id: string; readonly name: string }[]): Promise<string | null> {
    const { current, progress } = this.#options;
    const own = await this.placeOfCurrent();
    // From one lesson to the next: back leads to where the first was begun.
    if (own !== null) return (await progress.read(keyOfPlace(own))).home;
    return keptTpm() === current ? null : (list.find(({ id }) => id === current)?.name ?? null);
  }

  async #nameOf(id: string): Promise<string> {
    const list = await this.#options.named.list();
    return list.find((tpm) => tpm.id === id)?.name ?? "";
  }

  #addressOf(place: OwnPlace, name: string): string {
    return withHash(addressOfTpm(ownAddress(this.#options.address()), name), place);
  }
}

/** Without what an address asks of the PC: a lesson has the PC as it is by itself. The language stays. */
function ownAddress(address: string): string {
  const url = new URL(address);
  const language = url.searchParams.get("lang");
  url.search = "";
  if (language !== null) url.searchParams.set("lang", language);
  return url.href;
}

function withHash(address: string, place: Place): string {
  const url = new URL(address);
  url.hash = hashOf(place);
  return url.href;
}
