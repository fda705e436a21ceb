// What the SSDT must mean, for an independent compiler: see README.md.
DefinitionBlock ("ssdt-tpm.aml", "SSDT", 1, "TABTPM", "TPMDEV", 1)
{
    Scope (\_SB)
    {
        Device (TPM)
        {
            Name (_HID, "MSFT0101")
            Name (_STR, Unicode ("TPM 2.0 Device"))
            Name (_UID, One)
            Name (_STA, 0x0F)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFED40000, 0x5000)
                IRQNoFlags () {7}
            })

            OperationRegion (TPP2, SystemMemory, 0xFED45100, 0x5A)
            Field (TPP2, AnyAcc, NoLock, Preserve)
            {
                PPIN, 8, PPIP, 32, PPRP, 32, PPRQ, 32, PPRM, 32, LPPR, 32
            }
            OperationRegion (TPP3, SystemMemory, 0xFED4515A, One)
            Field (TPP3, ByteAcc, NoLock, Preserve)
            {
                MOVV, 8
            }

            Method (TPFN, 1, Serialized)
            {
                If (Arg0 >= 0x0100)
                {
                    Return (Zero)
                }
                OperationRegion (TPP1, SystemMemory, (0xFED45000 + Arg0), One)
                Field (TPP1, ByteAcc, NoLock, Preserve)
                {
                    TPPF, 8
                }
                Return (TPPF)
            }

            Name (TPM2, Package (0x02) {Zero, Zero})
            Name (TPM3, Package (0x03) {Zero, Zero, Zero})

            Method (_DSM, 4, Serialized)
            {
                If (Arg0 == ToUUID ("3dddfaa6-361b-4eb4-a424-8d10089d1653"))
                {
                    If (Arg2 == Zero)
                    {
                        Return (Buffer (0x02) {0xFF, 0x01})
                    }
                    If (Arg2 == One)
                    {
                        Return ("1.3")
                    }
                    If (Arg2 == 0x02)
                    {
                        Local0 = DerefOf (Arg3 [Zero])
                        Local1 = TPFN (Local0)
                        If ((Local1 & 0x07) == Zero)
                        {
                            Return (One)
                        }
                        PPRQ = Zero
                        PPRM = Zero
                        PPRQ = Local0
                        Return (Zero)
                    }
                    If (Arg2 == 0x03)
                    {
                        If (Arg1 == One)
                        {
                            TPM2 [One] = PPRQ
                            Return (TPM2)
                        }
                        If (Arg1 == 0x02)
                        {
                            TPM3 [One] = PPRQ
                            TPM3 [0x02] = PPRM
                            Return (TPM3)
                        }
                    }
                    If (Arg2 == 0x04)
                    {
                        Return (0x02)
                    }
                    If (Arg2 == 0x05)
                    {
                        TPM3 [One] = LPPR
                        TPM3 [0x02] = PPRP
                        Return (TPM3)
                    }
                    If (Arg2 == 0x06)
                    {
                        Return (0x03)
                    }
                    If (Arg2 == 0x07)
                    {
                        Local0 = DerefOf (Arg3 [Zero])
                        Local1 = TPFN (Local0)
                        If ((Local1 & 0x07) == Zero)
                        {
                            Return (One)
                        }
                        If ((Local1 & 0x07) == 0x02)
                        {
                            Return (0x03)
                        }
                        If (Arg1 == One)
                        {
                            PPRQ = Zero
                            PPRM = Zero
                            PPRQ = Local0
                        }
                        If (Arg1 == 0x02)
                        {
                            Local2 = DerefOf (Arg3 [One])
                            PPRQ = Zero
                            PPRM = Local2
                            PPRQ = Local0
                        }
                        Return (Zero)
                    }
                    If (Arg2 == 0x08)
                    {
                        Local0 = DerefOf (Arg3 [Zero])
                        Local1 = TPFN (Local0)
                        Return ((Local1 & 0x07))
                    }
                    Return (Buffer (One) {0x00})
                }

                If (Arg0 == ToUUID ("376054ed-cc13-4675-901c-4756d7f2d45d"))
                {
                    If (Arg2 == Zero)
                    {
                        Return (Buffer (One) {0x03})
                    }
                    If (Arg2 == One)
                    {
                        Local0 = DerefOf (Arg3 [Zero])
                        MOVV = Local0
                        Return (Zero)
                    }
                }
                Return (Buffer (One) {0x00})
            }
        }
    }
}
