; What the firmware offers: files of the configuration device, commands to the TPM, a console, a clock, and memory above 1 MiB.

own_segments:
        cld
        mov ax, BUFFER
        mov ds, ax
        mov es, ax
        xor ax, ax
        mov fs, ax
        ret

; CS:SI = the name of a file in the firmware configuration device, whose data is next. Carry: there is none.
find_file:
        mov dx, FW_CFG_SELECTOR
        mov ax, FW_CFG_DIRECTORY
        out dx, ax
        call read_big
        mov ebp, eax                    ; files
        cmp eax, FW_CFG_FILES
        cmc
        jc .out                         ; all ones: there is no such device
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
        push si
        mov di, NAME
.compare:
        mov al, [cs:si]
        cmp al, [di]
        jne .other
        inc si
        inc di
        test al, al
        jnz .compare
        pop si
        mov dx, FW_CFG_SELECTOR
        mov ax, bx
        out dx, ax
        clc
.out:   ret
.other: pop si
        jmp .next

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
        bswap eax
        ret
; CX octets to ES:DI.
read_octets:
        mov dx, FW_CFG_DATA
        rep insb
        ret

; Sends the command of CX octets at COMMAND. EAX: the TPM's response code. Carry: the firmware's error in EAX and a reason in DI;
; there is no response.
transmit:
        add cx, 8                       ; the block's own header
        mov [INPUT], cx
        mov word [INPUT + 2], 0
        mov word [INPUT + 4], OUTPUT_SIZE
        mov word [INPUT + 6], 0
        mov di, INPUT
        mov si, OUTPUT
        mov eax, TCG_PASS_THROUGH
        mov ebx, TCG_MAGIC
        xor ecx, ecx
        xor edx, edx
        int 0x1A
        mov di, text_unreachable
        cmp eax, 1
        cmc
        jc .out
        mov eax, [RESPONSE + 6]
        bswap eax
.out:   ret

; FS reaches all memory: the firmware's interrupts may come back with segments of 64 KiB. No interrupt may come between this
; and what is read or written: interrupts are off afterwards, and whoever called this turns them on again.
reach_memory:
        cli
        push eax
        xor eax, eax
        mov ax, cs
        shl eax, 4
        add eax, flat
        o32 sgdt [GDT_BEFORE]
        mov word [GDT_POINTER], flat.end - flat - 1
        mov [GDT_POINTER + 2], eax
        o32 lgdt [GDT_POINTER]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp short .protected
.protected:
        push bx
        mov bx, 8
        mov fs, bx
        and al, ~1
        mov cr0, eax
        jmp short .real
.real:  xor bx, bx
        mov fs, bx
        pop bx
        o32 lgdt [GDT_BEFORE]
        pop eax
        ret

align 8, db 0
flat:   dq 0
        dw 0xFFFF, 0, 0x9300, 0x008F    ; data, 4 GiB; accessed, or else the processor would write it here
.end:

; The next key, as INT 16h has it, in AX. Zero: there is none.
next_key:
        mov ah, 0x11
        int 0x16
        jz .out
        mov ah, 0x10
        int 0x16
        test ax, ax
.out:   ret

; Sleeps until the clock has ticked, 18.2 times a second.
wait_tick:
        push eax
        mov eax, [fs:TICKS]
.same:  sti
        hlt
        cmp eax, [fs:TICKS]
        je .same
        pop eax
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
print_decimal:
        pushad
        mov ebx, 10
        xor cx, cx
.divide:
        xor edx, edx
        div ebx
        push dx
        inc cx
        test eax, eax
        jnz .divide
.digit: pop ax
        add al, '0'
        call print_character
        loop .digit
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
