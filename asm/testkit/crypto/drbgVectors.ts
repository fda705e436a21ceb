/**
 * Known answers of CTR_DRBG, AES-256 with derivation function: NIST CAVP, drbgtestvectors.zip, CTR_DRBG.rsp of
 * drbgvectors_no_reseed, drbgvectors_pr_false and drbgvectors_pr_true; the internal states are those of CTR_DRBG.txt.
 * Each case: instantiate, reseed if there is entropy for it, generate twice with the two additional inputs; the second
 * output is `returned`.
 */
export interface DrbgCase {
  section: string;
  entropy: string;
  nonce: string;
  personalization: string;
  /** Entropy of the reseed; empty when there is none. */
  reseed: string;
  reseedAdditional: string;
  additional: readonly [string, string];
  returned: string;
  /** Key || V after each step, where known. */
  states?: readonly string[];
}

export const DRBG_CASES: readonly DrbgCase[] = [
  {
    section: "drbgvectors_no_reseed: no personalization, no additional input, COUNT 0",
    entropy: "36401940fa8b1fba91a1661f211d78a0b9389a74e5bccfece8d766af1a6d3b14",
    nonce: "496f25b0f1301b4f501be30380a137eb",
    personalization: "",
    reseed: "",
    reseedAdditional: "",
    additional: ["", ""],
    returned:
      "5862eb38bd558dd978a696e6df164782ddd887e7e9a6c9f3f1fbafb78941b535a64912dfd224c6dc7454e5250b3d97165e16260c2faf1cc7735cb75fb4f07e1d",
    states: [
      "3363d9000e6db47c16d3fc65f2872c08a35f99b2d174afa537a66ec153052d989ee8d2e9c618ccbb8e66b5eb5333dce1",
      "b1dff09c816af6d4b2111fe63c4507cb196154f8c59957a94a2b641a7c16cc0169eec01b2dd4ff3aab5fac9467f54485",
      "33a1f160b0bde1dd55fc314c3d1620c0581ace8b32f062fb1ed54cdecdc17694f537c07f36573a26b3f55c8b9f7246d1",
    ],
  },
  {
    section: "drbgvectors_no_reseed: no personalization, no additional input, COUNT 14",
    entropy: "86e3ccf09382f46192d8937eba1dfc04ad8e12ef196d6d941970b16e15438bb2",
    nonce: "e2f9cc7eab26491e3eab3cfdfaadda90",
    personalization: "",
    reseed: "",
    reseedAdditional: "",
    additional: ["", ""],
    returned:
      "d8bc7e8220cbe079b4403d6b47e7976605735f953aabf93fd0039396ddb4088e436052722c4325f90eb868512ae7ce3927370940b200f3cc81da774779e90d7c",
  },
  {
    section: "drbgvectors_no_reseed: additional input, COUNT 0",
    entropy: "8148d65d86513ce7d38923ec2f26b9e7c677dcc8997e325b7372619e753ed944",
    nonce: "41c71a24d17d974190982bb7515ce7f5",
    personalization: "",
    reseed: "",
    reseedAdditional: "",
    additional: [
      "55b446046c2d14bdd0cdba4b71873fd4762650695a11507949462da8d964ab6a",
      "91468f1a097d99ee339462ca916cb4a10f63d53850a4f17f598eac490299b02e",
    ],
    returned:
      "54603d1a506132bbfa05b153a04f22a1d516cc46323cef15111af221f030f38d6841d4670518b4914a4631af682e7421dffaac986a38e94d92bfa758e2eb101f",
  },
  {
    section: "drbgvectors_no_reseed: additional input, COUNT 14",
    entropy: "c764bccc19053d7f12df71011b35878dd0bb587deb887f8a05f040ec45e324bc",
    nonce: "a4b1a9ff049172476ab99f7ae0645e6c",
    personalization: "",
    reseed: "",
    reseedAdditional: "",
    additional: [
      "b6f2aa8a993aa04252d6c014eac8ad0b90cf0ed438888173e15eab280f73abe0",
      "c6384c9a2c9d8fc4c7422fe40e430e4f36e6ae9bd6b039d55abfdd8f05d6a20e",
    ],
    returned:
      "6300f28941dc173a9f6f5e4c11f1d1d7d4fd7fbbaf6fc3a97acdfc008a00109a670e487e5dce423a3eee4882347ef26449888c8dd73b9aaa73d194c171469af6",
  },
  {
    section: "drbgvectors_no_reseed: personalization, COUNT 0",
    entropy: "5416e77b5e1d872d4ff91973b1be66bc07f4a99e30db7d0006da006fcfb082db",
    nonce: "7a811ce62b9fd34af186b2b3e50eaf5d",
    personalization: "71ee0c7699ac0e805632f2058de38bf872b8340f89998f7a8a2ad4ac045ae6ef",
    reseed: "",
    reseedAdditional: "",
    additional: ["", ""],
    returned:
      "68f5859cf76f94c445d9fcd34fc17ac224c3d7d7c2fc38faaf3c24be6cd3cd93b7f9d8a6146f5ac83ac1d7b1b2b7e7ecbc1a2e38760ef86a577d402d85990d9b",
  },
  {
    section: "drbgvectors_no_reseed: personalization and additional input, COUNT 0",
    entropy: "87b56e964eba227154724bb9484b812d3e2c0c43b3d17f6098d9526e16e6d0ef",
    nonce: "9bea6a7ff2358df142e6c23e2157fb83",
    personalization: "9860b432edd58d1ccbfeecbce99ffaee7d935a614860d4e965bd67041403096b",
    reseed: "",
    reseedAdditional: "",
    additional: [
      "99a5cc87924e8ea65a596f81fd17d63f5b4542fe6e8e1511b5d35c835dfadb0b",
      "9a8dec54734a34582a2332f3452e82313524c3e0dfb485faeac6ca5fc0ff504d",
    ],
    returned:
      "dbc6a2330b19b5cddd8cd6392ec1fb508678c805e87d1aca07ac265007632503044a00610c79d98375afa7ab4cca1a90989cbfe7c674af5d823ced11c47e9af6",
  },
  {
    section: "drbgvectors_pr_false: no personalization, no additional input, COUNT 0",
    entropy: "2d4c9f46b981c6a0b2b5d8c69391e569ff13851437ebc0fc00d616340252fed5",
    nonce: "0bf814b411f65ec4866be1abb59d3c32",
    personalization: "",
    reseed: "93500fae4fa32b86033b7a7bac9d37e710dcc67ca266bc8607d665937766d207",
    reseedAdditional: "",
    additional: ["", ""],
    returned:
      "322dd28670e75c0ea638f3cb68d6a9d6e50ddfd052b772a7b1d78263a7b8978b6740c2b65a9550c3a76325866fa97e16d74006bc96f26249b9f0a90d076f08e5",
    states: [
      "d64160c3e965f377caef625c7eb21dd37728bcf84bfc23b92e267611feaffda8446ce986bd722ad1a514ebb7d274ec99",
      "50d9feb33fc77303b83232b7deded04f1bfa4afaa937712f88458d6b64c046c50b8e38a54036f1ba80a2880d4f17bb09",
      "a2203a6f082ecdc0cd38f0b3b19f1a8cd6a5f110a13bb488c1e70f9f95a9302484b0a849c5459e27fe7f8c5db26fa13d",
      "de721178a341a85eb54a2f7e2b3cd4bcc201417e739eb183fa958f9af8535b2cde67dd5f9a431fc46dd1825cd1a2bff3",
    ],
  },
  {
    section: "drbgvectors_pr_false: additional input, COUNT 0",
    entropy: "6f60f0f9d486bc23e1223b934e61c0c78ae9232fa2e9a87c6dacd447c3f10e9e",
    nonce: "401e3f87762fa8a14ab232ccb8480a2f",
    personalization: "",
    reseed: "350be52552a65a804a106543ebb7dd046cffae104e4e8b2f18936d564d3c1950",
    reseedAdditional: "7a3688adb1cfb6c03264e2762ece96bfe4daf9558fabf74d7fff203c08b4dd9f",
    additional: [
      "67cf4a56d081c53670f257c25557014cd5e8b0e919aa58f23d6861b10b00ea80",
      "648d4a229198b43f33dd7dd8426650be11c5656adcdf913bb3ee5eb49a2a3892",
    ],
    returned:
      "2d819fb9fee38bfc3f15a07ef0e183ff36db5d3184cea1d24e796ba103687415abe6d9f2c59a11931439a3d14f45fc3f4345f331a0675a3477eaf7cd89107e37",
    states: [
      "6d9aa2e029466438d3e4c22530bd071dbe57b549b87370957b28da8ae083f8d6ee534dcfd9d2be3a3f9c65a6c5f599b0",
      "b5953178a900b2fcf052b5cbc1d882ea944da2965e84fef59c4919bb4d5c892d433725f6c4b8c662c3b2db4b75f38d86",
      "b2b9e9f1ffcfd84c050445f93dfad90d6ca240494bbed5d44a0deb38fbaeb7512c342b2ab12bd3484e4660b8dd5f85eb",
      "770600434fe0af64e045f5530e2b9732da9e3b4c3af342994a4f1f7ee5c4144ea9729f842063b9464e74018c0ab30df3",
    ],
  },
  {
    section: "drbgvectors_pr_false: personalization, COUNT 0",
    entropy: "5bb14bec3a2e435acab8b891f075107df387902cb2cd996021b1a1245d4ea2b5",
    nonce: "12ac7f444e247f770d2f4d0a65fdab4e",
    personalization: "2e957d53cba5a6b9b8a2ce4369bb885c0931788015b9fe5ac3c01a7ec5eacd70",
    reseed: "19f30c84f6dbf1caf68cbec3d4bb90e5e8f5716eae8c1bbadaba99a2a2bd4eb2",
    reseedAdditional: "",
    additional: ["", ""],
    returned:
      "b7dd8ac2c5eaa97c779fe46cc793b9b1e7b940c318d3b531744b42856f298264e45f9a0aca5da93e7f34f0ebc0ed0ea32c009e3e03cf01320c9a839807575405",
    states: [
      "0f7d80bc727ca13bbd82a951e44d8f237a5e54e59ca4b2a1055897ab600afed1afe78f607ce6cd120b7f41991979c157",
      "88c5e72dfbd595fecf56b7d5742d80404c1f2457f3049550d2241ce5d12c0e3b228ed64284184eea0552f5374fdb163a",
      "0a5a3c762cf84b5a108a6672fb3e5eb00e0e4412caa268c1391d8c1ac78caa1d9a62ed92b79c5f048638fb6690c6452c",
      "af19f197191b229dbbd2c9ba8e38538e00ea59d52181fec6574998fcd24764788c91ebe5697151aa97f3d04654db5131",
    ],
  },
  {
    section: "drbgvectors_pr_false: personalization and additional input, COUNT 0",
    entropy: "174b46250051a9e3d80c56ae7163dafe7e54481a56cafd3b8625f99bbb29c442",
    nonce: "98ffd99c466e0e94a45da7e0e82dbc6b",
    personalization: "7095268e99938b3e042734b9176c9aa051f00a5f8d2a89ada214b89beef18ebf",
    reseed: "e88be1967c5503f65d23867bbc891bd679db03b4878663f6c877592df25f0d9a",
    reseedAdditional: "cdf6ad549e45b6aa5cd67d024931c33cd133d52d5ae500c3015020beb30da063",
    additional: [
      "c7228e90c62f896a09e11684530102f926ec90a3255f6c21b857883c75800143",
      "76a94f224178fe4cbf9e2b8acc53c9dc3e50bb613aac8936601453cda3293b17",
    ],
    returned:
      "1a6d8dbd642076d13916e5e23038b60b26061f13dd4e006277e0268698ffb2c87e453bae1251631ac90c701a9849d933995e8b0221fe9aca1985c546c2079027",
    states: [
      "2eef0ab3e7ee8e82a549eae68272a379af025ffbd3d0a62f1668ab3f6b2f8e078bdcbbb8ed356c02e2dc805f461dbcf4",
      "695ec793a3c19e53e4cba9b2a4cd89320b6762273c8bef6f03ffdaa970df34daea405f98e64399a587c560c3fb8ce8fa",
      "6306bce4ccea9e9233662634f374b68adfde2394ddd8fb77e452293323d566dc429cb6dcefcf43e291e9672156788f50",
      "4e558b0df4e7427d7fdc8b8cef4c19021a831506d93c92f7394349d6081673c8128cd27a8721f1e7dbb1f982bc6146e5",
    ],
  },
  {
    section: "drbgvectors_pr_false: no personalization, no additional input",
    entropy: "a89d08185b539a830b1e9b74c01f59e2b75bd2e2cbcf95c185a83a8069439e42",
    nonce: "c675e3b634b075db09789e5d8a39c5e8",
    personalization: "",
    reseed: "0ed8e63b823af5476dcb9702daf46185d3f4953df704749d3dea2fbe0c7a46dd",
    reseedAdditional: "",
    additional: ["", ""],
    returned:
      "61f1fb64c0668747d270d4fab17c34db3a69829ea08fe43ec359ae174ffb0caae8bcba3a4fffb5b29b900f0e2ef2394c39292bf295623f894617ce9500228bb4",
  },
  {
    section: "drbgvectors_pr_false: additional input",
    entropy: "44a690d590f443bca7abe4c20c70ddb0df0ee29ed23edfc1cbe923ae7a4eb6c7",
    nonce: "334fc355f9f07459d8f014ebde24bcb6",
    personalization: "",
    reseed: "1bb49e9bad9fc94d363df01c02388af391f4564abd8cce10298875d2934df891",
    reseedAdditional: "0092b99efa09a6b30bb6f0d9fd5fded490e745c4be3fa5615b318444b5593db5",
    additional: [
      "f5f698f0dd171c38d24a5bb3c5bf6115bf1af23c38517292e94dd7f576597db5",
      "2da719aa44a96910e73fcf27e46d8dbb1c7b5d82f5713a2980aada6cf2a45104",
    ],
    returned:
      "27a2fb7704a714e207fd31a796c4c053b0355a1599d47d201b1b5bb37f79cf32f9289bd263ac6bdd8e83cc451b3a3baa8f27cf3b5ba6a9a4a7d2d6ae607dbc22",
  },
  {
    section: "drbgvectors_pr_false: personalization",
    entropy: "4cfb218673346d9d50c922e49b0dfcd090adf04f5c3ba47327dfcd6fa63a785c",
    nonce: "016962a7fd2787a24bf6be47ef3783f1",
    personalization: "88eeb8e0e83bf3294bdacd6099ebe4bf55ecd9113f71e5ebcb4575f3d6a68a6b",
    reseed: "b7ec46072363834a1b0133f2c23891db4f11a68651f23e3a8b1fdc03b192c7e7",
    reseedAdditional: "",
    additional: ["", ""],
    returned:
      "a55180a190bef3adaf28f6b795e9f1f3d6dfa1b27dd0467b0c75f5fa931e971475b27cae03a29654e2f40966ea33643040d1400fe677873af8097c1fe9f00298",
  },
  {
    section: "drbgvectors_pr_false: personalization and additional input",
    entropy: "6c0ff37351e787d35805810750394854dfc7b3704cadea32593458e1ef67f2dc",
    nonce: "f0d342f2cb1270ed3cc935b1d3059d0f",
    personalization: "e1b95c7069bb22475d5a7a99fc8beedced73bbed785c73ce5663740c46568884",
    reseed: "1140a47dbe3b89362922b375502300c7e7566224accac3ebdb99c8fa776594dd",
    reseedAdditional: "66ccb8ddaf0201a7f2f7fef04939f2c802e480e4acc1c3177571f34248bbfce1",
    additional: [
      "53f74ba9d0eb69010cc4eda1da037c8e6056c1154248bcf4632b44d6a59811f1",
      "1cdbb531803e7bcac8de8aaf9c3534184cf737c9ceda1a7a16056b0c53a828ff",
    ],
    returned:
      "743e9cb60389d649113a93e9ba3500adcff05193934602797c5a36084dc1b3f2db7c65d7b6425dbf3bb572239e8845a05b3ee5366b538a1010d4fe2a0919c1a9",
  },
];

/** drbgvectors_pr_true: prediction resistance, so each generate is a reseed with the additional input, then a generate. */
export const DRBG_PREDICTION_RESISTANCE = {
  entropy: "534346a3e0baa65d7a51871b6d633a6f1efa9ff55dfde3212c95029adf2387d9",
  nonce: "0cbe99821509975d824fd826c47d2abc",
  personalization: "020d7340569e68d992e6e8ddfbead9f993c74d971e4339fe91074f87e9d7d777",
  reseeds: [
    {
      entropy: "286091709d2e91bfef6654b8449d5e5564b6c2fe1f3e4e6e59fe776461bfb0dc",
      additional: "f41040eff2a7010287c2a76d7867a66e61299be1e1247a6b22a64b829ada8624",
    },
    {
      entropy: "e68e127b2e5b9d6539c26f7e78bec13314e37febdb7105d1d65f0bde23c87d38",
      additional: "94efe68e2185646a17bb8a83268142a7b7a02786c1ee90ab8f7399ccf543de26",
    },
  ],
  returned:
    "da6389d151e3b2b332fbcc02b2cc5af4f69835e9fbbe19130f91cbf30a3c24580ebfb4311b3487e9d6a61de9dc2842c107152158b0e75a932c38e5b8ddff10e6",
} as const;
