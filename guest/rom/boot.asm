; The option ROM that starts Linux in place of v86's own (genroms/kernel.bin), after it has measured what it starts. It is
; a postman: the host has made digests, TPM commands and the text of events, and this sends the commands through the
; firmware (INT 1Ah, BB02h) and writes the events behind the firmware's in the log. Which banks an event has digests
; of, the log itself says.
; [PnP BIOS Specification 1.0a, 3.2; TCG PC Client Specific Implementation Specification for Conventional BIOS 1.21, 13;
;  TCG PC Client Platform Firmware Profile, 10.2]
;
; The firmware calls option ROMs with segments of 4 GiB, so 32-bit offsets reach the log at the top of memory.
bits 16
org 0

%include "layout.inc"

        db 0x55, 0xAA
        db (rom_end - $$) / 512
        jmp near initialise
        times 0x18 - ($ - $$) db 0
        dw 0                            ; no PCI data structure
        dw pnp_header

align 16
pnp_header:
        db "$PnP"
        db 1                            ; revision
        db 2                            ; length, 16 octets each
        dw 0                            ; no further header
        db 0
        db 0                            ; checksum, filled in by the recipe
        dd 0                            ; device identifier
        dw manufacturer
        dw product
        db 0, 0x80, 0                   ; device type: other
        db 0                            ; device indicators
        dw boot                         ; boot connection vector
        dw 0
        dw 0
        dw 0
        dw 0
        times 32 - ($ - pnp_header) db 0

manufacturer:   db "tabtpm", 0
product:        db "Linux, measured", 0
file_name:      db "opt/tabtpm/boot", 0

; AX = 20h: an IPL device is attached.
initialise:
        mov ax, 0x20
        retf

boot:
        cld
        mov ax, BUFFER
        mov ds, ax
        mov es, ax
        xor ax, ax
        mov fs, ax
        call find_file
        jc .no_file
        call read_long                  ; the entry of the kernel, for the end
        mov [ENTRY], eax
        call read_long
        mov [STACK], eax
        call read_long                  ; size of the log's memory
        call find_log_end
        call read_word
        mov [ITEMS], ax
.next:  cmp word [ITEMS], 0
        je .start
        dec word [ITEMS]
        call read_item
        call measure
        jmp .next
.start: mov ecx, [ENTRY]
        mov edx, [STACK]
        cli
        mov eax, edx
        shr eax, 16
        mov ss, ax
        mov sp, dx
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        push ecx
        retf
.no_file:
        mov si, text_no_file
        call print
        retf

; The file in the firmware configuration device, its data next. Carry: there is none.
find_file:
        mov dx, FW_CFG_SELECTOR
        mov ax, FW_CFG_DIRECTORY
        out dx, ax
        call read_big
        mov ebp, eax                    ; files
.next:  sub ebp, 1
        jc .out
        call read_big                   ; size
        call read_big                   ; selector and two reserved octets
        shr eax, 16
        mov bx, ax
        mov di, NAME
        mov cx, FW_CFG_NAME
        mov dx, FW_CFG_DATA
        rep insb
        mov si, file_name
        mov di, NAME
.compare:
        mov al, [cs:si]
        cmp al, [di]
        jne .next
        inc si
        inc di
        test al, al
        jnz .compare
        mov dx, FW_CFG_SELECTOR
        mov ax, bx
        out dx, ax
        clc
.out:   ret

; The next octets of the file. Little-endian, but for read_big.
read_byte:
        mov dx, FW_CFG_DATA
        in al, dx
        ret
read_word:
        call read_byte
        mov ah, al
        call read_byte
        xchg al, ah
        ret
read_long:
        call read_word
        push ax
        call read_word
        shl eax, 16
        pop ax
        ret
read_big:
        call read_long
        xchg al, ah
        rol eax, 16
        xchg al, ah
        ret
; CX octets to ES:DI.
read_octets:
        mov dx, FW_CFG_DATA
        rep insb
        ret

; One item: its name, its TPM command, and its event with all digests there may be.
read_item:
        xor cx, cx
        call read_byte
        mov cl, al
        mov di, NAME
        call read_octets
        mov byte [di], 0
        call read_word
        mov cx, ax
        add ax, 8                       ; the block's own header
        mov [INPUT], ax
        mov word [INPUT + 2], 0
        mov word [INPUT + 4], OUTPUT_SIZE
        mov word [INPUT + 6], 0
        mov di, INPUT + 8
        call read_octets
        mov di, RECORD                  ; PCR, type, and a count that is the log's
        mov cx, 8
        call read_octets
        call read_word
        mov [DIGESTS_SIZE], ax
        mov cx, ax
        mov di, DIGESTS
        call read_octets
        mov edi, [LOG_END]
        mov byte [LOGGABLE], 0
        test edi, edi
        jz .event                       ; no log: nothing to shape the record after
        mov byte [LOGGABLE], 1
        mov eax, [LOG_START]
        mov ecx, [fs:eax + SPEC_ALGORITHMS]
        mov [RECORD + 8], ecx
        lea ebx, [eax + SPEC_ALGORITHMS + 4]
        mov di, RECORD + 12
.bank:  test ecx, ecx
        jz .data
        dec ecx
        mov eax, [fs:ebx]               ; algorithm and size
        add ebx, 4
        call copy_digest
        jnc .bank
        mov byte [LOGGABLE], 0          ; a bank that the host has no digest for
        jmp .bank
.event: mov di, RECORD + 12
.data:  call read_word
        movzx ecx, ax
        mov [di], ecx
        add di, 4
        call read_octets
        sub di, RECORD
        mov [RECORD_SIZE], di
        ret

; EAX = algorithm | size << 16: its digest, with the algorithm before, to DI. Carry: there is none of that size.
copy_digest:
        mov si, DIGESTS
        mov dx, [DIGESTS_SIZE]
        add dx, si
.next:  cmp si, dx
        jae .none
        cmp eax, [si]
        je .found
        add si, [si + 2]
        add si, 4
        jmp .next
.found: push cx
        mov cx, [si + 2]
        movsw
        add si, 2
        rep movsb
        pop cx
        clc
        ret
.none:  stc
        ret

; Sends the item's command, and logs its event where that was done.
measure:
        mov di, INPUT
        mov si, OUTPUT
        mov eax, TCG_PASS_THROUGH
        mov ebx, TCG_MAGIC
        xor ecx, ecx
        xor edx, edx
        int 0x1A
        test eax, eax
        mov si, text_firmware
        jnz .failed
        mov eax, [OUTPUT + 4 + 6]
        xchg al, ah
        rol eax, 16
        xchg al, ah
        test eax, eax
        mov si, text_tpm
        jnz .failed
        cmp byte [LOGGABLE], 0
        mov si, text_no_log
        je .unlogged
        mov edi, [LOG_END]
        movzx ecx, word [RECORD_SIZE]
        lea eax, [edi + ecx]
        cmp eax, [LOG_LIMIT]
        mov si, text_full
        ja .unlogged
        mov si, RECORD
.copy:  lodsb
        mov [fs:edi], al
        inc edi
        loop .copy
        mov [LOG_END], edi
        ret
.failed:
        push eax
        push si
        mov si, text_not_measured
        call print
        call print_name
        pop si
        call print
        pop eax
        call print_hex
        jmp .line
.unlogged:
        push si
        mov si, text_not_logged
        call print
        call print_name
        pop si
        call print
.line:  mov si, text_line
        jmp print

; EAX = size of the log's memory. Leaves LOG_START, LOG_LIMIT and LOG_END, which is 0 without a log of the form that has
; digests of several banks.
find_log_end:
        push eax
        mov dword [LOG_END], 0
        mov eax, TCG_STATUS
        xor ecx, ecx
        xor edx, edx
        xor esi, esi
        xor edi, edi
        int 0x1A
        pop edx
        cmp eax, 0
        jne .none
        cmp ebx, TCG_MAGIC
        jne .none
        test esi, esi
        jz .none
        mov [LOG_START], esi
        add edx, esi
        mov [LOG_LIMIT], edx
        cmp dword [fs:esi + FIRST_EVENT], "Spec"
        jne .none
        cmp edi, esi
        ja .walk
        mov eax, [fs:esi + FIRST_EVENT - 4]     ; nothing behind the header
        lea eax, [esi + eax + FIRST_EVENT]
        mov [LOG_END], eax
.none:  ret
.walk:  mov ecx, [fs:edi + 8]           ; digests
        add edi, 12
.digest:
        test ecx, ecx
        jz .event
        dec ecx
        mov ax, [fs:edi]
        add edi, 2
        mov ebp, [fs:esi + SPEC_ALGORITHMS]
        lea ebx, [esi + SPEC_ALGORITHMS + 4]
.size:  test ebp, ebp
        jz .none                        ; a digest that the header does not know
        dec ebp
        cmp ax, [fs:ebx]
        je .add
        add ebx, 4
        jmp .size
.add:   movzx edx, word [fs:ebx + 2]
        add edi, edx
        jmp .digest
.event: mov eax, [fs:edi]
        lea eax, [edi + eax + 4]
        mov [LOG_END], eax
        ret

; The text at CS:SI on the firmware's screen, which the serial console shows as well.
print:
        pushad
.next:  mov al, [cs:si]
        inc si
        test al, al
        jz .end
        call print_character
        jmp .next
.end:   popad
        ret
print_name:
        pushad
        mov si, NAME
.next:  lodsb
        test al, al
        jz .end
        call print_character
        jmp .next
.end:   popad
        ret
print_hex:
        pushad
        mov cx, 8
        mov edx, eax
.next:  rol edx, 4
        mov al, dl
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        call print_character
        loop .next
        popad
        ret
print_character:
        pushad
        push ds
        push es
        mov ah, 0x0E
        mov bx, 7
        int 0x10
        pop es
        pop ds
        popad
        ret

text_no_file:      db "tabtpm: there is no kernel to start.", 13, 10, 0
text_not_measured: db "tabtpm: not measured: ", 0
text_not_logged:   db "tabtpm: measured, but not logged: ", 0
text_firmware:     db ": the firmware says ", 0
text_tpm:          db ": the TPM says ", 0
text_no_log:       db ": there is no event log with these banks", 0
text_full:         db ": the event log is full", 0
text_line:         db 13, 10, 0

        times (-($ - $$) - 1) & 511 db 0
        db 0                            ; checksum, filled in by the recipe
rom_end:
