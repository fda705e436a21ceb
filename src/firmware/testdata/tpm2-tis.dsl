[0004]                          Signature : "TPM2"
[0004]                       Table Length : 0000004C
[0001]                           Revision : 04
[0001]                           Checksum : 00
[0006]                             Oem ID : "TABTPM"
[0008]                       Oem Table ID : "TABTPM2"
[0004]                       Oem Revision : 00000001
[0004]                    Asl Compiler ID : "INTL"
[0004]              Asl Compiler Revision : 20200925

[0002]                     Platform Class : 0000
[0002]                           Reserved : 0000
[0008]                    Control Address : 0000000000000000
[0004]                       Start Method : 06
[0012]                  Method Parameters : 00 00 00 00 00 00 00 00 00 00 00 00
[0004]                 Minimum Log Length : 00010000
[0008]                        Log Address : 000000000FFF0000
