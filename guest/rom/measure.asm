; Measures what it starts. It is a postman: the host has made digests, TPM commands and the text of events, and this sends the
; commands through the firmware (INT 1Ah, BB02h) and writes the events behind the firmware's in the log. Which banks an event
; has digests of, the log itself says.
; [TCG PC Client Specific Implementation Specification for Conventional BIOS 1.21, 13; TCG PC Client Platform Firmware
;  Profile, 10.2]

; The boot connection vector. It comes back only where there is no kernel to start.
boot:
        call own_segments
        mov si, file_boot
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
        retf

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
        mov [INPUT], ax
        mov di, COMMAND
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
        call reach_memory
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
.data:  sti
        call read_word
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
        mov cx, [INPUT]
        call transmit
        mov si, text_firmware
        jc .failed
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
        call reach_memory
        mov si, RECORD
.copy:  lodsb
        mov [fs:edi], al
        inc edi
        loop .copy
        sti
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
        call print
        jmp wait_tick                   ; the firmware keeps the last character from the serial port until then

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
        call reach_memory
        cmp dword [fs:esi + FIRST_EVENT], "Spec"
        jne .none
        cmp edi, esi
        ja .walk
        mov eax, [fs:esi + FIRST_EVENT - 4]     ; nothing behind the header
        lea eax, [esi + eax + FIRST_EVENT]
        mov [LOG_END], eax
.none:  sti
        ret
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
        jmp .none
