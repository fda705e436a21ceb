; A BIOS that drives a TPM's TIS by interrupts and tells on the serial port, for each thing it does, with which
; TPM_INT_STATUS the interrupts came that followed. It waits in HLT: nothing goes on unless an interrupt comes. For any
; PC; assembled with the number of the interrupt: nasm -DIRQ=7.
; [TCG PC Client Specific TPM Interface Specification 1.3, 11.2; Intel 8259A; Intel 8254;
;  Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3, 11.5.1]
BASE    equ 0xF0000
TIS     equ 0xFED40000
ACCESS          equ TIS
INT_ENABLE      equ TIS + 0x08
INT_VECTOR      equ TIS + 0x0C
INT_STATUS      equ TIS + 0x10
STS             equ TIS + 0x18
FIFO            equ TIS + 0x24

REQUEST_USE     equ 0x02
RELINQUISH      equ 0x20
COMMAND_READY   equ 0x40
GO              equ 0x20
DATA_AVAILABLE  equ 0x10

; globalIntEnable, rising edge, all four events
ENABLE          equ 0x80000000 | 0x10 | 0x80 | 0x04 | 0x02 | 0x01

PIC     equ 0x20
PIC2    equ 0xA0
VECTORS equ 0x20
PIT     equ 0x40
TICK    equ 11932                       ; a hundredth of a second
LIMIT   equ 1000                        ; ticks until an interrupt is given up
SOON    equ 5                           ; where some device has none
COM1    equ 0x3F8
APIC_LINT0      equ 0xFEE00350
APIC_EXTINT     equ 0x700

; In RAM
ticks    equ 0x1000
count    equ 0x1004
spurious equ 0x1008
mode     equ 0x100C                     ; 0: acknowledge all; 1: the lowest event only; 2: all, and read the response at once
statuses equ 0x1100
IDT      equ 0x2000
STACK    equ 0x8000
HEADER   equ 10

org BASE
bits 16
start:
        cli
        a32 o32 lgdt [cs:gdt_pointer - BASE]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 8:main

align 8
gdt:    dq 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF
gdt_pointer:
        dw 3 * 8 - 1
        dd gdt
idt_pointer:
        dw (VECTORS + 8) * 8 - 1
        dd IDT

bits 32
main:
        mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK
        cld
        xor eax, eax
        mov edi, ticks
        mov ecx, (STACK - ticks) / 4
        rep stosd
        mov edi, IDT + VECTORS * 8
        mov eax, on_tick
        call set_gate
        mov edi, IDT + (VECTORS + IRQ) * 8
        mov eax, on_tpm
        call set_gate
        lidt [idt_pointer]
        call set_up_pic

        mov esi, .vector
        call print
        mov eax, [INT_VECTOR]
        call print_byte
        call new_line
        mov byte [ACCESS], REQUEST_USE
        mov dword [INT_ENABLE], ENABLE
        mov esi, .enabled
        call print
        mov eax, [INT_ENABLE]
        call print_long
        call new_line

        mov byte [ACCESS], RELINQUISH
        mov byte [ACCESS], REQUEST_USE
        mov esi, .locality
        call report

        mov byte [STS], COMMAND_READY
        mov esi, .ready
        call report

        mov byte [FIFO], 0x80
        mov esi, .first
        mov ebp, SOON
        call report_after

        mov esi, command + 1
        mov ecx, command_end - command - 1
        call write
        mov byte [STS], GO
        mov esi, .answer
        call report

        call read
        mov esi, .last
        call report

        ; Everything that one command brings, before the processor looks.
        call whole_command
        mov esi, .together
        call report

        ; The handler, interrupts off, reads the response behind its acknowledgement.
        mov byte [mode], 2
        call whole_command
        mov esi, .meanwhile
        call report
        mov byte [mode], 0

        ; Without globalIntEnable.
        mov dword [INT_ENABLE], ENABLE & 0x7FFFFFFF
        call whole_command
        call read
        mov esi, .off
        mov ebp, SOON
        call report_after
        mov dword [INT_ENABLE], ENABLE

        ; At most one event is acknowledged by each interrupt.
        mov byte [mode], 1
        call whole_command
        mov esi, .single
        call report
        mov eax, [INT_STATUS]
        mov esi, .left
        call print
        call print_byte
        call new_line
        mov esi, .done
        call print
.end:   cli
        hlt
        jmp .end

.vector:        db "vector ", 0
.enabled:       db "enabled ", 0
.locality:      db "locality", 0
.ready:         db "ready", 0
.first:         db "first octet", 0
.answer:        db "answer", 0
.last:          db "last octet", 0
.together:      db "together", 0
.meanwhile:     db "meanwhile", 0
.off:           db "off", 0
.single:        db "one by one", 0
.left:          db "left ", 0
.done:          db "done", 10, 0

command:        db 0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0   ; TPM2_Startup(TPM_SU_CLEAR)
command_end:

; From cmdReady to the answer, which is there at the end, with interrupts off.
whole_command:
        mov byte [STS], COMMAND_READY
        mov esi, command
        mov ecx, command_end - command
        call write
        mov byte [STS], GO
.poll:  test byte [STS], DATA_AVAILABLE
        jz .poll
        ret

; ECX octets at ESI to the FIFO.
write:  lodsb
        mov [FIFO], al
        loop write
        ret

read:   push ecx
        mov ecx, HEADER
.octet: mov al, [FIFO]
        loop .octet
        pop ecx
        ret

; Lets interrupts come, and prints the name at ESI and the statuses that they found.
report: mov ebp, LIMIT
report_after:
        mov dword [ticks], 0
        sti
.wait:  cmp dword [count], 0
        jne .came
        cmp [ticks], ebp
        jae .came
        hlt
        jmp .wait
        ; Two ticks for those that may follow.
.came:  mov dword [ticks], 0
.more:  hlt
        cmp dword [ticks], 2
        jb .more
        cli
        call print
        mov esi, statuses
        mov ecx, [count]
        jecxz .spurious
.next:  mov al, ' '
        call put
        lodsd
        call print_byte
        loop .next
.spurious:
        cmp dword [spurious], 0
        je .over
        mov esi, .text
        call print
.over:  mov dword [count], 0
        mov dword [spurious], 0
        jmp new_line
.text:  db " and a spurious one", 0

on_tick:
        push eax
        inc dword [ticks]
        mov al, 0x20
        out PIC, al
        pop eax
        iretd

on_tpm: pushad
        mov al, 0x0B                    ; the in-service register
        out PIC, al
        in al, PIC
        test al, 1 << IRQ
        jz .spurious
        mov eax, [INT_STATUS]
        mov ebx, [count]
        mov [statuses + ebx * 4], eax
        inc dword [count]
        cmp byte [mode], 1
        jne .acknowledge
        mov ebx, eax
        neg ebx
        and eax, ebx
.acknowledge:
        mov [INT_STATUS], eax
        cmp byte [mode], 2
        jne .eoi
        mov byte [mode], 0
        call read
.eoi:   mov al, 0x20
        out PIC, al
        popad
        iretd
.spurious:
        inc dword [spurious]
        popad
        iretd

; EAX: handler, EDI: gate
set_gate:
        mov [edi], ax
        mov word [edi + 2], 8
        mov word [edi + 4], 0x8E00
        shr eax, 16
        mov [edi + 6], ax
        ret

%macro outb 2
        mov al, %2
        out %1, al
%endmacro

set_up_pic:
        ; The local APIC hands on what the PIC says.
        mov dword [APIC_LINT0], APIC_EXTINT
        outb PIC, 0x11
        outb PIC + 1, VECTORS
        outb PIC + 1, 4
        outb PIC + 1, 1
        outb PIC2, 0x11
        outb PIC2 + 1, VECTORS + 8
        outb PIC2 + 1, 2
        outb PIC2 + 1, 1
        outb PIC2 + 1, 0xFF
        outb PIC + 1, 0xFF & ~(1 | 1 << IRQ)
        outb PIT + 3, 0x34
        outb PIT, TICK & 0xFF
        outb PIT, TICK >> 8
        ret

print:  push eax
.next:  lodsb
        test al, al
        jz .over
        call put
        jmp .next
.over:  pop eax
        ret

print_long:
        rol eax, 8
        call print_byte
        rol eax, 8
        call print_byte
        rol eax, 8
        call print_byte
        rol eax, 8
print_byte:
        push eax
        shr al, 4
        call print_digit
        pop eax
        push eax
        and al, 15
        call print_digit
        pop eax
        ret
print_digit:
        add al, '0'
        cmp al, '9'
        jbe put
        add al, 'a' - '9' - 1
put:    push edx
        push eax
        mov dx, COM1 + 5
.busy:  in al, dx
        test al, 0x20
        jz .busy
        mov dx, COM1
        pop eax
        out dx, al
        pop edx
        ret
new_line:
        mov al, 10
        jmp put

        times 0xFFF0 - ($ - $$) db 0
bits 16
        jmp 0xF000:start - BASE
        times 0x10000 - ($ - $$) db 0
