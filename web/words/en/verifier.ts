/** The verifier of remote attestation. */
export const verifier = {
  title: "Verifier",
  documentTitle: "tabtpm: verifier",
  intro:
    "This page starts no PC and has no TPM. Another tab of this browser, or another machine, shows what it has booted; here it is decided whether to believe it, and why.",
  honest:
    "A TPM in a tab proves nothing to somebody who does not trust its host: whoever runs the tab can read and change it. What is checked here is what is checked of a real TPM; what that is worth depends on who vouches for the EK.",
  busy: "It is being checked…",

  known: {
    title: "What is known from before",
    ek: "EK",
    ekNone: "none: the first one that is called good is pinned",
    ekSince: (when: string) => `shown first on ${when}`,
    policy: "Policy",
    policyNone: "none: nobody has said yet what is good",
    policyThere: "there is one",
    roots: "Roots",
    rootsNone: "none: the EK's certificate is not looked at",
    rootsCount: (count: number) => (count === 1 ? "one certificate" : `${count} certificates`),
    trustBrowser: "Trust this browser's own authority",
    trustBrowserTitle: "It signs the EK certificates of the TPMs that are made in this browser",
    savePolicy: "Save the policy",
    forget: "Forget all of it",
  },

  take: {
    title: "What an attester shows",
    channel: "Other tabs of this browser are heard by themselves: open the demo “Remote attestation” in one.",
    other:
      "From another machine: paste its message, or give files. Files of tpm2-tools or of “tabtpm attest” are known by their names (quote.msg, quote.sig, pcrs.bin, ak.pub, ek.pub, ek.crt, eventlog.bin, ima.log), roots end in .pem, policies and messages in .json.",
    paste: "A message",
    button: "Take the message",
    files: "Files",
    folder: "A folder",
    drop: "Files can be dropped onto this page, too.",
    answer: "What the TPM made of the credential, in hex, where files are given",
  },

  challenge: {
    title: "Given out, for one answer",
    none: "Nothing is open. An attester that shows its keys (ek.pub and ak.pub) gets a nonce and a credential.",
    nonce: "Nonce",
    giveNonce: "Give a nonce",
    giveNonceTitle: "For a machine whose AK the policy has: tpm2_quote -q, tabtpm attest --nonce",
    message: "The message for the attester",
    copy: "Copy the message",
    save: "Save the message",
    saveCredential: "Save the credential",
    saveCredentialTitle: "For tpm2_activatecredential -i, tabtpm attest --credential",
  },

  result: {
    title: "Finding",
    none: "Nothing was shown yet.",
    verdicts: { good: "trusted", bad: "refused", unknown: "not trusted: something is not known" },
    explanations: {
      good: "Everything that is asked for was shown and is as it was when it was called good.",
      bad: "Something is not as it should be:",
      unknown: "Nothing is wrong, and not everything is known. Unknown is never good:",
    },
    learn: "This boot is good: learn it",
    learnText:
      "Only you can know that. Its EK is pinned, and what it measured is what will be asked for: the boot loader's events, IMA's files, all other PCRs.",
    learned: "It was learned. Let it attest again: from now on it is compared.",
    tree: "All findings",
    expected: "expected",
    seen: "seen",
  },
  marks: { good: "good", bad: "bad", unknown: "unknown" },
  checks: {
    attestation: "The whole",
    "verifier.challenge": "An answer to what was asked here",
    "verifier.ek": "The EK that was shown before",
    "verifier.keys": "The keys",
    quote: "The quote: signature, nonce, PCRs",
    ekCertificate: "The EK's certificate",
    credential: "The credential: AK and EK are in one TPM",
    "ak.trust": "Who says that the AK is a TPM's",
    bank: "The PCR bank",
    eventLog: "The firmware's event log gives these PCRs",
    ima: "IMA's list gives PCR 10",
    policy: "What was measured is what was called good",
    evidence: "The files",
  } as Record<string, string>,

  challengeFinding: {
    expected: "an answer to a challenge that was given out here and is open",
    seen: {
      open: "it is",
      again: "one that was answered before: each is good for one answer",
      never: "none that was given out here",
      none: "files, while no challenge is open",
    },
  },
  ekFinding: {
    first: "No EK was shown here before. Nobody but you can say that it is the right one; once you do, it is pinned.",
    other: "This is another TPM, or another owner's seed. It got no challenge.",
    none: "No credential was opened: the EK that goes with this quote is not known.",
  },
  keysExpected: "an EK and an AK for which a credential can be made",

  problems: {
    notKept: "The browser keeps nothing here: what is learned holds until this page is closed.",
    notForVerifier: "That is a message of a verifier's. Here an attester's is taken.",
    bareKey: "A bare key does not do: the public areas are needed, ek.pub and ak.pub.",
    filesMissing:
      "These files make no whole: needed are quote.msg, quote.sig, pcrs.bin and ak.pub, or ek.pub and ak.pub.",
    manyFiles: (limit: number) => `These are more than ${limit} files.`,
    largeFile: (name: string, limit: number) => `“${name}” has more than ${limit} MiB.`,
    unknownFile: (name: string) =>
      `What “${name}” is, its name does not say. Give it the name that tabtpm attest gives.`,
    notCopied: "The browser does not let the page write to the clipboard: select the text and copy it.",
    noAuthority: (reason: string) => `This browser's authority can't be opened. ${reason}`,
    message: {
      "too-long": () => "The message is too long.",
      "no-json": () => "That is no message: it is no JSON object.",
      "other-version": () => "That is no message of this version of the protocol.",
      "no-such-kind": () => "That is no kind of message that is known here.",
      field: (name: string) => `The message's field “${name}” is missing, too long, not known, or not in its form.`,
    } as Record<"too-long" | "no-json" | "other-version" | "no-such-kind" | "field", (field: string) => string>,
  },
};
