/** swtpm's TPM with swtpm_setup's certificates, tpm2-tools on one side or the other, and what is made of it here. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eccAk } from "../../attest/akTemplates.ts";
import {
  checkAk,
  checkEkCertificate,
  checkQuote,
  type EkCertificateReference,
  isPublicArea,
  makeCredential,
  nameOf,
  type QuoteReference,
  quoteOf,
  readAttestation,
  readCertificateFile,
  readNameFile,
  readPcrFile,
  readPublicFile,
  readQuoteFile,
  readSignatureFile,
  writeCredentialFile,
} from "../../attest/index.ts";
import { Attester } from "../../attest/testkit/attester.ts";
import { badChecks, flipped } from "../../attest/testkit/findings.ts";
import { TPM_ALG, TpmClient } from "../../client/index.ts";
import { run } from "../cli.ts";
import { isInstalled } from "../testkit/installed.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { SwtpmBench } from "../testkit/swtpmBench.ts";
import { Workbench } from "../testkit/workbench.ts";
import { openTcti, parseTcti } from "./tcti.ts";

const NONCE = "00112233445566778899aabbccddeeff";
const nonce = new Uint8Array(Buffer.from(NONCE, "hex"));

describe.runIf(isInstalled("swtpm", "swtpm_setup", "tpm2_checkquote"))("beside tpm2-tools and swtpm", () => {
  let bench: SwtpmBench;
  const read = async (name: string) => new Uint8Array(await readFile(bench.file(name)));
  const area = async (name: string) => {
    const key = readPublicFile(await read(name));
    if (!isPublicArea(key)) throw new Error(`${name} is a bare key`);
    return key;
  };
  const tabtpm = async (...args: string[]) => {
    const streams = new FakeStreams(false);
    return { code: await run(args, streams), output: streams.output, errors: streams.errors };
  };

  beforeAll(async () => {
    bench = await SwtpmBench.start("--pcr-banks", "sha1,sha256,sha384");
    await bench.sh("tpm2_pcrextend 16:sha256=$(printf '%064d' 7)");
  });
  afterAll(async () => {
    await bench?.end();
  });

  describe("EK certificates of swtpm_setup", () => {
    let reference: EkCertificateReference;

    beforeAll(async () => {
      await bench.sh(
        "tpm2_getekcertificate -o rsa.der; tpm2_createek -G rsa -c ek.ctx -u ek-rsa.pub; tpm2_createek -G rsa -c ek.ctx -u ek.pem -f pem",
      );
      const roots = readCertificateFile(await read("swtpm-localca-rootca-cert.pem"));
      const intermediates = readCertificateFile(await read("issuercert.pem"));
      reference = { roots, intermediates, ek: await area("ek-rsa.pub") };
    });

    it("are good with their root, and with the key in PEM", async () => {
      const [der] = readCertificateFile(await read("rsa.der")) as [Uint8Array];
      const { finding, certificate } = await checkEkCertificate(der, reference);
      expect(badChecks(finding)).toEqual([]);
      expect(finding.verdict).toBe("good");
      expect(certificate).toMatchObject({
        model: "swtpm",
        manufacturer: "id:00001014",
        specification: { family: "2.0" },
      });
      const pem = { ...reference, ek: readPublicFile(await read("ek.pem")) };
      expect((await checkEkCertificate(der, pem)).finding.verdict).toBe("good");
    });

    it("are good of the EK that tabtpm attest takes", async () => {
      expect(await tabtpm("attest", "--tcti", bench.tcti, "--to", bench.file("own"))).toMatchObject({ code: 0 });
      const [der] = readCertificateFile(await read("own/ek.crt")) as [Uint8Array];
      const { finding } = await checkEkCertificate(der, { ...reference, ek: await area("own/ek.pub") });
      expect([finding.verdict, badChecks(finding)]).toEqual(["good", []]);
      expect(badChecks((await checkEkCertificate(der, reference)).finding)).toEqual(["ekCertificate.key"]);
    });

    it("are refused without it, and with any octet changed", async () => {
      const [der] = readCertificateFile(await read("rsa.der")) as [Uint8Array];
      expect(
        badChecks((await checkEkCertificate(der, { ...reference, roots: reference.intermediates ?? [] })).finding),
      ).toEqual([]);
      expect(badChecks((await checkEkCertificate(der, { ...reference, intermediates: [] })).finding)).toEqual([
        "ekCertificate.path",
      ]);
      for (const [at, changed] of flipped(der)) {
        const { finding } = await checkEkCertificate(changed, reference);
        expect([at, finding.verdict]).not.toEqual([at, "good"]);
      }
    });
  });

  describe("quotes of tpm2_quote", () => {
    const LIST = "sha256:0,1,2,3,4,5,6,7,8,9,16+sha1:1,16";

    it.each([
      ["rsa", "rsassa", "sha256"],
      ["rsa", "rsapss", "sha384"],
      ["ecc", "ecdsa", "sha256"],
      ["ecc384", "ecdsa", "sha384"],
    ])("of a key %s, %s with %s", async (kind, scheme, hash) => {
      await bench.sh(`
        tpm2_createek -G rsa -c ek.ctx -u ek.pub
        tpm2_createak -C ek.ctx -c ak.ctx -G ${kind} -g ${hash} -s ${scheme} -u ak.pub -n ak.name
        tpm2_flushcontext -t
        tpm2_readpublic -c ak.ctx -f tpmt -o ak.tpmt
        tpm2_readpublic -c ak.ctx -f pem -o ak.pem
        tpm2_flushcontext -t
        tpm2_quote -c ak.ctx -l ${LIST} -q ${NONCE} -m quote.msg -s quote.sig -o pcrs.bin -g ${hash} --scheme ${scheme}
        tpm2_quote -c ak.ctx -l ${LIST} -q ${NONCE} -m plain.msg -s plain.sig -o values.bin -g ${hash} --scheme ${scheme} -F values -f plain`);
      const ak = await area("ak.pub");
      expect(await area("ak.tpmt")).toEqual(ak);
      const akName = readNameFile(await read("ak.name"));
      const reference: QuoteReference = { ak, akName, nonce, ek: await area("ek.pub") };
      const evidence = async (message: string, signature: string, pcrs: string) => {
        const quote = readQuoteFile(await read(message));
        const selection = quoteOf(readAttestation(quote))?.selection ?? [];
        return {
          quote,
          signature: readSignatureFile(await read(signature), ak),
          pcrs: readPcrFile(await read(pcrs), selection),
        };
      };
      const whole = await evidence("quote.msg", "quote.sig", "pcrs.bin");
      const { finding } = await checkQuote(whole, reference);
      expect(badChecks(finding)).toEqual([]);
      expect(finding.verdict).toBe("good");
      const signer = finding.findings.find(({ check }) => check === "quote.qualifiedSigner");
      expect(signer?.note).toBe("a child of the EK");
      for (const [at, signature] of flipped(whole.signature).filter((_, i) => i % 7 === 0))
        expect([at, (await checkQuote({ ...whole, signature }, reference)).finding.verdict]).toEqual([at, "bad"]);
      const plain = await evidence("plain.msg", "plain.sig", "values.bin");
      expect((await checkQuote(plain, reference)).finding.verdict).toBe("good");
      const bare = readPublicFile(await read("ak.pem"));
      expect((await checkAk(bare)).verdict).toBe("unknown");
      expect(badChecks((await checkQuote(whole, { ak: bare, nonce })).finding)).toEqual([]);
    });

    it("of an EC Schnorr key, which the tools do not have", async () => {
      const connection = await openTcti(parseTcti(bench.tcti), new AbortController().signal);
      const attester = new Attester(new TpmClient(connection));
      const key = await attester.createAk(eccAk("TPM_ECC_NIST_P256", "TPM_ALG_ECSCHNORR", "TPM_ALG_SHA256"));
      const quoted = await attester.quote(key, nonce, [{ algorithm: TPM_ALG.TPM_ALG_SHA256, pcrs: [0, 16] }]);
      await attester.client.call("FlushContext", { parameters: { flushHandle: key.handle } });
      await connection.close();
      expect((await checkQuote(quoted, { ak: key.publicArea, nonce })).finding.verdict).toBe("good");
      for (const [at, signature] of flipped(quoted.signature))
        expect([
          at,
          (await checkQuote({ ...quoted, signature }, { ak: key.publicArea, nonce })).finding.verdict,
        ]).toEqual([at, "bad"]);
    });

    it("agree with tpm2_checkquote about what is changed", async () => {
      await bench.sh(`
        tpm2_createek -G ecc -c ek.ctx -u ek.pub
        tpm2_createak -C ek.ctx -c ak.ctx -G ecc -g sha256 -s ecdsa -u ak.pub -n ak.name
        tpm2_flushcontext -t
        tpm2_quote -c ak.ctx -l sha256:0,1,16 -q ${NONCE} -m quote.msg -s quote.sig -o pcrs.bin -g sha256`);
      const ak = await area("ak.pub");
      const files = {
        "quote.msg": await read("quote.msg"),
        "quote.sig": await read("quote.sig"),
        "pcrs.bin": await read("pcrs.bin"),
      };
      const ours = async (changed: Partial<typeof files>) => {
        const all = { ...files, ...changed };
        try {
          const quote = readQuoteFile(all["quote.msg"]);
          const selection = quoteOf(readAttestation(quote))?.selection ?? [];
          const pcrs = readPcrFile(all["pcrs.bin"], selection);
          const signature = readSignatureFile(all["quote.sig"], ak);
          return (await checkQuote({ quote, signature, pcrs }, { ak, nonce })).finding.verdict === "good";
        } catch {
          return false;
        }
      };
      const theirs = async (changed: Partial<typeof files>) => {
        for (const [name, octets] of Object.entries({ ...files, ...changed }))
          await writeFile(bench.file(`try-${name}`), octets);
        return bench.succeeds(
          `tpm2_checkquote -u ak.pub -m try-quote.msg -s try-quote.sig -f try-pcrs.bin -q ${NONCE} -g sha256`,
        );
      };
      expect([await ours({}), await theirs({})]).toEqual([true, true]);
      // Each start of a process takes its time: some of all octets.
      for (const name of ["quote.msg", "quote.sig"] as const)
        for (const [at, octets] of flipped(files[name]).filter((_, i) => i % 9 === 0))
          expect([name, at, await ours({ [name]: octets }), await theirs({ [name]: octets })]).toEqual([
            name,
            at,
            false,
            false,
          ]);
      const pcrs = files["pcrs.bin"].with(140, 1);
      expect([await ours({ "pcrs.bin": pcrs }), await theirs({ "pcrs.bin": pcrs })]).toEqual([false, false]);
    });
  });

  describe("credentials", () => {
    it.each(["rsa", "ecc", "ecc384"])("for an EK %s are opened by tpm2_activatecredential", async (kind) => {
      await bench.sh(`
        tpm2_createek -G ${kind} -c ek.ctx -u ek.pub
        tpm2_createak -C ek.ctx -c ak.ctx -G ecc -g sha256 -s ecdsa -u ak.pub -n ak.name`);
      const name = await nameOf(await area("ak.pub"));
      expect(name).toEqual(readNameFile(await read("ak.name")));
      const secret = new TextEncoder().encode("for this TPM");
      await writeFile(
        bench.file("credential"),
        writeCredentialFile(await makeCredential(await area("ek.pub"), name, secret)),
      );
      // EKs of the profile's high range have an empty authValue, too.
      await bench.sh(
        kind === "ecc384"
          ? "tpm2_activatecredential -c ak.ctx -C ek.ctx -i credential -o opened"
          : `tpm2_startauthsession --policy-session -S session.ctx
             tpm2_policysecret -S session.ctx -c e
             tpm2_activatecredential -c ak.ctx -C ek.ctx -i credential -o opened -P session:session.ctx`,
      );
      expect(await read("opened")).toEqual(secret);
    });

    it("of tpm2_makecredential are opened by tabtpm attest --credential", async () => {
      const of = ["attest", "--tcti", bench.tcti, "--ek", "L-1"];
      expect(await tabtpm(...of, "--to", bench.file("keys"))).toMatchObject({
        code: 0,
        errors: "",
      });
      const name = Buffer.from(await nameOf(await area("keys/ak.pub"))).toString("hex");
      await bench.sh(`
        openssl x509 -inform der -in keys/ek.crt -noout -pubkey > ek-key.pem
        printf 'from tools' > secret
        tpm2_makecredential -T none -u ek-key.pem -G rsa -s secret -n ${name} -o credential-of-tools`);
      const opened = await tabtpm(...of, "--credential", bench.file("credential-of-tools"));
      expect(opened).toEqual({ code: 0, output: `${Buffer.from("from tools").toString("hex")}\n`, errors: "" });
      // Another key is not the one that it is for.
      const other = await tabtpm(...of, "--credential", bench.file("credential-of-tools"), "--key", "rsa");
      expect([other.code, other.errors]).toEqual([1, expect.stringContaining("TPM_RC_INTEGRITY")]);
    });
  });

  describe("tabtpm attest", () => {
    it.each(["ecc", "rsa"])("writes what tpm2_checkquote and tabtpm verify take, with a key %s", async (key) => {
      const args = ["attest", "--tcti", bench.tcti, "--to", bench.file("evidence"), "--key", key, "--nonce", NONCE];
      const made = await tabtpm(...args, "--pcrs", "sha256:all+sha384:16");
      expect(made).toMatchObject({ code: 0, errors: "" });
      expect(made.output).toContain("has ek.pub, ek.crt, ak.pub, quote.msg, quote.sig, pcrs.bin");
      await bench.sh(`cd evidence
        tpm2_checkquote -u ak.pub -m quote.msg -s quote.sig -f pcrs.bin -q ${NONCE} -g sha256
        tpm2_print -t TPMS_ATTEST quote.msg >/dev/null; tpm2_print -t TPM2B_PUBLIC ek.pub >/dev/null`);
      const { findings } = JSON.parse(
        (await tabtpm("verify", "--from", bench.file("evidence"), "--nonce", NONCE, "--json")).output,
      );
      expect(findings.find(({ check }: { check: string }) => check === "quote")).toMatchObject({ verdict: "good" });
    });

    it("leaves nothing of an earlier time in the folder, and nothing in the TPM", async () => {
      const to = bench.file("evidence");
      await writeFile(bench.file("ima.txt"), "a list");
      const nonced = ["attest", "--tcti", bench.tcti, "--to", to, "--nonce", NONCE];
      await tabtpm(...nonced, "--ima", bench.file("ima.txt"));
      expect(await bench.sh("ls evidence")).toContain("ima.log");
      await tabtpm("attest", "--tcti", bench.tcti, "--to", to);
      expect((await bench.sh("ls evidence")).trim().split("\n")).toEqual(["ak.pub", "ek.crt", "ek.pub"]);
      expect(await bench.sh("tpm2_getcap handles-transient")).toBe("");
    });

    it("says what is missing", async () => {
      const wrong = await tabtpm("attest", "--tcti", "swtpm:port=1", "--to", bench.file("x"));
      expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining("There is no TPM at 127.0.0.1, port 1")]);
      const args = ["attest", "--tcti", bench.tcti, "--to", bench.file("x"), "--nonce", NONCE];
      const bank = await tabtpm(...args, "--pcrs", "sha3_256:0");
      expect([bank.code, bank.errors]).toEqual([1, expect.stringContaining("does not have all of these PCRs")]);
    });
  });
});

describe.runIf(isInstalled("tpm2_checkquote"))("tabtpm attest, with tabtpm's own servers", () => {
  it.each(["mssim", "swtpm"] as const)("over %s", async (protocol) => {
    const bench = await Workbench.start(protocol);
    const streams = new FakeStreams(false);
    const args = ["attest", "--tcti", bench.env.TPM2TOOLS_TCTI, "--to", bench.file("evidence"), "--nonce", NONCE];
    expect([await run(args, streams), streams.errors]).toEqual([0, ""]);
    await bench.sh(
      `cd evidence && tpm2_checkquote -u ak.pub -m quote.msg -s quote.sig -f pcrs.bin -q ${NONCE} -g sha256`,
    );
    expect(await bench.end()).toBe(0);
  });
});
