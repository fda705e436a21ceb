/** What a user does with a TPM, done with Debian's tpm2-tools; OpenSSL checks what they make. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled } from "../testkit/installed.ts";
import { type Protocol, Workbench } from "../testkit/workbench.ts";

const POLICY_FAIL = "a policy check failed";
const NO_AUTH = "authValue or authPolicy is not available";
const AUTH_FAIL = "authorization HMAC check failed";

describe.runIf(isInstalled("tpm2_quote", "openssl")).each<Protocol>(["swtpm", "mssim"])("over %s", (protocol) => {
  let bench: Workbench;
  const sh = (script: string) => bench.sh(script);
  const read = (name: string) => readFile(bench.file(name));
  beforeAll(async () => {
    bench = await Workbench.start(protocol);
    await sh("tpm2_createprimary -Q -C o -G ecc -c primary.ctx; flush; echo some words > message");
  });
  afterAll(async () => {
    expect(await bench.end()).toBe(0);
  });

  it.each([
    ["rsa", "rsa", "rsassa"],
    ["ecc", "ecc", "ecdsa"],
  ])("EK %s, AK, credential, quote", async (ek, ak, scheme) => {
    await writeFile(bench.file("secret"), "the credential's secret");
    await sh(`
      tpm2_createek -Q -c ek.ctx -G ${ek} -u ek.pub
      tpm2_createak -C ek.ctx -c ak.ctx -G ${ak} -g sha256 -s ${scheme} -u ak.pem -f pem -n ak.name >ak.yaml; flush
      name=$(od -A n -t x1 -v ak.name | tr -d ' \\n')
      TPM2TOOLS_TCTI= tpm2_makecredential -Q -T none -u ek.pub -s secret -n $name -o credential
      tpm2_startauthsession --policy-session -S session
      tpm2_policysecret -Q -S session -c e
      tpm2_activatecredential -Q -c ak.ctx -C ek.ctx -i credential -o opened -P session:session; flush
      tpm2_loadexternal -Q -c ek.external -u ek.pub -C e
      tpm2_makecredential -Q -u ek.pub -s secret -n $name -o credential2; flush
      tpm2_startauthsession --policy-session -S session
      tpm2_policysecret -Q -S session -c e
      tpm2_activatecredential -Q -c ak.ctx -C ek.ctx -i credential2 -o opened2 -P session:session`);
    expect((await read("opened")).toString()).toBe("the credential's secret");
    expect(await read("opened2")).toEqual(await read("opened"));

    const check = (nonce: string) =>
      sh(`tpm2_checkquote -Q -u ak.pem -m quote.message -s quote.signature -f quote.pcrs -g sha256 -q ${nonce}`);
    await sh(`
      tpm2_pcrextend 16:sha1=${"01".repeat(20)},sha256=${"02".repeat(32)}
      tpm2_quote -Q -c ak.ctx -l sha1:0,16+sha256:0,16 -q abcd12 -g sha256 \
        -m quote.message -s quote.signature -o quote.pcrs`);
    await check("abcd12");
    await expect(check("abcd13")).rejects.toThrow("nonce");
    const message = await read("quote.message");
    message[message.length - 1] = (message[message.length - 1] as number) ^ 1;
    await writeFile(bench.file("quote.message"), message);
    await expect(check("abcd12")).rejects.toThrow("signature");
  });

  it("a secret sealed to PCRs", async () => {
    const unseal = () => sh("tpm2_unseal -c sealed.ctx -p pcr:sha256:23");
    await sh(`
      tpm2_pcrreset 23
      tpm2_createpolicy -Q --policy-pcr -l sha256:23 -L pcr.policy
      printf 'sealed words' | tpm2_create -Q -C primary.ctx -L pcr.policy -i- -u sealed.pub -r sealed.priv -a 'fixedtpm|fixedparent'
      tpm2_load -Q -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx`);
    expect(await unseal()).toBe("sealed words");
    await expect(sh("tpm2_unseal -c sealed.ctx")).rejects.toThrow(NO_AUTH);
    await sh(`tpm2_pcrextend 23:sha256=${"03".repeat(32)}`);
    await expect(sh("tpm2_unseal -c sealed.ctx -p pcr:sha256:23")).rejects.toThrow(POLICY_FAIL);
    await sh("tpm2_pcrreset 23");
    expect(await unseal()).toBe("sealed words");
  });

  it("a policy that an authority approves, or a password", async () => {
    await sh(`
      openssl genrsa -out authority.pem 2048 2>openssl.log; openssl rsa -in authority.pem -pubout -out authority.pub 2>openssl.log
      tpm2_loadexternal -Q -G rsa -C o -u authority.pub -c authority.ctx -n authority.name
      tpm2_startauthsession -S session; tpm2_policyauthorize -Q -S session -n authority.name -L authorized.policy; flush
      tpm2_startauthsession -S session; tpm2_policypassword -Q -S session -L password.policy; tpm2_flushcontext session
      tpm2_startauthsession -S session
      tpm2_policyor -Q -S session -l sha256:authorized.policy,password.policy -L or.policy
      tpm2_flushcontext session
      printf approved | tpm2_create -Q -C primary.ctx -p pass -L or.policy -i- -u sealed.pub -r sealed.priv -a 'fixedtpm|fixedparent'; flush
      tpm2_load -Q -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx; flush
      tpm2_startauthsession -S session; tpm2_policypcr -Q -S session -l sha256:0 -L pcr.policy; flush
      openssl dgst -sha256 -sign authority.pem -out approval pcr.policy`);
    expect(
      await sh(`
        tpm2_loadexternal -Q -G rsa -C o -u authority.pub -c authority.ctx
        tpm2_verifysignature -c authority.ctx -g sha256 -m pcr.policy -s approval -t ticket -f rsassa; tpm2_flushcontext -t
        tpm2_startauthsession --policy-session -S session
        tpm2_policypcr -Q -S session -l sha256:0
        tpm2_policyauthorize -Q -S session -i pcr.policy -n authority.name -t ticket
        tpm2_policyor -Q -S session -l sha256:authorized.policy,password.policy
        tpm2_unseal -c sealed.ctx -p session:session`),
    ).toBe("approved");
    const withPassword = (password: string) =>
      sh(`
        tpm2_startauthsession --policy-session -S session
        tpm2_policypassword -Q -S session
        tpm2_policyor -Q -S session -l sha256:authorized.policy,password.policy
        tpm2_unseal -c sealed.ctx -p session:session+${password}`);
    expect(await withPassword("pass")).toBe("approved");
    await expect(withPassword("wrong")).rejects.toThrow();
  });

  it("NV: policies, counters, bits, hashes, locks, certification", async () => {
    await sh(`
      tpm2_startauthsession -S session
      tpm2_policycommandcode -Q -S session TPM2_CC_NV_Read -L read.policy; tpm2_flushcontext session
      tpm2_nvdefine -Q 0x1500010 -C o -s 32 -L read.policy -p pass -a 'authwrite|policyread'
      printf %032d 7 | tpm2_nvwrite 0x1500010 -P pass -i-
      tpm2_startauthsession --policy-session -S session
      tpm2_policycommandcode -Q -S session TPM2_CC_NV_Read
      tpm2_nvread 0x1500010 -P session:session -s 32 -o value`);
    expect((await read("value")).toString()).toBe("7".padStart(32, "0"));
    await expect(sh("tpm2_nvread 0x1500010 -P pass -s 32")).rejects.toThrow(NO_AUTH);
    await expect(sh("printf x | tpm2_nvwrite 0x1500010 -P wrong -i-")).rejects.toThrow(AUTH_FAIL);

    await sh("tpm2_nvdefine -Q 0x1500011 -C o -s 8 -a 'ownerread|ownerwrite|nt=counter'");
    await sh("tpm2_nvincrement -C o 0x1500011; tpm2_nvread -C o 0x1500011 -o count1");
    await sh("tpm2_nvincrement -C o 0x1500011; tpm2_nvread -C o 0x1500011 -o count2");
    expect((await read("count2")).readBigUInt64BE() - (await read("count1")).readBigUInt64BE()).toBe(1n);
    await sh(
      "tpm2_nvdefine -Q 0x1500012 -C o -s 8 -a 'ownerread|ownerwrite|nt=bits'; tpm2_nvsetbits -C o -i 0x8001 0x1500012",
    );
    expect(await sh("tpm2_nvread -C o 0x1500012 | od -A n -t x1")).toBe(" 00 00 00 00 00 00 80 01\n");
    await sh(
      "tpm2_nvdefine -Q 0x1500013 -C o -g sha256 -a 'ownerread|ownerwrite|nt=extend'; tpm2_nvextend -C o -i message 0x1500013",
    );
    const extended = await sh("tpm2_nvread -C o 0x1500013 | od -A n -t x1 -v | tr -d ' \\n'");
    expect(await sh("{ head -c 32 /dev/zero; cat message; } | openssl dgst -sha256 -r")).toBe(`${extended} *stdin\n`);

    await sh(`
      tpm2_nvdefine -Q 0x1500014 -C o -s 4 -a 'ownerread|ownerwrite|writedefine'
      printf once | tpm2_nvwrite -C o -i- 0x1500014; tpm2_nvwritelock -C o 0x1500014`);
    await expect(sh("printf more | tpm2_nvwrite -C o -i- 0x1500014")).rejects.toThrow("NV access locked");
    await sh(`
      tpm2_create -Q -C primary.ctx -G ecc -u signer.pub -r signer.priv -c signer.ctx; flush
      tpm2_nvcertify -Q -C signer.ctx -g sha256 -f plain -s ecdsa --attestation attested -o signature -c o --size 4 0x1500014; flush
      tpm2_readpublic -Q -c signer.ctx -f pem -o signer.pem; flush
      openssl dgst -sha256 -verify signer.pem -signature signature attested`);
    expect((await read("attested")).subarray(-4).toString()).toBe("once");
    for (const index of ["10", "11", "12", "13", "14"]) await sh(`tpm2_nvundefine -C o 0x15000${index}`);
    expect(await sh("tpm2_getcap handles-nv-index")).toBe("");
  });

  it("duplicates a key to another parent; OpenSSL's key imported", async () => {
    await sh(`
      tpm2_startauthsession -S session
      tpm2_policycommandcode -Q -S session TPM2_CC_Duplicate -L duplicate.policy; tpm2_flushcontext session
      tpm2_createprimary -Q -C o -G rsa -c parent.ctx; tpm2_readpublic -Q -c parent.ctx -o parent.pub; flush
      tpm2_create -Q -C primary.ctx -G rsa -L duplicate.policy -p pass -u key.pub -r key.priv \
        -a 'sensitivedataorigin|userwithauth|sign|decrypt'
      tpm2_load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx; flush
      tpm2_loadexternal -Q -C o -u parent.pub -c external.ctx; flush
      tpm2_startauthsession --policy-session -S session
      tpm2_policycommandcode -Q -S session TPM2_CC_Duplicate
      tpm2_duplicate -Q -C external.ctx -c key.ctx -G aes -o inner -p session:session -r copy.priv -s copy.seed; flush
      tpm2_import -Q -C parent.ctx -k inner -u key.pub -i copy.priv -s copy.seed -r imported.priv -L duplicate.policy; flush
      tpm2_load -Q -C parent.ctx -u key.pub -r imported.priv -c imported.ctx; flush
      tpm2_sign -Q -c imported.ctx -p pass -g sha256 -f plain -o signature message; flush
      tpm2_readpublic -Q -c key.ctx -f pem -o key.pem; flush
      openssl dgst -sha256 -verify key.pem -signature signature message`);
    expect(
      await sh(`
        openssl ecparam -name prime256v1 -genkey -noout -out mine.pem; openssl ec -in mine.pem -pubout -out mine.pub 2>openssl.log
        tpm2_import -Q -C parent.ctx -G ecc -i mine.pem -p pass -u mine.tpm -r mine.priv; flush
        tpm2_load -Q -C parent.ctx -u mine.tpm -r mine.priv -c mine.ctx; flush
        tpm2_sign -Q -c mine.ctx -p pass -g sha256 -f plain -o signature message; flush
        openssl dgst -sha256 -verify mine.pub -signature signature message`),
    ).toBe("Verified OK\n");
  });

  it("sessions that are salted, bound and encrypted", async () => {
    await sh(`
      printf hidden | tpm2_create -Q -C primary.ctx -p pass -i- -u hidden.pub -r hidden.priv
      tpm2_load -Q -C primary.ctx -u hidden.pub -r hidden.priv -c hidden.ctx`);
    const session = "tpm2_startauthsession --hmac-session -S session -c primary.ctx; tpm2_flushcontext -t";
    const encrypt = "tpm2_sessionconfig session --enable-encrypt --enable-decrypt";
    expect(await sh(`${session}; ${encrypt}; tpm2_unseal -c hidden.ctx -p session:session+pass`)).toBe("hidden");
    expect(await sh(`${session}; ${encrypt}; tpm2_getrandom --hex 16 -S session`)).toMatch(/^[0-9a-f]{32}$/);
    await expect(sh(`${session}; ${encrypt}; tpm2_unseal -c hidden.ctx -p session:session+wrong`)).rejects.toThrow(
      AUTH_FAIL,
    );
    await sh("tpm2_dictionarylockout -c");
  });

  it("attests keys, creation, time and its own audit", async () => {
    const verified = (attestation: string) =>
      sh(`openssl dgst -sha256 -verify signer.pem -signature signature ${attestation}`);
    await sh(`
      tpm2_create -Q -C primary.ctx -G rsa -u signer.pub -r signer.priv -c signer.ctx; flush
      tpm2_readpublic -Q -c signer.ctx -f pem -o signer.pem; flush
      tpm2_certify -Q -c primary.ctx -C signer.ctx -g sha256 -f plain -s signature -o certified`);
    expect(await verified("certified")).toBe("Verified OK\n");
    await sh(`
      tpm2_create -Q -C primary.ctx -G ecc -u made.pub -r made.priv -d creation.digest -t creation.ticket
      tpm2_load -Q -C primary.ctx -u made.pub -r made.priv -c made.ctx; flush
      tpm2_certifycreation -Q -C signer.ctx -c made.ctx -d creation.digest -t creation.ticket -g sha256 \
        -f plain -s rsassa -o signature --attestation created`);
    expect(await verified("created")).toBe("Verified OK\n");
    await sh("tpm2_gettime -Q -c signer.ctx -q cafe -g sha256 -f plain -o signature --attestation time");
    expect(await verified("time")).toBe("Verified OK\n");
    await sh(`
      tpm2_startauthsession --audit-session -S session
      tpm2_getrandom -S session -o random 8
      tpm2_getsessionauditdigest -Q -c signer.ctx -g sha256 -f plain -s signature -m audited -S session`);
    expect(await verified("audited")).toBe("Verified OK\n");
  });

  it("encrypts, decrypts and keeps keys, as OpenSSL does", async () => {
    await sh(`
      tpm2_create -Q -C primary.ctx -G rsa -u rsa.pub -r rsa.priv -c rsa.ctx -a 'sensitivedataorigin|userwithauth|decrypt'; flush
      tpm2_evictcontrol -Q -C o -c rsa.ctx 0x81010010; flush
      tpm2_readpublic -Q -c 0x81010010 -f pem -o rsa.pem
      openssl pkeyutl -encrypt -pubin -inkey rsa.pem -in message -out secret -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256
      tpm2_rsadecrypt -c 0x81010010 -s oaep -o opened secret
      cmp opened message
      tpm2_evictcontrol -Q -C o -c 0x81010010
      tpm2_create -Q -C primary.ctx -G aes128cfb -u aes.pub -r aes.priv -c aes.ctx; flush
      head -c 16 /dev/zero >iv
      tpm2_encryptdecrypt -Q -c aes.ctx -t iv -o secret message; flush
      tpm2_encryptdecrypt -Q -d -c aes.ctx -t iv -o opened secret; flush
      cmp opened message
      printf 00112233445566778899aabbccddeeff >hmac.key
      tpm2_import -Q -C primary.ctx -G hmac -i hmac.key -u hmac.pub -r hmac.priv; flush
      tpm2_load -Q -C primary.ctx -u hmac.pub -r hmac.priv -c hmac.ctx`);
    const hmac = await sh("tpm2_hmac --hex -c hmac.ctx message");
    expect(await sh("openssl dgst -sha256 -r -hmac 00112233445566778899aabbccddeeff message")).toBe(
      `${hmac.trim()} *message\n`,
    );
  });
});
