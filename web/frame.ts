/** The part of a window that tells who frames it. */
export interface FramedWindow {
  readonly parent: FramedWindow;
  /** @throws SecurityError when it is of another origin. */
  readonly location: { readonly origin: string };
}

/**
 * Whether a page of another origin has this one in a frame. It could lay its own things over the page and have the user
 * click the TPM away; the header `frame-ancestors 'self'` forbids it, where the host sends headers.
 */
export function isFramedByStranger(self: FramedWindow): boolean {
  for (let frame = self; frame.parent !== frame; frame = frame.parent) {
    try {
      if (frame.parent.location.origin !== self.location.origin) return true;
    } catch {
      return true;
    }
  }
  return false;
}
