/** The tpm2-openssl provider: OpenSSL with keys that stay in the TPM. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled } from "../testkit/installed.ts";
import { Workbench } from "../testkit/workbench.ts";

/** The provider is a library; where it lies depends on the machine. */
const PROVIDER = "/usr/share/doc/tpm2-openssl";

describe.runIf(isInstalled("openssl", PROVIDER))("the tpm2-openssl provider", () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await Workbench.start("swtpm");
    await bench.sh("echo some words >message");
  });
  afterAll(async () => {
    expect(await bench.end()).toBe(0);
  });
  const tpm = "-provider tpm2 -provider default -propquery ?provider=tpm2";

  it("random numbers", async () => {
    expect(await bench.sh("openssl rand -provider tpm2 -hex 24")).toMatch(/^[0-9a-f]{48}\n$/);
  });

  it.each([
    ["RSA", "-pkeyopt bits:2048", ""],
    ["RSA", "-pkeyopt bits:2048", "-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:-1"],
    ["EC", "-pkeyopt group:P-256", ""],
    ["EC", "-pkeyopt group:P-384", ""],
  ])("signs with a key %s %s %s", async (algorithm, options, scheme) => {
    const pss = scheme.replaceAll("-pkeyopt", "-sigopt");
    expect(
      await bench.sh(`
        openssl genpkey -provider tpm2 -algorithm ${algorithm} ${options} -out key.pem
        grep -q 'BEGIN TSS2 PRIVATE KEY' key.pem
        openssl pkey ${tpm} -in key.pem -pubout -out key.pub
        openssl pkeyutl ${tpm} -sign -inkey key.pem -rawin -in message -digest sha256 ${scheme} -out signature
        openssl dgst -sha256 -verify key.pub ${pss} -signature signature message`),
    ).toBe("Verified OK\n");
  });

  it("decrypts, derives", async () => {
    await bench.sh(`
      openssl genpkey -provider tpm2 -algorithm RSA -pkeyopt bits:2048 -out rsa.pem
      openssl pkey ${tpm} -in rsa.pem -pubout -out rsa.pub
      openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in message -out secret
      openssl pkeyutl ${tpm} -decrypt -inkey rsa.pem -in secret -out opened
      cmp message opened
      openssl genpkey -provider tpm2 -algorithm EC -pkeyopt group:P-256 -out ec.pem
      openssl pkey ${tpm} -in ec.pem -pubout -out ec.pub
      openssl ecparam -name prime256v1 -genkey -noout -out peer.pem; openssl ec -in peer.pem -pubout -out peer.pub
      openssl pkeyutl -derive -inkey peer.pem -peerkey ec.pub -out theirs
      openssl pkeyutl ${tpm} -derive -inkey ec.pem -peerkey peer.pub -out ours
      cmp ours theirs`);
  });

  it("makes certificates", async () => {
    await bench.sh("openssl genpkey -provider tpm2 -algorithm EC -pkeyopt group:P-256 -out ca.pem");
    expect(
      await bench.sh(`
        openssl req ${tpm} -x509 -new -subj /CN=tabtpm -key ca.pem -out ca.crt
        openssl verify -CAfile ca.crt -check_ss_sig ca.crt`),
    ).toBe("ca.crt: OK\n");
  });
});
