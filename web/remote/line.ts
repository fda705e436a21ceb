/** Between the tabs of this page's origin. Whoever runs code of this origin can speak on it: it carries claims and no trust. */

export interface Line {
  send(text: string): void;
  /** @param listener told of what other tabs say, whatever it is. */
  onText(listener: (text: string) => void): void;
  close(): void;
}

const NAME = "tabtpm-attestation";

export function openLine(): Line {
  const channel = new BroadcastChannel(NAME);
  return {
    send: (text) => channel.postMessage(text),
    onText(listener) {
      channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        if (typeof data === "string") listener(data);
      });
    },
    close: () => channel.close(),
  };
}
