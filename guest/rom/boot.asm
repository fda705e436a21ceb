; The option ROM of a PC with our TPM. Its initialisation, which comes while the firmware still has the TPM's platform
; hierarchy, carries out what the operating system has requested of a physically present user (presence.asm). Where there is a
; kernel to start directly, its boot connection vector measures and starts it, in place of v86's ROM (measure.asm).
; [PnP BIOS Specification 1.0a, 3.2]
;
; It is for a 486 and later. Everything but the interrupts' own registers may be changed by what is called, unless it says so;
; DS and ES are BUFFER, FS is 0.
bits 16
cpu 486
org 0

%include "layout.inc"

        db 0x55, 0xAA
        db (rom_end - $$) / 512
        jmp near initialise
        times 0x18 - ($ - $$) db 0
        dw 0                            ; no PCI data structure
        dw pnp_header

align 16, db 0
pnp_header:
        db "$PnP"
        db 1                            ; revision
        db 2                            ; length, 16 octets each
        dw 0                            ; no further header
        db 0
.checksum:
        db 0                            ; filled in by the recipe
        dd 0                            ; device identifier
        dw manufacturer
        dw product
        db 0, 0x80, 0                   ; device type: other
        db 0                            ; device indicators
.bcv:   dw boot                         ; boot connection vector
        dw 0
        dw 0
        dw 0
        dw 0
        times 32 - ($ - pnp_header) db 0

manufacturer:   db "tabtpm", 0
product:        db "Linux, measured", 0
file_boot:      db "opt/tabtpm/boot", 0
file_presence:  db "opt/tabtpm/presence", 0
file_config:    db "etc/tpm/config", 0

; AX = 20h: an IPL device is attached; 0: none.
initialise:
        pushad
        push ds
        push es
        push fs
        call own_segments
        call physical_presence
        mov si, file_boot
        call find_file
        pop fs
        pop es
        pop ds
        popad                           ; leaves the carry
        mov ax, 0x20
        jnc .out
        ; Nothing to boot from: neither the firmware's list of devices nor its menu shall have it. The sums stay as they are.
        mov al, [cs:pnp_header.bcv]
        add al, [cs:pnp_header.bcv + 1]
        add [cs:pnp_header.checksum], al
        mov word [cs:pnp_header.bcv], 0
        xor ax, ax
.out:   retf

%include "firmware.asm"
%include "measure.asm"
%include "presence.asm"
%include "operations.asm"
%include "texts.asm"

        times (-($ - $$) - 1) & 511 db 0
        db 0                            ; checksum, filled in by the recipe
rom_end:
