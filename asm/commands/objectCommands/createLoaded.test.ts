import { describe, expect, it } from "vitest";
import { hex, password, TestTpm, text } from "../../testkit/harness.ts";
import { RH } from "../../testkit/names.ts";
import {
  createLoaded,
  createPrimary,
  ecc,
  fieldsOf,
  flush,
  handleAndFields,
  keyedHash,
  readPublic,
  runCreatePrimary,
  runLoad,
  SEALED,
  STORAGE,
  sensitive,
  unseal,
} from "../../testkit/objects.ts";

describe("TPM2_CreateLoaded", () => {
  it.each([RH.OWNER, RH.ENDORSEMENT, RH.PLATFORM, RH.NULL])(
    "from the primary seed of %i makes what TPM2_CreatePrimary makes, without a private part",
    (hierarchy) => {
      const tpm = TestTpm.started();
      const primary = runCreatePrimary(tpm, ecc(STORAGE), hierarchy);
      const { handle, fields } = handleAndFields(tpm.run(createLoaded(hierarchy, ecc(STORAGE))));
      expect(fields.sized().length).toBe(0);
      expect(hex(fields.sized())).toBe(hex(primary.area));
      expect(hex(fields.sized())).toBe(hex(primary.name));
      expect(fields.rest().length).toBe(0);
      // Name and Qualified Name.
      expect(hex(fieldsOf(tpm.run(readPublic(handle))).rest())).toBe(
        hex(fieldsOf(tpm.run(readPublic(primary.handle))).rest()),
      );
    },
  );

  it("below a parent makes an object that can be loaded again", () => {
    const tpm = TestTpm.started();
    const parent = handleAndFields(tpm.run(createPrimary(ecc(STORAGE)))).handle;
    const inSensitive = sensitive(text("auth"), text("data"));
    const { handle, fields } = handleAndFields(tpm.run(createLoaded(parent, keyedHash(SEALED), inSensitive)));
    const [outPrivate, area, name] = [fields.sized(), fields.sized(), fields.sized()];
    const open = (object: number) => hex(fieldsOf(tpm.run(unseal(object, password(text("auth"))))).sized());
    expect(open(handle)).toBe(hex(text("data")));
    expect(tpm.run(flush(handle)).rc).toBe(0);
    const loaded = runLoad(tpm, parent, outPrivate, area);
    expect(hex(loaded.name)).toBe(hex(name));
    expect(open(loaded.handle)).toBe(hex(text("data")));
  });
});
