; What can be requested, and how it is done. A handler gets the operation in CS:SI and gives the TPM's response code in EAX, or
; the carry and a reason in DI.

OPERATION        equ 0
USER_REQUIRED    equ 1                  ; the flags with one of which a user must be present, or ALWAYS
TRAITS           equ 2
ARGUMENT         equ 3
HANDLER          equ 4
TEXT             equ 6
CONSEQUENCE      equ 8
OPERATION_SIZE   equ 10

ALWAYS           equ 1 << 0
NEVER            equ 0

CAUTION          equ 1 << 0
VARIABLES_NEEDED equ 1 << 1
ASK_AGAIN        equ 1 << 2
ASK_NO_MORE      equ 1 << 3

SET_BANKS        equ 23

%macro operation 7                      ; number, user required, traits, argument, handler, text, consequence
        db %1, %2, %3, %4
        dw %5, %6, %7
%endmacro
%macro confirmation 4                   ; numbers of "ask again" and "ask no more", flag, text
        operation %1, NEVER, VARIABLES_NEEDED | ASK_AGAIN, %3, require_user, %4, text_none
        operation %2, ALWAYS, VARIABLES_NEEDED | ASK_NO_MORE | CAUTION, %3, do_without_user, %4, text_about_flags
%endmacro

operations:
        operation 1, FOR_TURN_ON, 0, 0, set_hierarchies, text_turn_on, text_about_turn_on
        operation 2, FOR_TURN_OFF, VARIABLES_NEEDED | CAUTION, STORAGE | ENDORSEMENT, set_hierarchies, text_turn_off, text_about_turn_off
        operation 5, FOR_CLEAR, CAUTION, 0, clear, text_clear, text_about_clear
        operation 14, FOR_CLEAR | FOR_TURN_ON, CAUTION, 0, turn_on_and_clear, text_turn_on_and_clear, text_about_clear
        operation 21, FOR_CLEAR | FOR_TURN_ON, CAUTION, 0, turn_on_and_clear, text_turn_on_and_clear, text_about_clear
        operation 22, FOR_CLEAR | FOR_TURN_ON, CAUTION, 0, turn_on_and_clear, text_turn_on_and_clear, text_about_clear
        operation SET_BANKS, FOR_CHANGE_PCRS, CAUTION, 0, set_banks, text_banks, text_about_banks
        operation 24, FOR_CHANGE_EPS, CAUTION, 0, change_eps, text_change_eps, text_about_change_eps
        operation 34, FOR_TURN_OFF | FOR_TURN_ON, VARIABLES_NEEDED | CAUTION, ENDORSEMENT, set_hierarchies, text_endorsement_off, text_about_endorsement_off
        confirmation 17, 18, FOR_CLEAR, text_clear
        confirmation 26, 25, FOR_CHANGE_PCRS, text_change_banks
        confirmation 28, 27, FOR_TURN_ON, text_turn_on
        confirmation 30, 29, FOR_TURN_OFF, text_turn_off
        confirmation 32, 31, FOR_CHANGE_EPS, text_change_eps
.end:

; Also where the owner has set disableClear.
clear:
        mov byte [COMMAND + PLATFORM_COMMAND], 0
        mov cx, 1
        mov al, CC_CLEAR_CONTROL
        call platform_command
        jc .out
        test eax, eax
        jnz .out
        xor cx, cx
        mov al, CC_CLEAR
        jmp platform_command
.out:   ret

turn_on_and_clear:
        call set_hierarchies
        jc .out
        test eax, eax
        jz clear
.out:   ret

change_eps:
        xor cx, cx
        mov al, CC_CHANGE_EPS
        jmp platform_command

; ARGUMENT = those that are off from now on, at each boot. What the TPM refuses is not kept.
set_hierarchies:
        mov ah, [DISABLED]
        mov al, [cs:si + ARGUMENT]
        push ax
        mov [DISABLED], al
        call store_variables
        jc .out
        call control_hierarchies
        jc .undo
        test eax, eax
        jz .out
.undo:  pushf
        pushad
        mov bp, sp
        mov al, [ss:bp + 32 + 2 + 1]    ; behind the registers and the flags: AH from before
        mov [DISABLED], al
        call store_variables
        popad
        popf
.out:   pop cx
        ret

; Enables and disables the hierarchies as DISABLED says.
control_hierarchies:
        mov ax, 0x0101                  ; TPM_RH_OWNER, YES
        test byte [DISABLED], STORAGE
        call .control
        jc .out
        test eax, eax
        jnz .out
        mov ax, 0x010B                  ; TPM_RH_ENDORSEMENT
        test byte [DISABLED], ENDORSEMENT
.control:
        jz .send
        xor ah, ah                      ; NO
.send:  mov dword [COMMAND + PLATFORM_COMMAND], 0x40
        mov [COMMAND + PLATFORM_COMMAND + 3], ax
        mov cx, 5
        mov al, CC_HIERARCHY_CONTROL
        jmp platform_command
.out:   ret

; At each boot: a TPM that starts has them all enabled.
disable_hierarchies:
        cmp byte [DISABLED], 0
        je .out
        call control_hierarchies
        jc .failed
        test eax, eax
        jz .out
.failed:
        mov si, text_still_on
        call print
        call print_hex
        mov si, text_line
        jmp print
.out:   ret

require_user:
        mov al, [cs:si + ARGUMENT]
        or [FLAGS], al
        jmp store_flags
do_without_user:
        mov al, [cs:si + ARGUMENT]
        not al
        and [FLAGS], al
store_flags:
        call store_variables
        mov eax, 0                      ; leaves the carry
        ret

; BANKS = those that the TPM has, active or not. Result as a handler's.
read_banks:
        mov dword [BANKS], 0
        mov si, get_banks
        mov cx, get_banks.end - get_banks
        call copy_command
        call transmit
        jc .out
        test eax, eax
        jnz .out
        mov cl, [RESPONSE + 18]         ; count
        mov si, RESPONSE + 19
.bank:  sub cl, 1
        jb .read
        mov ax, [si]
        mov bx, bank_algorithms
        mov dl, 1
.look:  cmp ax, [cs:bx]
        je .found
        add bx, BANK_SIZE
        shl dl, 1
        cmp bx, bank_algorithms.end
        jb .look
        xor dl, dl
.found: or [BANKS], dl
        movzx ax, byte [si + 2]
        add si, ax
        add si, 3
        cmp si, OUTPUT + OUTPUT_SIZE
        jb .bank
.read:  xor eax, eax
.out:   ret

; Carry and DI: PARAMETER names none, or one that the TPM has not. SI stays.
are_banks_there:
        mov di, text_no_bank
        mov eax, [PARAMETER]
        cmp eax, 1
        jb .out
        mov ecx, [BANKS]
        not ecx
        test eax, ecx
        jz .out                         ; carry is clear
        stc
.out:   ret

; PARAMETER = the banks that are to be active, from the next start of the TPM on.
set_banks:
        mov di, COMMAND + PLATFORM_COMMAND
        xor eax, eax
        stosd
        mov bx, bank_algorithms
        mov dl, 1
.bank:  test [BANKS], dl
        jz .next
        inc byte [COMMAND + PLATFORM_COMMAND + 3]
        mov ax, [cs:bx]
        stosw
        mov al, 3                       ; octets of a selection, all PCRs or none
        stosb
        test [PARAMETER], dl
        setz al
        dec al
        stosb
        stosb
        stosb
.next:  add bx, BANK_SIZE
        shl dl, 1
        cmp bx, bank_algorithms.end
        jb .bank
        mov cx, di
        sub cx, COMMAND + PLATFORM_COMMAND
        mov al, CC_PCR_ALLOCATE
        call platform_command
        jc .out
        test eax, eax
        jnz .out
        mov di, text_no_room
        cmp byte [RESPONSE + 14], 1     ; allocationSuccess
        jc .out
        mov byte [RESTART], 1
.out:   ret

print_banks:
        mov bx, bank_algorithms
        mov eax, [PARAMETER]
.next:  shr eax, 1
        jnc .skip
        mov si, text_space
        call print
        mov si, [cs:bx + 2]
        call print
.skip:  add bx, BANK_SIZE
        cmp bx, bank_algorithms.end
        jb .next
        ret

; AL = the low octet of a command of the platform hierarchy, whose CX octets of parameters are behind PLATFORM_COMMAND.
platform_command:
        push ax
        push cx
        mov si, platform_header
        mov cx, PLATFORM_COMMAND
        call copy_command
        pop cx
        pop ax
        mov [COMMAND + 9], al
        add cx, PLATFORM_COMMAND
        mov [COMMAND + 5], cl
        jmp transmit

; CX octets at CS:SI.
copy_command:
        push cx
        mov di, COMMAND
        cs rep movsb
        pop cx
        ret

; TPM2_Shutdown, and the machine's reset: a TPM whose banks have changed needs a new _TPM_Init.
restart:
        mov si, shutdown
        mov cx, shutdown.end - shutdown
        call copy_command
        call transmit
        cli
        mov dx, 0xCF9                   ; the chipset's reset control register
        mov al, 2
        out dx, al
        mov al, 6
        out dx, al
        mov al, 0xFE                    ; and the keyboard controller's pulse
        out 0x64, al
.wait:  hlt
        jmp .wait

; Big-endian from here on.
platform_header:
        dw 0x0280                       ; TPM_ST_SESSIONS
        dd 0                            ; size
        db 0, 0, 1, 0                   ; command code
        db 0x40, 0, 0, 0x0C             ; TPM_RH_PLATFORM
        db 0, 0, 0, 9
        db 0x40, 0, 0, 9, 0, 0, 0, 0, 0 ; TPM_RS_PW, and an empty password
get_banks:
        dw 0x0180                       ; TPM_ST_NO_SESSIONS
        db 0, 0, 0, .end - get_banks
        db 0, 0, 1, 0x7A                ; TPM_CC_GetCapability
        db 0, 0, 0, 5                   ; TPM_CAP_PCRS
        db 0, 0, 0, 0
        db 0, 0, 0, 16
.end:
shutdown:
        dw 0x0180
        db 0, 0, 0, .end - shutdown
        db 0, 0, 1, 0x45                ; TPM_CC_Shutdown
        dw 0                            ; TPM_SU_CLEAR
.end:

; In the order of the bits of PPI's bitmap.
BANK_SIZE        equ 4
bank_algorithms:
        db 0, 0x04
        dw text_sha1
        db 0, 0x0B
        dw text_sha256
        db 0, 0x0C
        dw text_sha384
        db 0, 0x0D
        dw text_sha512
        db 0, 0x12
        dw text_sm3
.end:
