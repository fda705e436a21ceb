/** What the host gives the guest besides a TPM: the terminal's size, files, and rare tools. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GuestArchive, GuestImageError } from "../guest/images.ts";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { createTpm, type Tpm } from "../node/index.ts";
import { readV86Wasm } from "../node/v86Wasm.ts";
import { KeptFolder } from "../share/folder.ts";
import { MemoryDatabase } from "../share/memoryDatabase.ts";
import { createMachine, type Machine } from "./machine.ts";
import { GuestShell } from "./testkit/guestShell.ts";

const ESC = "\x1b";

let tpm: Tpm;
let files: KeptFolder;
let machine: Machine;
let shell: GuestShell;
/** What the next fetch of the archive ends with. */
let fetching: GuestArchive["load"];

beforeAll(async () => {
  tpm = createTpm({ store: { kind: "memory" } });
  files = await KeptFolder.open(new MemoryDatabase());
  const images = await loadGuestFromDirectory();
  const tools = images.tools!;
  fetching = tools.load;
  images.tools = { ...tools, load: (signal) => fetching(signal) };
  machine = await createMachine({ images, wasm: await readV86Wasm(), tpm, files });
  machine.resizeTerminal(30, 100);
  shell = new GuestShell(machine);
  await machine.powerOn();
  await shell.stage("shell");
});
afterAll(async () => {
  await machine?.destroy();
  await tpm?.close();
});

/** Waits until the terminal in the guest has a size; the shell says it. */
const untilSize = (size: string) => shell.ok(`until [ "$(stty size)" = "${size}" ]; do sleep 0.05; done`);

describe("the terminal's size", () => {
  it("is the guest's when it boots", async () => {
    await untilSize("30 100");
  });

  it("changes in the guest, whose foreground program gets SIGWINCH and whose shell gets no input", async () => {
    const before = machine.serial.text().length;
    const seen = machine.serial.waitFor(/size: 45 150\r/);
    shell.type("sh -c 'trap \"echo size: \\$(stty size)\" WINCH; echo waiting; while :; do sleep 0.05; done'");
    await machine.serial.waitFor(/\nwaiting/, { from: before });
    machine.resizeTerminal(45, 150);
    await seen;
    machine.serial.send("\x03");
    await shell.ok("true");
    expect(machine.serial.text().slice(before)).not.toMatch(/45 150.*45 150/s);
  });

  it("changes while vi runs, which draws itself anew", async () => {
    const opened = machine.serial.waitFor(new RegExp(`${ESC}\\[45;1H.*- /tmp/note`, "s"));
    shell.type("seq 100 > /tmp/note; vi /tmp/note");
    await opened;
    const drawn = machine.serial.waitFor(new RegExp(`${ESC}\\[20;1H`));
    machine.resizeTerminal(20, 60);
    await drawn;
    machine.serial.send(":q!\r");
    expect(await shell.ok("stty size")).toBe("20 60");
  });

  it("comes again after a reset", async () => {
    machine.reset();
    await shell.stage("bios");
    machine.resizeTerminal(33, 99);
    await shell.stage("shell");
    await untilSize("33 99");
  });

  it("can be asked of any other terminal with resize", async () => {
    const asked = machine.serial.waitFor(/COLUMNS=70/);
    machine.emulator.add_listener("serial0-output-byte", answerPosition);
    shell.type("resize");
    await asked;
    machine.emulator.remove_listener("serial0-output-byte", answerPosition);
    expect(await shell.ok("stty size")).toBe("25 70");
  });
});

/** A terminal of 25 by 70 characters, when it is asked for the cursor's position. */
let last = "";
function answerPosition(byte: number): void {
  last = (last + String.fromCharCode(byte)).slice(-4);
  if (last === "\x1b[6n") machine.serial.send("\x1b[25;70R");
}

describe("the line editor", () => {
  it("counts characters: backspace takes a whole one, wherever the text comes from", async () => {
    const printed = machine.serial.waitFor(/\ngrü日\r/);
    machine.serial.send("echo grü日本\x7f\r");
    await printed;
    expect(await shell.ok("printf 'äö' | wc -c")).toBe("4");
  });

  it("is not alone: what a program reads, the kernel edits, and it takes whole characters too", async () => {
    const reading = machine.serial.waitFor(/\nreading\r/);
    shell.type("echo reading; cat > /tmp/line");
    await reading;
    machine.serial.send("grü日本\x7f\r\x04");
    expect(await shell.ok("cat /tmp/line")).toBe("grü日");
  });

  it("shows characters beyond Latin as they are", async () => {
    const shown = machine.serial.waitFor(/Привет 日本 🙂/);
    machine.serial.send("echo Привет 日本 🙂\r");
    await shown;
  });
});

describe("files", () => {
  it("come from the host to /mnt and back", async () => {
    await files.addFile("from page.txt", new TextEncoder().encode("hello guest\n"));
    expect(await shell.ok("cat '/mnt/from page.txt'")).toBe("hello guest");
    await shell.ok("mkdir -p /mnt/a/b && echo hello page > /mnt/a/b/c && sync /mnt/a/b/c");
    expect(Buffer.from(await files.readFile("a/b/c")).toString()).toBe("hello page\n");
  });

  it("behave as files: large ones, links, names, times, and those that are open without a name", async () => {
    await shell.ok("head -c 3000000 /dev/urandom > /tmp/r && cp /tmp/r /mnt/r && cmp /tmp/r /mnt/r");
    expect((await files.readFile("r")).length).toBe(3_000_000);
    await shell.ok("cd /mnt && ln -s r s && ln r t && mv r u && cmp u t && touch -d '2001-02-03 04:05:06' u && cd");
    expect(await shell.ok("stat -c '%h %s %Y' /mnt/u; readlink /mnt/s")).toBe("2 3000000 981173106\nr");
    await shell.ok("(exec 5<>/mnt/u; rm /mnt/u /mnt/t /mnt/s; head -c 3000000 <&5 | cmp - /tmp/r)");
    expect((await files.list()).map(({ path }) => path)).toEqual(["a", "a/b", "a/b/c", "from page.txt"]);
  });

  it("run as programs", async () => {
    expect(await shell.ok("cp /bin/busybox /mnt && /mnt/busybox echo ran; rm /mnt/busybox")).toBe("ran");
  });

  it("say what is wrong: too large, no such name, not empty", async () => {
    expect((await shell.run("dd if=/dev/zero of=/mnt/x bs=1 count=1 seek=300M")).output).toContain("File too large");
    expect((await shell.run("rmdir /mnt/a")).output).toContain("Directory not empty");
    expect((await shell.run("mkfifo /mnt/p")).output).toContain("Operation not permitted");
    expect(await shell.ok("rm /mnt/x; df -h /mnt | tail -n 1")).toMatch(/ 512\.0M /);
  });

  it("are there after a reset", async () => {
    machine.reset();
    await shell.stage("bios");
    await shell.stage("shell");
    expect(await shell.ok("cat /mnt/a/b/c")).toBe("hello page");
  });
});

describe("rare tools", () => {
  it("say why they can't be had, and are as before", async () => {
    const load = fetching;
    fetching = () => Promise.reject(new GuestImageError("tools", "damaged", "the archive is damaged"));
    const { output, status } = await shell.run("openssl version");
    expect(output).toMatch(
      /^openssl: first use of a rare tool: fetching them \(2\.\d MB\) \.\.\.\n.*the archive is damaged$/,
    );
    expect(status).toBe(126);
    fetching = load;
  });

  it("come with the first use of one, which says so, and then are there", async () => {
    const { output, status } = await shell.run("ssh-keygen -q -t ed25519 -N '' -f /tmp/id && head -c 11 /tmp/id.pub");
    expect(output).toMatch(/^ssh-keygen: first use of a rare tool: fetching them \(2\.\d MB\) \.\.\.\nssh-ed25519$/);
    expect(status).toBe(0);
    expect(await shell.ok("openssl version")).toMatch(/^OpenSSL 3\.0\.\d+/);
    for (const program of ["evmctl --version", "tss2_list --version"]) await shell.ok(`${program} >/dev/null`);
  });

  it("include OpenSSL's provider for the TPM, which signs with a key of it", async () => {
    const options = "-provider tpm2 -provider default -propquery '?provider=tpm2,tpm2.digest!=yes'";
    await shell.ok(`openssl genpkey ${options} -algorithm EC -pkeyopt group:P-256 -out /tmp/k 2>&1`);
    await shell.ok(
      `openssl pkey ${options} -in /tmp/k -pubout -out /tmp/p && head -n 1 /tmp/k | grep 'TSS2 PRIVATE KEY'`,
    );
    await shell.ok(`echo data > /tmp/d && openssl dgst -sha256 ${options} -sign /tmp/k -out /tmp/s /tmp/d`);
    expect(await shell.ok("openssl dgst -sha256 -verify /tmp/p -signature /tmp/s /tmp/d")).toBe("Verified OK");
  });
});

describe("BusyBox", () => {
  it("has no applet that cannot work there", async () => {
    const applets = (await shell.ok("busybox --list")).split("\n");
    for (const name of ["insmod", "mke2fs", "udhcpc", "wget", "chvt", "crond"]) expect(applets).not.toContain(name);
    for (const name of ["resize", "vi", "nc", "tar", "xxd", "ping"]) expect(applets).toContain(name);
  });
});
