/**
 * The security headers of the page: one source for the preview server's headers and for the `<meta>` element in
 * `index.html`, so that the policy also holds where a static host sends no headers of its own.
 */

/** Content-Security-Policy directives. Everything that is not named falls to `default-src 'none'`. */
const directives: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  // v86 and the TPM are WebAssembly: compiling it is allowed, eval is not.
  "script-src": "'self' 'wasm-unsafe-eval'",
  // v86 yields to the event loop through a worker that it makes from a blob.
  "worker-src": "'self' blob:",
  // No 'unsafe-inline': web/terminal/strictStyles.ts keeps xterm.js within this.
  "style-src": "'self'",
  "connect-src": "'self'",
  "img-src": "'self' data:",
  "font-src": "'none'",
  "base-uri": "'none'",
  "form-action": "'none'",
};

const policyOf = (of: Readonly<Record<string, string>>) =>
  Object.entries(of)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");

/** What a `<meta http-equiv>` may carry; browsers ignore `frame-ancestors` there, loudly. */
export const metaPolicy = policyOf(directives);

/**
 * Of the page that is opened for a bridge, and of no other: a WebSocket of this very machine besides, on any port. A policy can't name
 * [::1]; there is no bridge to be had there.
 */
export const bridgePolicy = policyOf({
  ...directives,
  "connect-src": "'self' ws://127.0.0.1:* ws://localhost:*",
});

/** Its document. */
export const BRIDGE_PAGE = "bridge.html";

export const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `${metaPolicy}; frame-ancestors 'self'`,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy":
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** What is sent with {@link BRIDGE_PAGE}. */
export const bridgeHeaders: Readonly<Record<string, string>> = {
  ...securityHeaders,
  "Content-Security-Policy": `${bridgePolicy}; frame-ancestors 'self'`,
};
