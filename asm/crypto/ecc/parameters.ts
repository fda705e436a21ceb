// Domain parameters of the curves: p, b, the coordinates of G, and n, in words of 64 bits, the highest first. All are
// y^2 = x^3 + a x + b with cofactor 1; a is -3, or 0 for the two Barreto-Naehrig curves.
// Sources: FIPS 186-4 and SP 800-186 (NIST), GM/T 0003.5 (SM2), TCG Algorithm Registry and ISO/IEC 15946-5 (BN).

/** NIST P-192: FIPS 186-4, D.1.2.1. */
export const nistP192: usize = memory.data<u64>([
  0xffffffffffffffff, 0xfffffffffffffffe, 0xffffffffffffffff,
  0x64210519e59c80e7, 0x0fa7e9ab72243049, 0xfeb8deecc146b9b1,
  0x188da80eb03090f6, 0x7cbf20eb43a18800, 0xf4ff0afd82ff1012,
  0x07192b95ffc8da78, 0x631011ed6b24cdd5, 0x73f977a11e794811,
  0xffffffffffffffff, 0xffffffff99def836, 0x146bc9b1b4d22831,
]);

/** NIST P-224: SP 800-186, 3.2.1.2. */
export const nistP224: usize = memory.data<u64>([
  0x00000000ffffffff, 0xffffffffffffffff, 0xffffffff00000000, 0x0000000000000001,
  0x00000000b4050a85, 0x0c04b3abf5413256, 0x5044b0b7d7bfd8ba, 0x270b39432355ffb4,
  0x00000000b70e0cbd, 0x6bb4bf7f321390b9, 0x4a03c1d356c21122, 0x343280d6115c1d21,
  0x00000000bd376388, 0xb5f723fb4c22dfe6, 0xcd4375a05a074764, 0x44d5819985007e34,
  0x00000000ffffffff, 0xffffffffffffffff, 0xffff16a2e0b8f03e, 0x13dd29455c5c2a3d,
]);

/** NIST P-256: SP 800-186, 3.2.1.3. */
export const nistP256: usize = memory.data<u64>([
  0xffffffff00000001, 0x0000000000000000, 0x00000000ffffffff, 0xffffffffffffffff,
  0x5ac635d8aa3a93e7, 0xb3ebbd55769886bc, 0x651d06b0cc53b0f6, 0x3bce3c3e27d2604b,
  0x6b17d1f2e12c4247, 0xf8bce6e563a440f2, 0x77037d812deb33a0, 0xf4a13945d898c296,
  0x4fe342e2fe1a7f9b, 0x8ee7eb4a7c0f9e16, 0x2bce33576b315ece, 0xcbb6406837bf51f5,
  0xffffffff00000000, 0xffffffffffffffff, 0xbce6faada7179e84, 0xf3b9cac2fc632551,
]);

/** NIST P-384: SP 800-186, 3.2.1.4. */
export const nistP384: usize = memory.data<u64>([
  0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffffffffffe, 0xffffffff00000000,
  0x00000000ffffffff,
  0xb3312fa7e23ee7e4, 0x988e056be3f82d19, 0x181d9c6efe814112, 0x0314088f5013875a, 0xc656398d8a2ed19d,
  0x2a85c8edd3ec2aef,
  0xaa87ca22be8b0537, 0x8eb1c71ef320ad74, 0x6e1d3b628ba79b98, 0x59f741e082542a38, 0x5502f25dbf55296c,
  0x3a545e3872760ab7,
  0x3617de4a96262c6f, 0x5d9e98bf9292dc29, 0xf8f41dbd289a147c, 0xe9da3113b5f0b8c0, 0x0a60b1ce1d7e819d,
  0x7a431d7c90ea0e5f,
  0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xc7634d81f4372ddf, 0x581a0db248b0a77a,
  0xecec196accc52973,
]);

/** NIST P-521: SP 800-186, 3.2.1.5. */
export const nistP521: usize = memory.data<u64>([
  0x00000000000001ff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
  0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
  0x0000000000000051, 0x953eb9618e1c9a1f, 0x929a21a0b68540ee, 0xa2da725b99b315f3, 0xb8b489918ef109e1,
  0x56193951ec7e937b, 0x1652c0bd3bb1bf07, 0x3573df883d2c34f1, 0xef451fd46b503f00,
  0x00000000000000c6, 0x858e06b70404e9cd, 0x9e3ecb662395b442, 0x9c648139053fb521, 0xf828af606b4d3dba,
  0xa14b5e77efe75928, 0xfe1dc127a2ffa8de, 0x3348b3c1856a429b, 0xf97e7e31c2e5bd66,
  0x0000000000000118, 0x39296a789a3bc004, 0x5c8a5fb42c7d1bd9, 0x98f54449579b4468, 0x17afbd17273e662c,
  0x97ee72995ef42640, 0xc550b9013fad0761, 0x353c7086a272c240, 0x88be94769fd16650,
  0x00000000000001ff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffffffffffa,
  0x51868783bf2f966b, 0x7fcc0148f709a5d0, 0x3bb5c9b8899c47ae, 0xbb6fb71e91386409,
]);

/** BN P-256: ISO/IEC 15946-5; TCG Algorithm Registry, Annex C. */
export const bnP256: usize = memory.data<u64>([
  0xfffffffffffcf0cd, 0x46e5f25eee71a49f, 0x0cdc65fb12980a82, 0xd3292ddbaed33013,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000003,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000001,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000002,
  0xfffffffffffcf0cd, 0x46e5f25eee71a49e, 0x0cdc65fb1299921a, 0xf62d536cd10b500d,
]);

/** BN P-638: ISO/IEC 15946-5; TCG Algorithm Registry, Annex C. */
export const bnP638: usize = memory.data<u64>([
  0x23fffffdc000000d, 0x7fffffb8000001d3, 0xfffff942d000165e, 0x3fff94870000d52f, 0xfffdd0e00008de55,
  0xc00086520021e55b, 0xfffff51ffff4eb80, 0x0000004c80015acd, 0xffffffffffffece0, 0x0000000000000067,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000101,
  0x23fffffdc000000d, 0x7fffffb8000001d3, 0xfffff942d000165e, 0x3fff94870000d52f, 0xfffdd0e00008de55,
  0xc00086520021e55b, 0xfffff51ffff4eb80, 0x0000004c80015acd, 0xffffffffffffece0, 0x0000000000000066,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
  0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000000, 0x0000000000000010,
  0x23fffffdc000000d, 0x7fffffb8000001d3, 0xfffff942d000165e, 0x3fff94870000d52f, 0xfffdd0e00008de55,
  0x600086550021e555, 0xfffff54ffff4eac0, 0x00000049800154d9, 0xffffffffffffeda0, 0x0000000000000061,
]);

/** SM2 P-256: GM/T 0003.5. */
export const sm2P256: usize = memory.data<u64>([
  0xfffffffeffffffff, 0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff,
  0x28e9fa9e9d9f5e34, 0x4d5a9e4bcf6509a7, 0xf39789f515ab8f92, 0xddbcbd414d940e93,
  0x32c4ae2c1f198119, 0x5f9904466a39c994, 0x8fe30bbff2660be1, 0x715a4589334c74c7,
  0xbc3736a2f4f6779c, 0x59bdcee36b692153, 0xd0a9877cc62a4740, 0x02df32e52139f0a0,
  0xfffffffeffffffff, 0xffffffffffffffff, 0x7203df6b21c6052b, 0x53bbf40939d54123,
]);
