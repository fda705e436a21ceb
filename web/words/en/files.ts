/** The folder that is the guest's /mnt. */
export const files = {
  title: "Files at /mnt",
  dropHint: "drop files onto the page",
  count: (count: number) => (count === 1 ? "1 in it" : `${count} in it`),
  kept: "What lies in the PC's /mnt is kept in this browser, and survives a reload.",
  forgotten: (reason: string) => `What lies in the PC's /mnt is forgotten when the page goes. ${reason}.`,
  download: "Download",
  downloadOf: (path: string) => `Download ${path}`,
  link: "link",
  bytes: (count: number) => (count === 1 ? "1 byte" : `${count} bytes`),
  decimals: (value: string) => value,
  add: "Add files…",
  choose: "Files for the PC's /mnt",
  adding: (name: string, index: number, count: number) =>
    count === 1 ? `Adding ${name}` : `Adding ${name} (${index} of ${count})`,
  progress: "Adding files",
  stop: "Stop",
  renamed: (name: string, got: string) => `${name} was there already: the new one is ${got}.`,
  noRoom: (size: number, free: number) => `it has ${size} bytes, and there is room for ${free} in the folder`,
  unreadable: "it can't be read",
  stopped: "Stopped; what was added before stays.",
  problem: (name: string, reason: string) => `${name}: ${reason}.`,
};
