/** The user's own disks and kernel. */
export const media = {
  legend: "Your own disks and kernel",
  names: {
    floppy: "Floppy disk",
    cdrom: "CD",
    harddisk: "Hard disk",
    kernel: "Kernel (bzImage)",
    initrd: "Initrd",
  },
  noFile: "none",
  choose: "Choose…",
  chooseFile: (medium: string) => `${medium}: choose a file`,
  takeOut: "Take out",
  takeItOut: (medium: string) => `${medium}: take out`,
  fileOf: (medium: string) => `File of the ${medium}`,
  guestInitrd: "This kernel gets the guest’s initrd",
  hint: "Images of disks, byte by byte. They stay in this browser, and are forgotten when the page goes; so is what the PC writes to them, and that already when it is put together anew.",
  bootFrom: "Boot from",
  kernelHint: "The kernel starts with the arguments above.",
  driveHint: "What lies there has its own arguments: those above are not used.",
  ownKernel: "this page’s Linux",
};
