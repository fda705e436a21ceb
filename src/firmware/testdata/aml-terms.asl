// One of each term of the AML encoder, at the borders of its encodings: see README.md.
DefinitionBlock ("aml-terms.aml", "SSDT", 1, "TABTPM", "TERMS", 1)
{
    Scope (\)
    {
        Name (INT0, Zero)
        Name (INT1, One)
        Name (INT2, 0x02)
        Name (I255, 0xFF)
        Name (I256, 0x0100)
        Name (IWMX, 0xFFFF)
        Name (IDMN, 0x00010000)
        Name (IDMX, 0xFFFFFFFF)
    }

    Device (\_SB.DEV1)
    {
        Name (_UID, 0x02)
    }

    Scope (\_SB.DEV1)
    {
        Device (SUB)
        {
            Name (BUF, Buffer (0x05) { 0x01, 0x02, 0x03, 0x04, 0x05 })
            Name (ROM, ResourceTemplate () { Memory32Fixed (ReadOnly, 0xFED40000, 0x5000) })
        }
    }

    Device (\_SB.DEV1.SUB.LEAF)
    {
        Name (^^UP2, "text")
    }
}
