/**
 * Known answers of KDFe, from google/go-tpm (Apache-2.0): tpm2/test/testvectors/kdfe.json; those with an empty input, few
 * bits, whole bytes, several digests. Labels are without their terminating zero.
 */
export const KDFE_VECTORS: {
  algorithm: number;
  z: string;
  label: string;
  partyU: string;
  partyV: string;
  bits: number;
  result: string;
}[] = [
  {
    algorithm: 0x0004,
    z: "",
    label: "XOR",
    partyU: "004c8e",
    partyV: "2359baf8a4237c7900",
    bits: 569,
    result:
      "01277a4eca28f7f8b3ddcbcb53801e5a2e0ec9d5cd8d6b0fcfc7d241b04f1882e96c2698200f2eb0d909a7f5620cc51eb98d4bb690eacf961cffe795d4ff32334eef3b97e0965f2b",
  },
  {
    algorithm: 0x0004,
    z: "004cf91c135d17",
    label: "IDENTITY",
    partyU: "",
    partyV: "ff6aef90bd68d17c20dbb43401",
    bits: 371,
    result: "06cc326b3253b22e6164319d0052a671b65adfce5e65b5b874f4294babb43b7e4ee48239f47303917bbc1277531d39",
  },
  {
    algorithm: 0x0004,
    z: "00d7ee02e0ef81ba58a52596015b2a72ec17aa52",
    label: "SECRET",
    partyU: "00b3ff860f0968ba67b667887f",
    partyV: "001e8fc255871476d7b3e8",
    bits: 25,
    result: "000e99f3",
  },
  {
    algorithm: 0x0004,
    z: "fffaefd2dcf59ac10ffee96d388ecc7fa0274b25",
    label: "INTEGRITY",
    partyU: "ff7876ca3325140c1739",
    partyV: "ffdaea80b8",
    bits: 320,
    result: "39bde917d4529cfb171ebb49c8aa83777481f50cf0df162c3f12b9c8ab21ddcbed2e8a8b688c8b66",
  },
  {
    algorithm: 0x0004,
    z: "ec7f1b99e7ff",
    label: "DUPLICATE",
    partyU: "7db499336ad12e0f6d78fa704b1e",
    partyV: "e9454dd4ddab4c7e1dc200",
    bits: 605,
    result:
      "02668fc5830807afd4c09499b7884b84f09cd4eb14b6b110414cc95527d939ef570671b81b21ea33306e08f92bf19516a2534b323cc3eae77a876770cbc164f8ea5b2f3ed29826b7771cb69e",
  },
  {
    algorithm: 0x000b,
    z: "",
    label: "STORAGE",
    partyU: "aa615764151a479c62e5314b2feabf7769420ebd2501cbfa904000",
    partyV: "00a7",
    bits: 804,
    result:
      "022b54469ef48d6cc12a3f68289f239db1e5b5bbd77853f2038495d306bc2a67e23cfda762332c22694e03ee1a392a19874132de600d8e00d16a3b4b5c61297bea526f1849ceeb4ea0f650a84763ca685397fe3c6b32816153c04232c7b8764f234a8b2af6",
  },
  {
    algorithm: 0x000b,
    z: "c7f03a7fede39dff",
    label: "CFB",
    partyU: "",
    partyV: "ff1302f28891ef4df39bb8a82e9f5aa0226f598bc994a07836af",
    bits: 491,
    result:
      "002d3433684fadcd03ac89b589a5e02bdb39f77732d6797a7c29949cfa974ef7174a85696f23a488e61cf4597083c06a5941534072a0188e5b51935bad34",
  },
  {
    algorithm: 0x000b,
    z: "ace0b616d2536451ca1fe0d9744107b88e5500",
    label: "IDENTITY",
    partyU: "e5aeb5370365c400",
    partyV: "2e3345f6e9cca8341eb82e4098fe",
    bits: 3,
    result: "07",
  },
  {
    algorithm: 0x000b,
    z: "6cbfdee9e66367b676",
    label: "STORAGE",
    partyU: "c303fe79ff",
    partyV: "79e34519a8a32f13d400",
    bits: 728,
    result:
      "e59560660988b3d66e3a76bcc96110cc199bfa0418dca315f7070619e04fa0b6cdb2912db3786aaa34f2cad7dcee560eed2b4c3f7566e533e4a3bba9c9364397dd2ce45a0b85dde5c83fea27b4fb20bb0125346d24e5d9321f81b2",
  },
  {
    algorithm: 0x000b,
    z: "ff3e265fe983dc67f4ce7c1e3f6dfc495862d821a6cb4aa23d37",
    label: "ATH",
    partyU: "00bcbb",
    partyV: "ff8f508dfbbf046104e7b89031507e75b61fcb1560445e37488b2f",
    bits: 671,
    result:
      "1351c8626658afaa70ef235a4ef4407a1b16fb38416a713d688b93e9e37c9fb9f4be0f0fcd29378991e548644ba348960b6640c6b42b8bd473fd69265619007834ec4f91f09b6bb8d410eb9bbe82efe39ca67558",
  },
  {
    algorithm: 0x000c,
    z: "8e82b7dba7e16a0c52a964b53e8e42cea8920f10a56cff7617db5eb2016e4a2a298bc700",
    label: "DUPLICATE",
    partyU: "e1b99f7ac73ee8ae",
    partyV: "dee477a0b300",
    bits: 0,
    result: "",
  },
  {
    algorithm: 0x000c,
    z: "07f2351c2e1f09a20ff305892da10faf239379e4531b50ff",
    label: "XOR",
    partyU: "000bb364ba5bdb45632707c1bb1692f22929a73b446e2fce8ed1b0b1d7681260e263fd5d958114b937",
    partyV: "3650a72d2c65ab360aa6855d0687ea45c5014300c2d7d8de056aff",
    bits: 512,
    result:
      "ac9a9a3586968e219d6432fd69fd94ee9f979a69b62a645cf1138d0e2e12f0d83e1272e9636c06a795f39f8ddcdcea69a7920184506165c4bff98d45954d6fa4",
  },
  {
    algorithm: 0x000c,
    z: "ffc45e67022b9aec664884f71deaa47c4b0fd0aa6804b6ddc52613ef37dda25d8f373787cf66b3a434",
    label: "ATH",
    partyU: "38a9d316f63f30521b935dc41addb89a7440267b41b1900f873bd2bbc3c229d366857af94cd942f2",
    partyV: "6ebc2168d06c1bf82f70714b89e728fa727e5c6ca802f7103fdca3785b1df6676722373893d0919a",
    bits: 637,
    result:
      "0f6cab1c68a2cd017b6dd60c2af76173209118e7c96e28f0e9987e65179fe6f81c7a57c37d23533d3d4fdfe6b750ea18fd948d760897e78bf4fc11a1f73fab7023a41c8bd72337b44d457eeaccbe7c19",
  },
  {
    algorithm: 0x000d,
    z: "8b7ab96b1177ea54bf8bc2c7ceba7c21e0e87ddd00",
    label: "SECRET",
    partyU: "002fc984cbd5f2088018ae587f6bf775a6b2a2a097c4dbbff5d56140843ecd0e2e001ccdd26d9c9993e4ca",
    partyV: "",
    bits: 684,
    result:
      "019ae647b6ddee8561d56dd320c0a9b8ee5600b65b6a97617f649d53b73427f365e3747067560a8fddc96f07839a02eb8c4773adb454bfbb2089b730b9d6046b26a88080f5dec7466df6fe30efad4b1f2d7123aa47d4",
  },
  {
    algorithm: 0x000d,
    z: "79428b7723b0bb3ddc38f0e65bf605d11c6e397e7f7df9d3734f3c12ab",
    label: "CFB",
    partyU: "ffa0b184444a3cb671f317c27b620aacacb2f08c5dda213c7f95b7",
    partyV: "0012f8aacafce5",
    bits: 23,
    result: "3e5484",
  },
  {
    algorithm: 0x000d,
    z: "7960bdb22bccdfc53cfa20097492d7cf663b3ee87ffcf92af52691ca5aca039f37c6098f027e75fe8794bf6c73955b40952da1e46a",
    label: "ATH",
    partyU: "00ffbb276c0819b9d19fb8b887b6ae49cf23b9c243dfa99fc4dd5694cdfa2da48702830571d6af1849bceb9a17a228ee9138",
    partyV: "58bf246416e50a1d9d24397f278f2c25190ade0446467afd483c8b6f80e5969c199f9b436c71e6d34953d7465600",
    bits: 208,
    result: "8a607ed1dd7d41b4bf571be9fdd8b6f1bbf0be678c94a56cc5c3",
  },
  {
    algorithm: 0x000d,
    z: "66",
    label: "STORAGE",
    partyU: "cf0a0f9da6d8e888ff",
    partyV: "915ab963ccdf499a87cafeaa56732abd93aef23209f9",
    bits: 612,
    result:
      "07164ac523cb611fd541ac4bd359ad920a949ca6548561d4ee9f6d311abebbf2adb6607c8910f915d56f1268253901b604d3cc107fd074559d5fc6ddf5b314a1f0cde9be68f29e29a4c187b624",
  },
];
