/** Offers bytes to the user as a file. */
export function saveFile(name: string, bytes: Uint8Array): void {
  saveBlob(name, new Blob([bytes.slice()], { type: "application/octet-stream" }));
}

export function saveBlob(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken what it needs when the click has been handled; a minute is for slow ones.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
