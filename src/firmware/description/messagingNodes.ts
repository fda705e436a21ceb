/** Messaging nodes of device paths (UEFI 2.10, 10.3.4), by sub-type. 33, a REST service, has no text form of its own. */

import { toHex } from "../../engine/bytes.ts";
import { type Fields, hexNumber, listed } from "./fields.ts";
import { type NodeText, named, node, octetNumber, vendorNode } from "./nodeText.ts";
import { narrowField, wideField } from "./text.ts";

export const MESSAGING_NODES: ReadonlyMap<number, NodeText> = new Map<number, NodeText>([
  [1, (fields) => node("Ata", named(fields.u8(), CHANNELS), named(fields.u8(), DRIVES), fields.u16())],
  [2, (fields) => node("Scsi", fields.u16(), fields.u16())],
  [3, (fields) => reserved(fields) + node("Fibre", fields.u64(), fields.u64())],
  [4, (fields) => reserved(fields) + node("I1394", fields.u64().toString(16).padStart(16, "0"))],
  [5, (fields) => node("USB", fields.u8(), fields.u8())],
  [6, (fields) => node("I2O", fields.u32())],
  [9, (fields) => node("Infiniband", fields.u32(), fields.guid(), fields.u64(), fields.u64(), fields.u64())],
  [10, (fields) => vendor(fields)],
  [11, (fields) => mac(fields)],
  [12, (fields) => ipv4(fields)],
  [13, (fields) => ipv6(fields)],
  [14, (fields) => uart(fields)],
  [15, (fields) => usbClass(fields)],
  [16, (fields) => usbWwid(fields)],
  [17, (fields) => node("Unit", fields.u8())],
  [18, (fields) => node("Sata", fields.u16(), fields.u16(), fields.u16())],
  [19, (fields) => iscsi(fields)],
  [20, (fields) => node("Vlan", `${fields.u16()}`)],
  [21, (fields) => reserved(fields) + node("FibreEx", octetNumber(fields.take(8)), octetNumber(fields.take(8)))],
  [22, (fields) => sasEx(fields)],
  [23, (fields) => nvme(fields)],
  [24, (fields) => uri(fields)],
  [25, (fields) => node("UFS", fields.u8(), fields.u8())],
  [26, (fields) => node("SD", fields.u8())],
  [27, (fields) => node("Bluetooth", toHex(fields.take(6)))],
  [28, (fields) => wifi(fields)],
  [29, (fields) => node("eMMC", fields.u8())],
  [30, (fields) => node("BluetoothLE", toHex(fields.take(6)), `0x${toHex(fields.take(1))}`)],
  [31, (fields) => dns(fields)],
  [32, (fields) => node("NVDIMM", fields.guid())],
  [34, (fields) => nvmeOverFabric(fields)],
]);

const CHANNELS = ["Primary", "Secondary"];
const DRIVES = ["Master", "Slave"];

/** Four octets that say nothing. */
function reserved(fields: Fields): string {
  fields.u32();
  return "";
}

const UART_FLOW_CONTROL = "37499a9d-542f-4c89-a026-35da142094e4";
const SAS = "d487ddb4-008b-11d9-afdc-001083ffca4d";
/** Vendors' nodes that the specification itself defines and that have no data. */
const VENDOR_NAMES = new Map([
  ["e0c14753-f9be-11d2-9a0c-0090273fc14d", "VenPcAnsi"],
  ["dfa66065-b419-11d3-9a2d-0090273fc14d", "VenVt100"],
  ["7baec70b-57e0-4c76-8e87-2f9e28088343", "VenVt100Plus"],
  ["ad15a0d6-8bec-4acf-a073-d01de77e2d88", "VenUtf8"],
  ["eba4e8d2-3858-41ec-a281-2647ba9660d0", "DebugPort"],
]);

function vendor(fields: Fields): string {
  const id = fields.guid();
  const name = VENDOR_NAMES.get(id);
  if (name !== undefined && fields.left === 0) return node(name);
  if (id === UART_FLOW_CONTROL) return node("UartFlowCtrl", named(fields.u32() & 3, ["None", "Hardware", "XonXoff"]));
  if (id === SAS) return sas(fields);
  return vendorNode("VenMsg", id, fields.rest());
}

function sas(fields: Fields): string {
  const reservedField = fields.u32();
  const [address, lun] = [fields.u64(), fields.u64()];
  const topology = sasTopology(fields.u16());
  return node("SAS", address, lun, fields.u16(), ...topology, reservedField);
}

function sasEx(fields: Fields): string {
  const [address, lun] = [octetNumber(fields.take(8)), octetNumber(fields.take(8))];
  const topology = sasTopology(fields.u16());
  return node("SasEx", address, lun, fields.u16(), ...topology);
}

/** Device and topology: SAS or SATA, location, connection, and the bay of the drive, counted from 1. */
function sasTopology(info: number): string[] {
  const more = info & 0x0f;
  if (more > 2 || info & 0x80) return [hexNumber(info), "0", "0", "0"];
  if (more === 0) return ["NoTopology", "0", "0", "0"];
  return [
    info & 0x10 ? "SATA" : "SAS",
    info & 0x20 ? "External" : "Internal",
    info & 0x40 ? "Expanded" : "Direct",
    more === 1 ? "0" : hexNumber((info >>> 8) + 1),
  ];
}

function mac(fields: Fields): string {
  const address = fields.take(32);
  const interfaceType = fields.u8();
  // Of Ethernet (RFC 3232) and of what does not say, six octets count.
  return node("MAC", toHex(interfaceType <= 1 ? address.subarray(0, 6) : address), interfaceType);
}

function protocol(value: number): string {
  return (
    new Map([
      [6, "TCP"],
      [17, "UDP"],
    ]).get(value) ?? hexNumber(value)
  );
}

function ipv4Address(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** All eight groups with all their digits. */
function ipv6Address(bytes: Uint8Array): string {
  return toHex(bytes).match(/.{4}/g)?.join(":") ?? "";
}

/** Nodes of older firmware end before gateway and mask. */
function ipv4(fields: Fields): string {
  const [local, remote] = [fields.take(4), fields.take(4)].map(ipv4Address);
  fields.u32();
  const [over, origin] = [protocol(fields.u16()), fields.u8() === 0 ? "DHCP" : "Static"];
  const others = fields.left < 8 ? [] : [fields.take(4), fields.take(4)].map(ipv4Address);
  return node("IPv4", remote!, over, origin, local!, ...others);
}

function ipv6(fields: Fields): string {
  const [local, remote] = [fields.take(16), fields.take(16)].map(ipv6Address);
  fields.u32();
  const over = protocol(fields.u16());
  const origin = ["Static", "StatelessAutoConfigure"][fields.u8()] ?? "StatefulAutoConfigure";
  const others = fields.left < 17 ? [] : [hexNumber(fields.u8()), ipv6Address(fields.take(16))];
  return node("IPv6", remote!, over, origin, local!, ...others);
}

function dns(fields: Fields): string {
  const isIpv6 = fields.u8() !== 0;
  const servers: string[] = [];
  while (fields.left >= 16) {
    const address = fields.take(16);
    servers.push(isIpv6 ? ipv6Address(address) : ipv4Address(address.subarray(0, 4)));
  }
  return node("Dns", listed(servers, 8, ","));
}

function uart(fields: Fields): string {
  fields.u32();
  const [baudRate, dataBits] = [fields.u64(), fields.u8()];
  const parity = "DNEOMS"[fields.u8()] ?? "x";
  const stopBits = ["D", "1", "1.5", "2"][fields.u8()] ?? "x";
  return node(
    "Uart",
    baudRate === 0n ? "DEFAULT" : `${baudRate}`,
    dataBits === 0 ? "DEFAULT" : `${dataBits}`,
    parity,
    stopBits,
  );
}

/** USB device classes that have a node of their own name. */
const USB_CLASSES = new Map([
  [0x01, "UsbAudio"],
  [0x02, "UsbCDCControl"],
  [0x03, "UsbHID"],
  [0x06, "UsbImage"],
  [0x07, "UsbPrinter"],
  [0x08, "UsbMassStorage"],
  [0x09, "UsbHub"],
  [0x0a, "UsbCDCData"],
  [0x0b, "UsbSmartCard"],
  [0x0e, "UsbVideo"],
  [0xdc, "UsbDiagnostic"],
  [0xe0, "UsbWireless"],
]);
/** Subclasses of class 0xFE, from 1 on. */
const USB_APPLICATIONS = [undefined, "UsbDeviceFirmwareUpdate", "UsbIrdaBridge", "UsbTestAndMeasurement"];

function usbClass(fields: Fields): string {
  const [vendorId, productId] = [fields.u16(), fields.u16()];
  const [deviceClass, subclass, protocolId] = [fields.u8(), fields.u8(), fields.u8()];
  const name = USB_CLASSES.get(deviceClass);
  if (name !== undefined) return node(name, vendorId, productId, subclass, protocolId);
  const application = deviceClass === 0xfe ? USB_APPLICATIONS[subclass] : undefined;
  return application === undefined
    ? node("UsbClass", vendorId, productId, deviceClass, subclass, protocolId)
    : node(application, vendorId, productId, protocolId);
}

function usbWwid(fields: Fields): string {
  const [interfaceNumber, vendorId, productId] = [fields.u16(), fields.u16(), fields.u16()];
  const serial = fields.rest();
  return node(
    "UsbWwid",
    vendorId,
    productId,
    interfaceNumber,
    `"${wideField(serial) ?? toHex(serial.subarray(0, 32))}"`,
  );
}

function iscsi(fields: Fields): string {
  const [network, options] = [fields.u16(), fields.u16()];
  const [lun, portalGroup] = [octetNumber(fields.take(8)), fields.u16()];
  const target = narrowField(fields.rest()) ?? "";
  const digest = (bit: number) => (options & bit ? "CRC32C" : "None");
  const chap = options & 0x1000 ? "CHAP_UNI" : "CHAP_BI";
  const authentication = options & 0x0800 ? "None" : chap;
  const over = network === 0 ? "TCP" : "reserved";
  return node("iSCSI", target, portalGroup, lun, digest(0x02), digest(0x08), authentication, over);
}

/** The EUI-64 counts as a number: its first octet comes last. */
function nvme(fields: Fields): string {
  const namespace = fields.u32();
  const eui = Array.from(fields.take(8), (octet) => octet.toString(16).padStart(2, "0"));
  return node("NVMe", namespace, eui.reverse().join("-"));
}

/** The namespace by its EUI-64, NGUID or UUID, whose octets lie as they are written. */
function nvmeOverFabric(fields: Fields): string {
  const [kind, id] = [fields.u8(), fields.take(16)];
  const subsystem = narrowField(fields.rest()) ?? "";
  const digits = toHex(kind === 1 ? id.subarray(0, 8) : id);
  const uuid = digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return node("NVMEoF", subsystem, kind === 3 ? `urn:uuid:${uuid}` : digits);
}

/** Without an address, the node asks the network for one. */
function uri(fields: Fields): string | null {
  const address = fields.rest();
  if (address.length === 0) return node("Uri", "");
  const printable = narrowField(address);
  return printable === null ? null : node("Uri", printable);
}

function wifi(fields: Fields): string {
  const ssid = fields.take(32);
  return node("Wi-Fi", narrowField(ssid) ?? toHex(ssid));
}
