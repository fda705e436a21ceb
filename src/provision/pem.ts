/** RFC 7468. @param label "CERTIFICATE" */
export function toPem(label: string, octets: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...octets));
  return [`-----BEGIN ${label}-----`, ...(base64.match(/.{1,64}/g) ?? []), `-----END ${label}-----`, ""].join("\n");
}
