/** What demos type into the guest's shell. */
import { freshFolderLine } from "../../../src/index.ts";

/** Of the demos, in the guest. */
export const FOLDER = "/mnt/boot-demo";
/** What the guest has copied of IMA's list, from /mnt on. */
export const IMA_COPY = "boot-demo/ima.txt";
export const HANDLE = 0x8100de01;
const handle = "0x8100de01";
/** What a secret is sealed to: firmware, option ROMs, command line, kernel and initrd, programs. */
export const SEALED_TO = [0, 2, 8, 9, 10];
const pcrs = `sha256:${SEALED_TO.join()}`;
export const SECRET = "The vault is open";

/**
 * Seals the secret to the PCRs as they are. The script that opens it is started once before, so that IMA has measured it: what is
 * started in later boots is the same, in the same order.
 * @param isThere something is kept under the handle already.
 */
export const sealLines = (isThere: boolean): readonly string[] => [
  freshFolderLine(FOLDER),
  `printf '%s\\n' '#!/bin/sh' '[ "$1" = -n ] || tpm2_unseal -c ${handle} -p pcr:${pcrs}' >unlock`,
  "chmod +x unlock; ./unlock -n",
  `tpm2_createprimary -Q -C o -G ecc -c /tmp/p; tpm2_createpolicy -Q --policy-pcr -l ${pcrs} -L /tmp/policy`,
  `echo '${SECRET}' | tpm2_create -Q -C /tmp/p -L /tmp/policy -i - -u /tmp/pub -r /tmp/priv -c /tmp/key`,
  ...(isThere ? [`tpm2_evictcontrol -Q -C o -c ${handle}`] : []),
  `tpm2_evictcontrol -Q -C o -c /tmp/key ${handle}`,
];

/** Opens it, and has the page see what IMA has measured. */
export const openLines: readonly string[] = [
  `cd ${FOLDER}; ./unlock`,
  "cat /sys/kernel/security/ima/ascii_runtime_measurements >ima.txt",
];

/** Somebody who has the disk adds a line to the script, and takes it out again. */
export const spoilLine = `echo '# and a copy for the maid' >>${FOLDER}/unlock`;
export const mendLine = `sed -i '$d' ${FOLDER}/unlock`;

/** Of the secret that is sealed to the maker's key. */
export const UPDATE_HANDLE = 0x8100de02;
const updateHandle = "0x8100de02";
export const NOW_POLICY = "boot-demo/now.policy";
export const approvalFiles = (number: number) => ({
  policy: `boot-demo/approved-${number}.policy`,
  signature: `boot-demo/approved-${number}.sig`,
});
export const MAKER_FILE = "boot-demo/maker.pem";
export const OPEN_FILE = "boot-demo/open";

/** What the page puts beside the key: it takes the approval of the present PCRs, or else the first one. */
export const OPEN_SCRIPT = `# Opens the secret with an approval of the maker's.
tpm2_createpolicy -Q --policy-pcr -l sha256:8,9 -L now.policy
a=approved-1
for each in approved-*.policy; do
  [ "$(sha256sum <$each)" = "$(sha256sum <now.policy)" ] && a=\${each%.policy}
done
echo "with $a"
tpm2_loadexternal -Q -C o -G rsa -u maker.pem -c /tmp/maker -n maker.name
tpm2_verifysignature -Q -c /tmp/maker -g sha256 -m $a.policy -s $a.sig -f rsassa -t /tmp/ticket
tpm2_startauthsession -Q --policy-session -S /tmp/s
tpm2_policypcr -Q -S /tmp/s -l sha256:8,9
tpm2_policyauthorize -Q -S /tmp/s -i $a.policy -n maker.name -t /tmp/ticket &&
  tpm2_unseal -p session:/tmp/s -c ${updateHandle}
tpm2_flushcontext /tmp/s
`;

export const updateFolderLine = `rm -rf ${FOLDER}; mkdir -p ${FOLDER}; cd ${FOLDER}`;
/** What the maker is told of this boot. */
export const policyLine = `cd ${FOLDER}; tpm2_createpolicy -Q --policy-pcr -l sha256:8,9 -L now.policy`;
/** Seals the secret to the maker's key. @param isThere something is kept under the handle already. */
export const sealToMakerLines = (isThere: boolean): readonly string[] => [
  "tpm2_loadexternal -Q -C o -G rsa -u maker.pem -c /tmp/maker -n maker.name; tpm2_startauthsession -Q -S /tmp/s",
  "tpm2_policyauthorize -Q -S /tmp/s -i now.policy -n maker.name -L sealed.policy; tpm2_flushcontext /tmp/s",
  "tpm2_createprimary -Q -C o -G ecc -c /tmp/p",
  `echo '${SECRET}' | tpm2_create -Q -C /tmp/p -L sealed.policy -i - -u /tmp/pub -r /tmp/priv -c /tmp/key`,
  ...(isThere ? [`tpm2_evictcontrol -Q -C o -c ${updateHandle}`] : []),
  `tpm2_evictcontrol -Q -C o -c /tmp/key ${updateHandle}`,
];
export const openUpdateLine = `cd ${FOLDER}; sh ./open`;

/** Of the secret with a password, whose way over the bus is listened to. */
export const BUS_HANDLE = 0x8100de04;
const busHandle = "0x8100de04";
export const PASSWORD = "open-sesame";
/** What the PC was given, from /mnt on. */
export const BUS_OUTPUT = "boot-demo/got.txt";

/** @param isThere something is kept under the handle already. */
export const sealForBusLines = (isThere: boolean): readonly string[] => [
  updateFolderLine,
  "tpm2_createprimary -Q -C o -G ecc -c /tmp/p",
  `printf '${SECRET}' | tpm2_create -Q -C /tmp/p -p ${PASSWORD} -i - -u /tmp/pub -r /tmp/priv -c /tmp/key`,
  ...(isThere ? [`tpm2_evictcontrol -Q -C o -c ${busHandle}`] : []),
  `tpm2_evictcontrol -Q -C o -c /tmp/key ${busHandle}`,
];
export const plainLines: readonly string[] = [
  `cd ${FOLDER}; rm -f got.txt; tpm2_unseal -c ${busHandle} -p ${PASSWORD} -o got.txt`,
];
/** The salt goes to a key of the TPM's, so that who listens does not get the session's key. */
export const saltedLines: readonly string[] = [
  `cd ${FOLDER}; rm -f got.txt; tpm2_createprimary -Q -C o -G ecc -c /tmp/p`,
  "tpm2_startauthsession -Q --hmac-session --tpmkey-context /tmp/p -S /tmp/s; tpm2_sessionconfig /tmp/s --enable-encrypt",
  `tpm2_unseal -c ${busHandle} -p session:/tmp/s+${PASSWORD} -o got.txt; tpm2_flushcontext /tmp/s`,
];

/** Of the demo of remote attestation, from /mnt on. */
const attestFile = (name: string) => `boot-demo/${name}`;
export const ATTEST_FILES = {
  ek: attestFile("ek.pub"),
  ekCertificate: attestFile("ek.crt"),
  ak: attestFile("ak.pub"),
  credential: attestFile("credential"),
  answer: attestFile("answer"),
  quote: attestFile("quote.msg"),
  signature: attestFile("quote.sig"),
  pcrs: attestFile("pcrs.bin"),
  log: attestFile("eventlog.bin"),
  ima: attestFile("ima.log"),
} as const;
/** The EK on P-256 with its certificate, and an AK below it. A TPM without certificates has no such NV index. */
export const enrolLines: readonly string[] = [
  updateFolderLine,
  "tpm2_createek -G ecc -c /tmp/ek -u ek.pub; tpm2_createak -Q -C /tmp/ek -c /tmp/ak -G ecc -g sha256 -s ecdsa -u ak.pub",
  "tpm2_nvread -C o 0x1c0000a -o ek.crt",
];
/**
 * What opens the credential, quotes, and hands over the logs. The lists come last and with a program that has run: IMA has nothing
 * new behind the quote.
 * @param nonce in hex
 */
export const attestLines = (nonce: string): readonly string[] => [
  `cd ${FOLDER}; tpm2_startauthsession -Q --policy-session -S /tmp/s; tpm2_policysecret -Q -S /tmp/s -c e`,
  "tpm2_activatecredential -Q -c /tmp/ak -C /tmp/ek -i credential -o answer -P session:/tmp/s; tpm2_flushcontext /tmp/s",
  `tpm2_quote -Q -c /tmp/ak -l sha256:0,1,2,3,4,5,6,7,8,9,10 -q ${nonce} -m quote.msg -s quote.sig -o pcrs.bin -g sha256`,
  "cd /sys/kernel/security; cat tpm0/binary_bios_measurements >/mnt/boot-demo/eventlog.bin",
  `cat ima/ascii_runtime_measurements >${FOLDER}/ima.log; cd ${FOLDER}`,
];
