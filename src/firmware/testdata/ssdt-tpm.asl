// What the SSDT must mean, for an independent compiler: see README.md.
DefinitionBlock ("ssdt-tpm.aml", "SSDT", 1, "TABTPM", "TPMDEV", 1)
{
    Scope (\_SB)
    {
        Device (TPM)
        {
            Name (_HID, "MSFT0101")
            Name (_STR, Unicode ("TPM 2.0 Device"))
            Name (_STA, 0x0F)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFED40000, 0x5000)
                IRQNoFlags () {7}
            })
        }
    }
}
