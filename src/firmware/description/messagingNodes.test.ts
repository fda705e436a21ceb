/** The expected texts are UEFI's (2.10, 10.6.1.6), written by hand. */
import { describe, expect, test } from "vitest";
import { devicePath } from "./devicePath.ts";
import { ascii, END, guid, hex, le, node, utf16, zeros } from "./testkit/octets.ts";

const MESSAGING = 3;
const GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
const ADDRESS = hex("20010db8 00000000 00000000 00000001");
const GATEWAY = hex("fe800000 00000000 00000000 000000fe");

const ipv4 = (protocol: number, isStatic: number, ...rest: number[]) => [
  192,
  0,
  2,
  1,
  198,
  51,
  100,
  2,
  ...le(68, 2),
  ...le(67, 2),
  ...le(protocol, 2),
  isStatic,
  ...rest,
];
const ipv6 = (protocol: number, origin: number, ...rest: number[]) => [
  ...ADDRESS,
  ...GATEWAY,
  ...le(0, 2),
  ...le(0, 2),
  ...le(protocol, 2),
  origin,
  ...rest,
];
const usbClass = (deviceClass: number, subclass: number) => [
  ...le(0x1d6b, 2),
  ...le(0x0104, 2),
  deviceClass,
  subclass,
  0x50,
];
const uart = (baudRate: number, ...rest: number[]) => [...le(0, 4), ...le(baudRate, 8), ...rest];
const sas = (topology: number) => [
  ...guid("d487ddb4-008b-11d9-afdc-001083ffca4d"),
  ...le(0, 4),
  ...le(0x5000_c500, 8),
  ...le(0, 8),
  ...le(topology, 2),
  ...le(1, 2),
];
const iscsi = (options: number, protocol = 0) => [
  ...le(protocol, 2),
  ...le(options, 2),
  ...hex("0100000000000000"),
  ...le(1, 2),
  ...ascii("iqn.2001-04.com.example:disk"),
  0,
];
const nvmeOf = (kind: number) => [
  kind,
  ...hex("00112233445566778899aabbccddeeff"),
  ...ascii("nqn.2014-08.org.example:a"),
  0,
];

describe("a messaging node", () => {
  test.each<[text: string, subtype: number, data: readonly number[]]>([
    ["Ata(Primary,Master,0x0)", 1, [0, 0, ...le(0, 2)]],
    ["Ata(Secondary,Slave,0x1)", 1, [1, 1, ...le(1, 2)]],
    ["Scsi(0x1,0x2)", 2, [...le(1, 2), ...le(2, 2)]],
    ["Fibre(0x5000c50012345678,0x1)", 3, [...le(0, 4), ...le(0x5000_c500_1234_5678n, 8), ...le(1, 8)]],
    ["I1394(00000000deadbeef)", 4, [...le(0, 4), ...le(0xdead_beef, 8)]],
    ["USB(0xa,0x1)", 5, [10, 1]],
    ["I2O(0x5)", 6, le(5, 4)],
    [`Infiniband(0x3,${GUID},0x1,0x2,0x3)`, 9, [...le(3, 4), ...guid(GUID), ...le(1, 8), ...le(2, 8), ...le(3, 8)]],
    [`VenMsg(${GUID},01ff)`, 10, [...guid(GUID), 1, 0xff]],
    ["VenPcAnsi()", 10, guid("e0c14753-f9be-11d2-9a0c-0090273fc14d")],
    ["VenVt100()", 10, guid("dfa66065-b419-11d3-9a2d-0090273fc14d")],
    ["VenVt100Plus()", 10, guid("7baec70b-57e0-4c76-8e87-2f9e28088343")],
    ["VenUtf8()", 10, guid("ad15a0d6-8bec-4acf-a073-d01de77e2d88")],
    ["DebugPort()", 10, guid("eba4e8d2-3858-41ec-a281-2647ba9660d0")],
    ["UartFlowCtrl(None)", 10, [...guid("37499a9d-542f-4c89-a026-35da142094e4"), ...le(0, 4)]],
    ["UartFlowCtrl(Hardware)", 10, [...guid("37499a9d-542f-4c89-a026-35da142094e4"), ...le(1, 4)]],
    ["UartFlowCtrl(XonXoff)", 10, [...guid("37499a9d-542f-4c89-a026-35da142094e4"), ...le(2, 4)]],
    ["SAS(0x5000c500,0x0,0x1,NoTopology,0,0,0,0x0)", 10, sas(0)],
    ["SAS(0x5000c500,0x0,0x1,SAS,Internal,Direct,0,0x0)", 10, sas(0x01)],
    ["SAS(0x5000c500,0x0,0x1,SATA,External,Expanded,0x5,0x0)", 10, sas(0x0472)],
    ["SAS(0x5000c500,0x0,0x1,0x83,0,0,0,0x0)", 10, sas(0x83)],
    ["MAC(525400123456,0x1)", 11, [...hex("525400123456"), ...zeros(26), 1]],
    [`MAC(525400123456${"00".repeat(26)},0x20)`, 11, [...hex("525400123456"), ...zeros(26), 0x20]],
    [
      "IPv4(198.51.100.2,UDP,DHCP,192.0.2.1,192.0.2.254,255.255.255.0)",
      12,
      ipv4(17, 0, 192, 0, 2, 254, 255, 255, 255, 0),
    ],
    ["IPv4(198.51.100.2,TCP,Static,192.0.2.1)", 12, ipv4(6, 1)],
    ["IPv4(198.51.100.2,0x2f,DHCP,192.0.2.1)", 12, ipv4(47, 0)],
    [
      "IPv6(fe80:0000:0000:0000:0000:0000:0000:00fe,TCP,Static,2001:0db8:0000:0000:0000:0000:0000:0001,0x40,fe80:0000:0000:0000:0000:0000:0000:00fe)",
      13,
      ipv6(6, 0, 64, ...GATEWAY),
    ],
    [
      "IPv6(fe80:0000:0000:0000:0000:0000:0000:00fe,UDP,StatelessAutoConfigure,2001:0db8:0000:0000:0000:0000:0000:0001)",
      13,
      ipv6(17, 1),
    ],
    [
      "IPv6(fe80:0000:0000:0000:0000:0000:0000:00fe,0x3a,StatefulAutoConfigure,2001:0db8:0000:0000:0000:0000:0000:0001)",
      13,
      ipv6(58, 2),
    ],
    ["Uart(115200,8,N,1)", 14, uart(115200, 8, 1, 1)],
    ["Uart(9600,7,E,1.5)", 14, uart(9600, 7, 2, 2)],
    ["Uart(DEFAULT,DEFAULT,D,D)", 14, uart(0, 0, 0, 0)],
    ["Uart(9600,8,O,2)", 14, uart(9600, 8, 3, 3)],
    ["Uart(9600,8,x,x)", 14, uart(9600, 8, 9, 9)],
    ["UsbAudio(0x1d6b,0x104,0x1,0x50)", 15, usbClass(0x01, 1)],
    ["UsbCDCControl(0x1d6b,0x104,0x1,0x50)", 15, usbClass(0x02, 1)],
    ["UsbHID(0x1d6b,0x104,0x1,0x50)", 15, usbClass(0x03, 1)],
    ["UsbImage(0x1d6b,0x104,0x1,0x50)", 15, usbClass(0x06, 1)],
    ["UsbPrinter(0x1d6b,0x104,0x1,0x50)", 15, usbClass(0x07, 1)],
    ["UsbMassStorage(0x1d6b,0x104,0x6,0x50)", 15, usbClass(0x08, 6)],
    ["UsbHub(0x1d6b,0x104,0x0,0x50)", 15, usbClass(0x09, 0)],
    ["UsbCDCData(0x1d6b,0x104,0x0,0x50)", 15, usbClass(0x0a, 0)],
    ["UsbSmartCard(0x1d6b,0x104,0x0,0x50)", 15, usbClass(0x0b, 0)],
    ["UsbVideo(0x1d6b,0x104,0x0,0x50)", 15, usbClass(0x0e, 0)],
    ["UsbDiagnostic(0x1d6b,0x104,0x0,0x50)", 15, usbClass(0xdc, 0)],
    ["UsbWireless(0x1d6b,0x104,0x0,0x50)", 15, usbClass(0xe0, 0)],
    ["UsbDeviceFirmwareUpdate(0x1d6b,0x104,0x50)", 15, usbClass(0xfe, 1)],
    ["UsbIrdaBridge(0x1d6b,0x104,0x50)", 15, usbClass(0xfe, 2)],
    ["UsbTestAndMeasurement(0x1d6b,0x104,0x50)", 15, usbClass(0xfe, 3)],
    ["UsbClass(0x1d6b,0x104,0xfe,0x4,0x50)", 15, usbClass(0xfe, 4)],
    ["UsbClass(0x1d6b,0x104,0xff,0x0,0x50)", 15, usbClass(0xff, 0)],
    ['UsbWwid(0x1d6b,0x104,0x2,"SN-1")', 16, [...le(2, 2), ...le(0x1d6b, 2), ...le(0x0104, 2), ...utf16("SN-1")]],
    ["Unit(0x3)", 17, [3]],
    ["Sata(0x1,0xffff,0x0)", 18, [...le(1, 2), ...le(0xffff, 2), ...le(0, 2)]],
    ["iSCSI(iqn.2001-04.com.example:disk,0x1,0x0100000000000000,None,None,CHAP_BI,TCP)", 19, iscsi(0)],
    ["iSCSI(iqn.2001-04.com.example:disk,0x1,0x0100000000000000,CRC32C,None,CHAP_UNI,TCP)", 19, iscsi(0x1002)],
    ["iSCSI(iqn.2001-04.com.example:disk,0x1,0x0100000000000000,None,CRC32C,None,reserved)", 19, iscsi(0x0808, 1)],
    ["Vlan(100)", 20, le(100, 2)],
    ["FibreEx(0x5000c50012345678,0x0001000000000000)", 21, [...le(0, 4), ...hex("5000c500123456780001000000000000")]],
    [
      "SasEx(0x5000c50012345678,0x0000000000000000,0x1,NoTopology,0,0,0)",
      22,
      [...hex("5000c50012345678"), ...zeros(8), ...le(0, 2), ...le(1, 2)],
    ],
    [
      "SasEx(0x5000c50012345678,0x0000000000000000,0x1,SATA,Internal,Direct,0x1)",
      22,
      [...hex("5000c50012345678"), ...zeros(8), ...le(0x12, 2), ...le(1, 2)],
    ],
    ["NVMe(0x1,71-5d-91-d1-52-38-25-00)", 23, [...le(1, 4), ...hex("00253852d1915d71")]],
    ["Uri(https://example.com/boot.efi)", 24, ascii("https://example.com/boot.efi")],
    ["Uri()", 24, []],
    ["UFS(0x0,0x1)", 25, [0, 1]],
    ["SD(0x1)", 26, [1]],
    ["Bluetooth(0123456789ab)", 27, hex("0123456789ab")],
    ["Wi-Fi(guest network)", 28, [...ascii("guest network"), ...zeros(19)]],
    ["eMMC(0x2)", 29, [2]],
    ["BluetoothLE(0123456789ab,0x01)", 30, hex("0123456789ab01")],
    ["Dns(192.0.2.53,192.0.2.54)", 31, [0, 192, 0, 2, 53, ...zeros(12), 192, 0, 2, 54, ...zeros(12)]],
    ["Dns(2001:0db8:0000:0000:0000:0000:0000:0001)", 31, [1, ...ADDRESS]],
    [`NVDIMM(${GUID})`, 32, guid(GUID)],
    ["Msg(33,0101)", 33, [1, 1]],
    ["NVMEoF(nqn.2014-08.org.example:a,0011223344556677)", 34, nvmeOf(1)],
    ["NVMEoF(nqn.2014-08.org.example:a,00112233445566778899aabbccddeeff)", 34, nvmeOf(2)],
    ["NVMEoF(nqn.2014-08.org.example:a,urn:uuid:00112233-4455-6677-8899-aabbccddeeff)", 34, nvmeOf(3)],
    ["Msg(24,61071b)", 24, hex("61071b")],
    ["Msg(18,0100)", 18, le(1, 2)],
  ])("%s", (text, subtype, data) => {
    expect(devicePath(Uint8Array.from([...node(MESSAGING, subtype, data), ...END]))).toBe(text);
  });
});
