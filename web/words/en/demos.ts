import type { ChangeName, DemoId, FailureKind, LinkName } from "../demoNames.ts";

/** Demos of measured boot. */
export const demos = {
  list: {
    "honest-boot": {
      title: "Honest boot",
      summary: "Who measures whom, and a secret that the same boot opens.",
    },
    "evil-maid": {
      title: "The evil maid",
      summary: "Change one thing before the boot: the secret stays shut.",
    },
    "allowed-update": {
      title: "An update that is allowed",
      summary: "A new kernel opens the old secret, because its maker has approved it.",
    },
    bus: {
      title: "The bus is not a secret",
      summary: "A secret read on its way to the PC, and how a session hides it.",
    },
    "clone-rollback": {
      title: "Clone and rollback",
      summary: "A copied TPM, and one that is set back: what a counter notices of it, and what not.",
    },
    "remote-attestation": {
      title: "Remote attestation",
      summary: "Another tab, or another machine, trusts this boot and refuses a changed one.",
    },
  } as Record<DemoId, { title: string; summary: string }>,
  ask: (name: string) =>
    `The demo boots this PC several times and types into its shell. It does so on a new TPM, “${name}”: the PC is shut down in order, and the page is loaded anew with it. In /mnt it has a folder of its own, boot-demo. Your own TPM is not touched, and is there again after “Leave”.`,
  begin: "Make it and begin",
  making: "The TPM is being made; then the page is loaded anew.",
  leave: "Leave",
  leaveTitle: "Back to your own TPM; the page is loaded anew",
  honest:
    "Nothing here is acted: firmware, kernel and TPM are real. A tick means that the page has looked: at the TPM's answers, its PCRs, the firmware's log and IMA's list.",
  trace: (format: string) => `Save as a trace (${format})`,
  traceTitle: "All commands since this demo was opened; what is secret in them is blanked",
  step: (number: number) => `Step ${number}`,
  states: { done: "done", open: "to do", waiting: "not yet" },
  booting: "The PC boots…",
  typing: "Commands are typed into the console…",
  working: "The clone is asked, beside the PC…",
  failures: {
    "not-measured": "Not every link was measured, or a PCR has a value that does not follow from what was heard.",
    "not-sealed": "The TPM keeps no such secret. Look at the console and at the list of commands.",
    "not-opened":
      "The TPM did not give the secret. If other programs were started in this boot, or in the one that it was sealed to, PCR 10 is another one: begin again.",
    "not-refused": "This did not come out as it should: the TPM refused nothing, or something else differs first.",
    "not-counted":
      "The counter, or what is told of it, has not the value that it should have. Begin again at the first step.",
    "not-the-same": "The copy did not come out as it should. Do the step again.",
    "not-attested":
      "The guest's tools did not write what is to be sent. Look at the console and at the list of commands.",
    interrupted: "The PC was reset or switched off meanwhile, or has no power. Do the step again.",
  } as Record<FailureKind, string>,
  problem: (reason: string) => `That did not work. ${reason}`,

  chain: {
    title: "The chain of this boot",
    names: {
      firmware: "SeaBIOS",
      roms: "Option ROMs",
      kernel: "Kernel",
      cmdline: "Kernel arguments",
      initrd: "Initrd",
      ima: "Programs",
    } as Record<LinkName, string>,
    by: {
      firmware: "measures the machine's tables; nobody measures SeaBIOS itself",
      roms: "measured by SeaBIOS before they run",
      kernel: "measured by the option ROM that starts it",
      cmdline: "measured by the same ROM",
      initrd: "measured by the same ROM",
      ima: "measured by Linux (IMA) before each one starts",
    } as Record<LinkName, string>,
    times: (count: number) => (count === 1 ? "extended once" : `extended ${count} times`),
    waiting: "not measured yet",
    pcr: (pcr: number) => `PCR ${pcr}`,
    proven: (pcrs: string) => `✓ What was heard gives the values that the TPM has in PCR ${pcrs}.`,
  },

  honestBoot: {
    intro: [
      "Each part of a boot measures the next one before it hands over: it has the TPM extend a PCR with a hash of it. The TPM judges nothing. It only keeps the account, and no software can take a line back.",
      "A secret can be sealed to such an account: the TPM gives it out only while the PCRs have the values that they had.",
    ],
    steps: {
      boot: {
        title: "Boot, and watch the chain",
        text: "The PC boots. Each link lights up when the TPM has extended its PCR.",
        button: "Boot the PC",
        done: "All six links were measured.",
      },
      seal: {
        title: "Seal a secret to it",
        text: "The lines are typed into the console: a script that opens the secret, a policy of PCR 0, 2, 8, 9 and 10, the secret sealed under it, kept in the TPM.",
        button: "Seal a secret",
        done: (handle: string, policy: string) =>
          `The TPM keeps it as ${handle}. Its policy is ${policy}…, and there is no password.`,
      },
      again: {
        title: "Boot again, and open it",
        text: "Nothing is changed. The same chain gives the same PCRs.",
        button: "Boot again",
        done: (secret: string) => `TPM2_Unseal gave “${secret}”.`,
      },
    },
  },

  evilMaid: {
    intro: [
      "A notebook lies in a hotel room. Somebody comes in and changes what it boots, so that it hands out its secrets later. A measured boot does not prevent that. But the change is in the account, and a secret that is sealed to the good boot stays shut.",
    ],
    steps: {
      seal: {
        title: "A good boot with a secret",
        text: "The PC boots as it is, and a secret is sealed to PCR 0, 2, 8, 9 and 10 of this boot.",
        button: "Boot and seal",
        done: (policy: string) => `Sealed, and opened once. Its policy is ${policy}…`,
      },
      attack: {
        title: "The maid changes one thing",
        text: "What shall it be?",
        button: "Change it and boot",
        again: "Change that and boot",
        done: "The TPM refused.",
      },
      undo: {
        title: "Put it back",
        text: "The change is taken back, and the PC boots. Nothing is sealed anew.",
        button: "Undo and boot",
        done: (secret: string) => `It opens again: “${secret}”.`,
      },
    },
    changes: {
      argument: [
        "A kernel argument",
        "init=/bin/sh, which asks for a shell without a password. The guest's initrd ignores it; it is measured all the same.",
      ],
      initrd: ["The initrd", "One more file in it, which greets with “The evil maid was here”."],
      kernel: ["The kernel", "The same one with another number of its build: one octet of 2.8 million."],
      rom: ["A card with an option ROM", "SeaBIOS runs it before anything else; it says a line on the console."],
      script: [
        "A script on the disk",
        "One more line in the script that opens the secret. No part of the boot: IMA measures it when it is started.",
      ],
    } as Record<ChangeName, [name: string, text: string]>,
    compare: {
      title: (pcr: number) => `First difference: PCR ${pcr}`,
      good: "Good boot",
      now: "Changed boot",
      nothing: "nothing in this place",
      also: (pcrs: string) => `PCR ${pcrs} differs, too: its first entry is a digest of PCR 0 to 9.`,
      digest: (hex: string) => `SHA-256 ${hex}…`,
    },
    shut: "The secret stays shut",
    opened: "The secret was given out",
    said: (command: string) => `${command} was refused.`,
  },

  allowedUpdate: {
    intro: [
      "A secret that is sealed to one kernel is lost with the next update. With TPM2_PolicyAuthorize it is sealed to a key instead: whatever the owner of that key has signed opens it. Here that is the maker of the kernel, whose key is in this page and never in the PC.",
    ],
    steps: {
      seal: {
        title: "Seal to the maker's key",
        text: "The page makes a key pair. The PC gets the public key, and a signature of the present PCR 8 and 9. The secret's policy names the key only.",
        button: "Boot and seal",
        done: (policy: string) => `Sealed to the key, and opened with this kernel. Its policy is ${policy}…`,
      },
      update: {
        title: "Boot another kernel",
        text: "Build 2 of the kernel is another file: PCR 9 is another one, and nobody has approved it.",
        button: "Boot build 2",
        done: "The TPM refused it.",
      },
      approve: {
        title: "The maker approves it",
        text: "The page signs the policy of these PCR 8 and 9, and puts the signature into /mnt/boot-demo. The PC does not boot, and nothing is sealed anew.",
        button: "Approve and open",
        done: (secret: string) => `The same object, by its name, gives “${secret}”.`,
      },
      other: {
        title: "A kernel that nobody approved",
        text: "Build 3 has both signatures at hand, and neither is for it.",
        button: "Boot build 3",
        done: "The TPM refused it.",
      },
    },
    rollback:
      "The signature for the first kernel goes on being good, so that an old kernel with a hole opens the secret, too. Makers tie their approval to an NV counter (TPM2_PolicyNV) to end that.",
  },

  remote: {
    intro: [
      "Somebody far away wants to know what this PC has booted. Its TPM signs the PCRs (a quote), with a nonce of theirs, so that no old quote does. A credential shows that the signing key is in the TPM which has the known EK. Logs say how the PCRs came to their values.",
      "The verifier is another tab of this browser, or another machine with this page or “tabtpm verify”. It has no PC and no TPM, and believes nothing that this PC says of itself.",
      "A TPM in a tab proves nothing to somebody who does not trust its host: whoever runs the tab can read and change it. What is checked is what is checked of a real TPM.",
    ],
    openVerifier: "Open a verifier in another tab",
    steps: {
      boot: {
        title: "A good boot, and a verifier",
        text: "The PC boots as it is. The verifier's tab may be opened before or after.",
        button: "Boot the PC",
        done: "Booted, and all links were measured.",
      },
      show: {
        title: "Attest",
        text: "The lines are typed into the console: EK and AK, the credential of the verifier's, a quote of PCR 0 to 10, the two logs. At first the verifier knows nothing to compare with: call this boot good there, and attest again.",
        button: "Attest this boot",
        done: "The verifier trusts this boot.",
      },
      change: {
        title: "Change a kernel argument, and attest",
        text: "The PC boots with init=/bin/sh, and attests as honestly as before.",
        button: "Change it, boot and attest",
        done: "The verifier refuses it.",
      },
    },
    said: {
      good: "The verifier says: trusted",
      bad: "The verifier says: refused",
      unknown: "The verifier says: not trusted, because something is not known",
    },
    expected: (text: string) => `expected: ${text}`,
    seen: (text: string) => `seen: ${text}`,
    waiting: "Shown. The verifier's challenge is awaited: from its tab, or by hand.",
    byHand: "With a verifier on another machine: the messages by hand",
    outgoing: { enrolment: "1. For the verifier: the keys", evidence: "3. For the verifier: the evidence" },
    incoming: "2. From the verifier: its challenge (or its verdict)",
    take: "Take the message",
  },

  bus: {
    intro: [
      "A discrete TPM hangs on a bus with a few wires. Who puts a probe there reads every command and every answer, octet by octet: what the TPM unseals for the PC, too. Here the page listens: these are the octets that went through the registers of the TPM.",
    ],
    steps: {
      prepare: {
        title: "A secret with a password",
        text: "It is sealed in the TPM of the running PC. Nothing boots.",
        button: "Seal it",
        done: "The TPM keeps it, and asks for the password.",
      },
      plain: {
        title: "Unseal it, and listen",
        text: "tpm2_unseal with the password, as one does it without thinking of it.",
        button: "Unseal in the clear",
        done: "The secret can be read. The password can't: tpm2-tools put it into an HMAC, at which who listens can try passwords, because nothing is salted.",
      },
      salted: {
        title: "Unseal it in a salted session",
        text: "The PC encrypts a random salt to a key of the TPM's. Both make the session's key of it; the password goes into an HMAC, and the answer is encrypted.",
        button: "Unseal in a session",
        done: "The PC has the secret, and no message shows it or the password.",
      },
    },
    command: "TPM2_Unseal",
    response: "The answer",
    octets: (count: number) => `${count} octets`,
    readable: "can be read here",
    sealing:
      "When it was sealed, secret and password went over the bus in the clear as well: TPM2_Create needs such a session, too. And a PC that is not sure of the TPM's key salts a session for whoever sits in between.",
  },

  rollback: {
    intro: [
      "A TPM chip keeps its state where nobody can copy it. The state of a virtual TPM is a file, as here: who has the file has the TPM. Two things follow, and this demo does both: one TPM becomes two, and what has happened is undone.",
      "A counter in the TPM (an NV index that only goes up) is the usual means against old data. It stands in the same state.",
    ],
    steps: {
      prepare: {
        title: "A counter, and a secret tied to it",
        text: "The guest defines a counter, and seals a secret with TPM2_PolicyNV: it opens only while the counter has its present value. So a secret is revoked: by counting up.",
        button: "Count and seal",
        done: (counter: string) => `The counter stands at ${counter}, and the secret opens.`,
      },
      copy: {
        title: "Copy the state, and start a clone",
        text: "The page takes the TPM's file, and starts a second TPM of it beside the PC. It is asked for the guest's keys, by the very templates that the guest gave.",
        button: "Copy and clone",
        done: (size: string) => `${size} octets are copied. The clone has the same keys, and opened the secret, too.`,
      },
      count: {
        title: "Count up: the secret is revoked",
        text: "The guest counts, and remembers the value on its disk. The page plays a verifier outside, and remembers what the TPM tells. A real one would want it signed (TPM2_NV_Certify, TPM2_Quote), with a nonce of its own.",
        button: "Count up",
        done: "The secret stays shut: the counter is another one.",
      },
      back: {
        title: "Put the copy back",
        text: "The PC is switched off, the copied state is put in the place of the present one, and the guest's record on its disk, too: who copies a machine copies both. Then it boots.",
        button: "Roll back and boot",
        done: (counter: string) => `The counter stands at ${counter} again, and the revoked secret opens.`,
        inside:
          "The guest compared the counter with what it remembers: nothing strange. No program in it, and no policy in the TPM, can find out: all they know was set back with it.",
        outside: "The verifier outside has not forgotten. A counter that falls is proof: no TPM counts down.",
      },
      catchUp: {
        title: "Count up again",
        text: "Counting is no privilege, and the owner may set Clock forward. The guest does both until the numbers are those that the verifier remembers.",
        button: "Catch up",
        done: "Nothing that the verifier compares has fallen. Only who asked in between knows.",
      },
    },
    names: { primary: "Primary key of the owner's", ek: "Endorsement key (EK)", counter: "Counter, then" },
    table: { what: "Name", here: "TPM of the PC", clone: "Clone" },
    apart: "The clone was counted up once more: counters of one say nothing of the other.",
    report: {
      title: "What the verifier outside compares",
      remembered: "remembered",
      now: "told now",
      counter: "Counter",
      clock: "Clock",
      resetCount: "resetCount",
      fell: "fell",
      ok: "not fallen",
      unsafe: "safe: no",
      milliseconds: (number: string) => `${number} ms`,
    },
    clockUnsafe:
      "Clock may have gone back, but the TPM says itself that it does not vouch for it (safe: no), as after every loss of power: a copy of a running TPM looks like one. resetCount goes on: one boot more, as after any.",
    clockSafe:
      "resetCount goes on: one boot more, as after any. Clock counts the time with power, and may be behind what was told.",
    helps:
      "What helps: a chip, whose state can't be put back from outside. With a virtual TPM, who runs the host is trusted, or has its state tied to something that he can't set back. A verifier may leave a random value in the TPM each time, and ask for it the next: it can't be counted up to. It finds a rollback past its last visit, and no later one. Clones it finds only when both come by.",
    more: "Snapshots and copies, in the documentation",
  },
};
