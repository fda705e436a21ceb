/**
 * Known answers of KDFa, from google/go-tpm (Apache-2.0): tpm2/kdf_test.go (the first three) and
 * tpm2/test/testvectors/kdfa.json. Labels are without their terminating zero.
 */
export const KDFA_VECTORS: {
  algorithm: number;
  key: string;
  label: string;
  contextU: string;
  contextV: string;
  bits: number;
  result: string;
}[] = [
  {
    algorithm: 0x000b,
    key: "796f6c6f00",
    label: "IDENTITY",
    contextU: "6b656b00",
    contextV: "796f796f00",
    bits: 128,
    result: "d2d72cc7a8a5eb09e8c79012e2da9f22",
  },
  {
    algorithm: 0x000b,
    key: "636100",
    label: "IDENTITY",
    contextU: "61626300",
    contextV: "",
    bits: 1024,
    result:
      "1aae7151ac1a5690eda7dcabd56800c11c56a3810ba059826fe4776348d6ae8e5d5d18c7ccf8373f7b942ada8b912b12da56fb37f64b935872841ec07d38e1fb8e7ec86efcbfb444756bc8863f858d2690a621c9afb983cd77e7a1048ae1a7598ac895323d44c10227af0a00144cab55111075dc6b72ad6eb163c7458b878e8c",
  },
  {
    algorithm: 0x0004,
    key: "636100",
    label: "IDENTITY",
    contextU: "61626300",
    contextV: "",
    bits: 256,
    result: "83f354afcf923de2112e0891434cd0bdc8acbf01b811c0e8cd062ded39e31f7f",
  },
  {
    algorithm: 0x0004,
    key: "ff",
    label: "CFB",
    contextU: "86ed23c15d086e70a8eae700680e75d20cff",
    contextV: "51122c5879b277ff",
    bits: 140,
    result: "0d0be71c885d10eb61f2219000885c2d7658",
  },
  {
    algorithm: 0x0004,
    key: "",
    label: "IDENTITY",
    contextU: "4e462df0430f697bdb85c61a4ec7628943",
    contextV: "ff80c59598996ff148c6574472ece01c608a02",
    bits: 283,
    result: "04512482418b546925489d197cadb96768cfe9744a9142f1360de6021a94bc8dda277697",
  },
  {
    algorithm: 0x0004,
    key: "4599ec1b3c30340e8b4f2b5869",
    label: "STORAGE",
    contextU: "ff",
    contextV: "5a2b980322a96c6db49b15ff16ff",
    bits: 297,
    result: "00f47f8fdd0bdaf9f22ec614a8ccc370fb822fa3dd80758fddc0140a45443e4be4cbc41fe74d",
  },
  {
    algorithm: 0x0004,
    key: "00",
    label: "INTEGRITY",
    contextU: "ffced351d37e05d6706f",
    contextV: "00582fdf56",
    bits: 503,
    result:
      "4d87f5bdd1661b5ee526a9891a7fa4585c9c5d07a21da2ca947fcf5b9f30b5112774d916af604f1f415cf977fbc3887e94c53f2aa9d5f60a72c1029e6eec89",
  },
  {
    algorithm: 0x0004,
    key: "ff9af522feced768e90933b774c6fb35f6086054",
    label: "IDENTITY",
    contextU: "2a2c2392200800",
    contextV: "",
    bits: 512,
    result:
      "04384a8ae06d793d28c402c088c29185fb6de2bb3227df9a604edf7beb2f29b46ff5aa66150ffcfb5d6d9130db5bc59d644c0d6259d111ed8fe8b81547d07bfe",
  },
  {
    algorithm: 0x0004,
    key: "00012d8252bc5ea259b488",
    label: "ATH",
    contextU: "e2c6d0b7ea7316034282bdb30cb7fcea8800",
    contextV: "ffe586ae2795d6f65fa182",
    bits: 858,
    result:
      "00ccb26de10836ca5336fd15acb94bc1a8ec04df73ca9718e794e228bd6d3d66acc16eb4dd31db0fd8365e0cfac310df67bf50e02510aead1823ab960ecea9ec0081fa3668282bc132dd19aecf5afe073260434c2e8fc386b06c346b156e1013314f8dad30a54cfe189517db",
  },
  {
    algorithm: 0x000b,
    key: "aff14e568afc0ea51eea748c8915df067c7700",
    label: "IDENTITY",
    contextU: "ce4edfb881540700e300",
    contextV: "68ddb4a0e59d74cd34dfe631d91e1ea3fbc95865440adedff7e9d011890fba",
    bits: 116,
    result: "019ed5e0956338ddda4413ecee5cf2",
  },
  {
    algorithm: 0x000b,
    key: "ff5625623188b99180b53e96108e3e01d19c18db598631d56c",
    label: "STORAGE",
    contextU: "ef12916d91f3ed8355f100ef7d3553ff69eb63edd59a0048eeda77",
    contextV: "800bce408c34f800",
    bits: 17,
    result: "0051bb",
  },
  {
    algorithm: 0x000b,
    key: "",
    label: "SECRET",
    contextU: "fbf51f160255018bbc8efea4c36ac4fb4cbba34e9eff",
    contextV: "3cea0fdc2600",
    bits: 200,
    result: "a26c73dca13a265e09eec4b0abc4ecb2bf8d26db04e8823ee6",
  },
  {
    algorithm: 0x000b,
    key: "8d623f4e95bfb5029d231b265cffe400",
    label: "ATH",
    contextU: "59c425e2a53045feb889dca9f444e4d271f787d4964af8c4c500",
    contextV: "de8b18c078218015789b9667472dd0cd579300",
    bits: 54,
    result: "2f65e1381b6e5b",
  },
  {
    algorithm: 0x000b,
    key: "001a6b3ad671f4cefce5f6931cfdfec3cd80a1313c23a2e173c22a",
    label: "OBFUSCATE",
    contextU: "856a981a949942c982439c3c185d81fd5c4997bbdad587417e7ca134ff",
    contextV: "",
    bits: 611,
    result:
      "058e252cf2123267f9ba964dbc173f9ae67500b065420dd514bd2b10b72669adb873ed1a86bd8415497e64cc65079dad59ff9ba778777831fff42f7e815786eac5f361b37c278af96600afa26e",
  },
  {
    algorithm: 0x000c,
    key: "ff39",
    label: "OBFUSCATE",
    contextU: "706aa1c6662677e6f1688e2ba44000a74169bd29ccb6a53688f7377ada04a19f29fe0fb685679c682232bc92ceaf6b00",
    contextV: "92bcbb00",
    bits: 625,
    result:
      "0057b2d012133427d4481d6a98095d88725935d08c6fe188486cc1f1bfbcc3a94b3dbe82527387dddd15ee9dc497fb88657ad27616763708e62c5b3a83863b6570073239282c82bf7a23d96833c3e5",
  },
  {
    algorithm: 0x000c,
    key: "f587f8220ee6906003436c9b6560341d1355e1df05434df4ae73b2702d0f246eb9b0ce9fc6b8c900",
    label: "OBFUSCATE",
    contextU: "fff1d82322d358eda8f14f5e5db4d2546f9eae5bcaf1ad0f4080c15b074b65b74a4e145e9fdfdcfee5b4e5076a",
    contextV: "00b36efcfee61936e72aa8ad51556f95fc97abdf4f11c0d2146fa967f648cedb",
    bits: 90,
    result: "03a58b7155669b4ff569a57a",
  },
  {
    algorithm: 0x000d,
    key: "f6829d524d11a31db8907f44ea5e21442b9edb27b4d46e6f66944357cd29068906a93a3e936a0d7532cc0e00",
    label: "OBFUSCATE",
    contextU: "43c9d69244be6610f663c48dd9f0472e0cebc18c",
    contextV: "2f7de74cd72c4bd6a86d4eb225d8b608068bad852378431bd211c0899a6d7c9dbc206fdb0642",
    bits: 120,
    result: "eb4b38b54d3fbbedd164870bd46298",
  },
  {
    algorithm: 0x000d,
    key: "ff891e21825fecde6ff9",
    label: "INTEGRITY",
    contextU:
      "f9a3a62709e51f9fe4e79012bff5e1edb763dfa6acf25d972c9b997711bd91bc0183f58c49fb476e17f2a617058b1c43fe5e3956566a552443b3ff",
    contextV: "ce1c7a460d0d60361a36b1f187d981f468038a99dcc2d82cc8392b5cace83ce6684aa100",
    bits: 560,
    result:
      "d54c048abdd7a22ed7b91a6e3e6deda34b6c71cb14e9d4541e8b3fe71670580da5312e5decca3a9875b9ef8f658f3cfe0150ac2b87fcc46155fd5253178190afbae979211502",
  },
];
