/** What people use a TPM for, typed into the guest; what comes out is checked outside of it, with node:crypto. */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { expect, test } from "@playwright/test";
import { sharedGuest } from "./fixtures.ts";
import { WRONG_AUTHORISATION } from "./guest.ts";

// Keys that one test makes are used by the next.
test.describe.configure({ mode: "serial" });

const guest = sharedGuest();

test.beforeAll(async () => {
  await guest.sh("mkdir -p /tmp/c && cd /tmp/c");
});

/** A file of the guest's. */
const bytesOf = async (file: string) => Buffer.from(await guest.sh(`base64 ${file}`), "base64");
const keyOf = async (file: string): Promise<KeyObject> => createPublicKey(await guest.sh(`cat ${file}`));

test("an attestation key quotes PCRs: the quote names their values, and the signature verifies", async () => {
  await guest.sh("tpm2_createek -Q -G ecc -c ek.ctx");
  await guest.sh("tpm2_createak -Q -C ek.ctx -G ecc -g sha256 -s ecdsa -c ak.ctx -u ak.pem -f pem -n ak.name");
  await guest.sh(
    "tpm2_quote -Q -c ak.ctx -l sha256:0,1,2,10 -q c0ffee -m quote.msg -s quote.sig -f plain -o quote.pcrs",
  );
  const [message, signature] = [await bytesOf("quote.msg"), await bytesOf("quote.sig")];
  expect(message.subarray(0, 6).toString("latin1")).toBe("\xffTCG\x80\x18");
  expect(message.includes(Buffer.from("c0ffee", "hex"))).toBe(true);
  const pcrs = await guest.sh("for i in 0 1 2 10; do cat /sys/class/tpm/tpm0/pcr-sha256/$i; done");
  const digest = createHash("sha256")
    .update(Buffer.from(pcrs.replaceAll(/\s/g, ""), "hex"))
    .digest();
  expect(message.subarray(-digest.length)).toEqual(digest);
  const ak = await keyOf("ak.pem");
  expect(verify("sha256", message, ak, signature)).toBe(true);
  message[20]! ^= 1;
  expect(verify("sha256", message, ak, signature)).toBe(false);
});

test("a credential for that attestation key opens on this TPM, and for no other name", async () => {
  await guest.sh("tpm2_readpublic -Q -c ek.ctx -o ek.pub; printf 'a secret of its own' > secret");
  await guest.sh("tpm2_makecredential -Q -u ek.pub -s secret -n $(xxd -p -c 99 ak.name) -o credential");
  const open = (file: string) =>
    `tpm2_startauthsession --policy-session -S s.ctx && tpm2_policysecret -Q -S s.ctx -c e && ` +
    `tpm2_activatecredential -Q -c ak.ctx -C ek.ctx -i ${file} -o opened -P session:s.ctx; ` +
    "r=$?; tpm2_flushcontext s.ctx; (exit $r)";
  await guest.sh(open("credential"));
  expect(await guest.sh("cat opened")).toBe("a secret of its own");

  const other = `000b${"5a".repeat(32)}`;
  await guest.sh(`tpm2_makecredential -Q -u ek.pub -s secret -n ${other} -o forged`);
  await guest.refuses(open("forged"), "tpm:parameter(1):integrity check failed");
});

test("a secret sealed to a PCR's value is unsealed until the PCR changes", async () => {
  await guest.sh("tpm2_pcrreset 16 && tpm2_createprimary -Q -C o -G ecc -c srk.ctx");
  await guest.sh("tpm2_createpolicy -Q --policy-pcr -l sha256:16 -L pcr.policy");
  await guest.sh("printf 'sealed words' | tpm2_create -Q -C srk.ctx -L pcr.policy -i- -u seal.pub -r seal.priv");
  await guest.sh("tpm2_load -Q -C srk.ctx -u seal.pub -r seal.priv -c seal.ctx");
  const unseal = "tpm2_unseal -c seal.ctx -p pcr:sha256:16";
  expect(await guest.sh(unseal)).toBe("sealed words");
  await guest.sh(`tpm2_pcrextend 16:sha256=${"11".repeat(32)}`);
  await guest.refuses(unseal, "a policy check failed");
  await guest.sh("tpm2_pcrreset 16");
  expect(await guest.sh(unseal)).toBe("sealed words");
});

test("an RSA key signs and decrypts, a persistent one without its context", async () => {
  await guest.sh("tpm2_create -Q -C srk.ctx -G rsa2048 -u rsa.pub -r rsa.priv");
  await guest.sh("tpm2_load -Q -C srk.ctx -u rsa.pub -r rsa.priv -c rsa.ctx");
  await guest.sh("tpm2_readpublic -Q -c rsa.ctx -f pem -o rsa.pem; printf 'message' > message");
  await guest.sh("tpm2_sign -Q -c rsa.ctx -g sha256 -s rsassa -f plain -o message.sig message");
  expect(verify("sha256", Buffer.from("message"), await keyOf("rsa.pem"), await bytesOf("message.sig"))).toBe(true);
  await guest.sh("tpm2_rsaencrypt -Q -c rsa.ctx -o cipher message");
  await guest.sh("tpm2_evictcontrol -Q -C o -c rsa.ctx 0x81000042 && rm rsa.ctx");
  expect(await guest.sh("tpm2_rsadecrypt -c 0x81000042 cipher")).toBe("message");
  expect(await guest.sh("tpm2_getcap handles-persistent")).toContain("0x81000042");
  await guest.sh("tpm2_evictcontrol -Q -C o -c 0x81000042");
});

test("NV: an index with a password, and a counter", async () => {
  await guest.sh("tpm2_nvdefine -Q 0x1500001 -C o -s 16 -a 'ownerread|authread|authwrite' -p open");
  await guest.sh("printf 'sixteen octets..' | tpm2_nvwrite -Q 0x1500001 -P open -i-");
  expect(await guest.sh("tpm2_nvread -s 16 0x1500001 -P open")).toBe("sixteen octets..");
  await guest.refuses("tpm2_nvread 0x1500001 -P shut", WRONG_AUTHORISATION);

  await guest.sh("tpm2_nvdefine -Q 0x1500002 -C o -a 'ownerread|ownerwrite|nt=counter'");
  const count = async () => {
    await guest.sh("tpm2_nvincrement -Q -C o 0x1500002");
    return BigInt(`0x${await guest.sh("tpm2_nvread -s 8 -C o 0x1500002 | xxd -p")}`);
  };
  const first = await count();
  expect(await count()).toBe(first + 1n);
  await guest.sh("tpm2_nvundefine -Q -C o 0x1500001 && tpm2_nvundefine -Q -C o 0x1500002");
});

test("a key that may be duplicated moves under another parent", async () => {
  await guest.sh(
    "tpm2_startauthsession -S d.ctx && tpm2_policycommandcode -Q -S d.ctx -L dup.policy TPM2_CC_Duplicate",
  );
  await guest.sh("tpm2_flushcontext d.ctx && tpm2_createprimary -Q -C n -G ecc -c new.ctx");
  await guest.sh(
    "tpm2_create -Q -C srk.ctx -G ecc -L dup.policy -a 'sensitivedataorigin|userwithauth|sign' -u m.pub -r m.priv",
  );
  await guest.sh("tpm2_load -Q -C srk.ctx -u m.pub -r m.priv -c m.ctx && tpm2_readpublic -Q -c m.ctx -f pem -o m.pem");
  await guest.sh(
    "tpm2_startauthsession --policy-session -S d.ctx && tpm2_policycommandcode -Q -S d.ctx TPM2_CC_Duplicate",
  );
  await guest.sh("tpm2_duplicate -Q -C new.ctx -c m.ctx -G null -p session:d.ctx -r m.dup -s m.seed");
  await guest.sh("tpm2_flushcontext d.ctx && tpm2_import -Q -C new.ctx -u m.pub -i m.dup -s m.seed -r moved.priv");
  await guest.sh("tpm2_load -Q -C new.ctx -u m.pub -r moved.priv -c moved.ctx");
  await guest.sh("tpm2_sign -Q -c moved.ctx -g sha256 -f plain -o moved.sig message");
  expect(verify("sha256", Buffer.from("message"), await keyOf("m.pem"), await bytesOf("moved.sig"))).toBe(true);
});
