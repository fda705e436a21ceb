/** A secret that is sealed to a key: what its owner has approved opens it, also what came after. Demo "allowed-update". */
import { toHex } from "../../pc/hex.ts";
import { Demo, type DemoState, initialDemo, isSealed, type Opening, openingOf, Unproven } from "./demo.ts";
import type { DemoGround } from "./ground.ts";
import {
  approvalFiles,
  MAKER_FILE,
  NOW_POLICY,
  OPEN_FILE,
  OPEN_SCRIPT,
  openUpdateLine,
  policyLine,
  sealToMakerLines,
  UPDATE_HANDLE,
  updateFolderLine,
} from "./lines.ts";
import { Maker } from "./maker.ts";

export interface UpdateState extends DemoState {
  /** Of the object that holds the secret, in hex; null until it was sealed, and opened with the first approval. */
  readonly sealed: { readonly authPolicy: string; readonly name: string } | null;
  /** With the new kernel, before it was approved. */
  readonly refused: Opening | null;
  /** And after it. */
  readonly approved: Opening | null;
  /** With a kernel that nobody has approved. */
  readonly other: Opening | null;
}

const initial: UpdateState = { ...initialDemo, sealed: null, refused: null, approved: null, other: null };

export class Update extends Demo<UpdateState> {
  #maker = new Maker();
  #approvals = 0;

  constructor(ground: DemoGround) {
    super(ground, initial);
  }

  /** The kernel as it is, approved; a secret that is sealed to the maker's key. */
  seal(): Promise<void> {
    return this.attempt(async () => {
      const { activity: _, ...fresh } = initial;
      this.store.set(fresh);
      await this.bootMeasured({});
      this.#maker = new Maker();
      this.#approvals = 0;
      await this.type([updateFolderLine]);
      await this.hands.write(MAKER_FILE, await this.#maker.publicKey());
      await this.hands.write(OPEN_FILE, new TextEncoder().encode(OPEN_SCRIPT));
      await this.#approve();
      await this.type(sealToMakerLines((await this.kept(UPDATE_HANDLE)) !== undefined));
      const object = await this.kept(UPDATE_HANDLE);
      if (!isSealed(object)) throw new Unproven("not-sealed");
      if (!(await this.#open()).isOpen) throw new Unproven("not-opened");
      this.store.set({ sealed: { authPolicy: toHex(object.publicArea.authPolicy), name: toHex(object.name) } });
    });
  }

  /** Another kernel, which is not approved yet. */
  update(): Promise<void> {
    return this.attempt(async () => {
      this.store.set({ refused: null, approved: null, other: null });
      await this.bootMeasured({ kernelBuild: 2 });
      const refused = await this.#open();
      this.store.set({ refused });
      requireRefusal(refused);
    });
  }

  /** The maker signs what this boot was measured as. */
  approve(): Promise<void> {
    return this.attempt(async () => {
      await this.#approve();
      const approved = await this.#open();
      const object = await this.kept(UPDATE_HANDLE);
      this.store.set({ approved });
      // It is the same object: nothing was sealed anew.
      const isSame = object !== undefined && toHex(object.name) === this.store.value.sealed?.name;
      if (!approved.isOpen || !isSame) throw new Unproven("not-opened");
    });
  }

  /** A kernel that nobody approves. */
  other(): Promise<void> {
    return this.attempt(async () => {
      this.store.set({ other: null });
      await this.bootMeasured({ kernelBuild: 3 });
      const other = await this.#open();
      this.store.set({ other });
      requireRefusal(other);
    });
  }

  async #approve(): Promise<void> {
    await this.type([policyLine]);
    const policy = await this.hands.read(NOW_POLICY);
    if (policy === null) throw new Unproven("not-sealed");
    const files = approvalFiles(++this.#approvals);
    const copy = new Uint8Array(policy);
    await this.hands.write(files.policy, copy);
    await this.hands.write(files.signature, await this.#maker.approve(copy));
  }

  async #open(): Promise<Opening> {
    return openingOf(await this.type([openUpdateLine]));
  }
}

function requireRefusal({ isOpen, refused }: Opening): void {
  if (isOpen || refused === null) throw new Unproven("not-refused");
}
