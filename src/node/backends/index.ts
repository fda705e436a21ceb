/** TPMs that other programs or the kernel have, and how they are reached from Node. */
export { type BackendAddress, type BackendKind, parseBackend } from "./address.ts";
export { type DeviceFile, DeviceLink, type DeviceLinkOptions } from "./deviceLink.ts";
export { openForeignTpm } from "./open.ts";
