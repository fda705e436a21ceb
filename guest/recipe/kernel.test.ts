import { describe, expect, it } from "vitest";
import { checkConfig } from "./kernel.mjs";

const result = 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_NAME="tab"\nCONFIG_M=m\n';

describe("checkConfig", () => {
  it("accepts what Kconfig kept", () => {
    expect(() =>
      checkConfig('# comment\n\nCONFIG_A=y\nCONFIG_B=n\nCONFIG_NAME="tab"\nCONFIG_GONE=n\n', result),
    ).not.toThrow();
  });

  it("names every line that Kconfig dropped or overrode", () => {
    const check = () => checkConfig('CONFIG_A=y\nCONFIG_B=y\nCONFIG_A=n\nCONFIG_M=n\nCONFIG_NAME="x"\n', result);
    expect(check).toThrow(/CONFIG_B=y\n {2}CONFIG_A=n\n {2}CONFIG_M=n\n {2}CONFIG_NAME="x"$/);
  });

  it("names a line that it can't read", () => {
    expect(() => checkConfig("CONFIG_A y\n", result)).toThrow('cannot read "CONFIG_A y"');
  });
});
