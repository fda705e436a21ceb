; Physical presence: carries out what the operating system has requested before the reset, after it has asked whoever sits at
; the console, where that is due. What the page then says is what the operating system reads.
; [TCG PC Client Physical Presence Interface 1.30; QEMU, docs/specs/tpm.rst; docs/physical-presence.md]

physical_presence:
        mov byte [RESTART], 0
        mov si, file_config
        call find_file
        jc .end
        call read_long
        mov [PAGE], eax
        call read_word
        cmp ax, CONFIG_VERSIONS
        jne .end
        call read_settings
        call read_variables
        call prepare_page
        mov eax, [fs:ebx + PPI_REQUEST]
        sti
        test eax, eax
        jz .no_request
        call carry_out
.no_request:
        call disable_hierarchies
        call lock_variables
        cmp byte [RESTART], 0
        jne restart
.end:   ret

; PATIENCE and NO_CONSOLE.
read_settings:
        mov ax, DEFAULT_PATIENCE
        mov byte [NO_CONSOLE], 0
        mov si, file_presence
        call find_file
        mov ax, DEFAULT_PATIENCE
        jc .ticks
        call read_word
        push ax
        call read_byte
        and al, 1
        mov [NO_CONSOLE], al
        pop ax
.ticks: movzx eax, ax
        mov [SECONDS], eax
        mov ecx, TICKS_PER_1000_S
        mul ecx
        mov ecx, 1000
        div ecx
        mov [PATIENCE], eax
        ret

; EBX = the page, FS reaches it, interrupts are off.
reach_page:
        mov ebx, [PAGE]
        jmp reach_memory

; FLAGS, DISABLED and DURABLE. A platform without firmware variables has the defaults.
read_variables:
        mov dword [FLAGS], FLAGS_DEFAULT
        mov byte [DISABLED], 0
        mov byte [DURABLE], 0
        call reach_page
        cmp dword [fs:ebx + VARIABLES], "TPMV"
        jne .read
        cmp byte [fs:ebx + VARIABLES_VERSION], 1
        jne .read
        mov byte [DURABLE], 1
        mov eax, [fs:ebx + VARIABLE_FLAGS]
        mov [FLAGS], eax
        mov al, [fs:ebx + VARIABLE_DISABLED]
        and al, STORAGE | ENDORSEMENT
        mov [DISABLED], al
.read:  sti
variables_are_stored:
        mov eax, [FLAGS]
        mov [STORED_FLAGS], eax
        mov al, [DISABLED]
        mov [STORED_DISABLED], al
        ret

; Makes FLAGS and DISABLED durable. Carry: they could not be, DI says why, and both are as they were.
store_variables:
        mov eax, [FLAGS]
        cmp eax, [STORED_FLAGS]
        jne .new
        mov al, [DISABLED]
        cmp al, [STORED_DISABLED]
        je .out
.new:   call write_variables
        mov byte [fs:ebx + VARIABLES_COMMIT], 1
        mov cx, STORE_PATIENCE
.look:  mov al, [fs:ebx + VARIABLES_STATUS]
        sti
        cmp al, BEING_STORED
        jne .over
        call wait_tick
        call reach_page
        loop .look
        sti
        jmp .failed
.over:  test al, al
        jnz .failed
        ; Variables that are locked, or a device that is none, did not take them.
        call reach_page
        mov eax, [fs:ebx + VARIABLE_FLAGS]
        mov cl, [fs:ebx + VARIABLE_DISABLED]
        sti
        cmp eax, [FLAGS]
        jne .failed
        cmp cl, [DISABLED]
        jne .failed
        call variables_are_stored
        clc
.out:   ret
.failed:
        mov eax, [STORED_FLAGS]
        mov [FLAGS], eax
        mov al, [STORED_DISABLED]
        mov [DISABLED], al
        call write_variables
        sti
        mov di, text_not_stored
        stc
        ret

write_variables:
        call reach_page
        mov eax, [FLAGS]
        mov [fs:ebx + VARIABLE_FLAGS], eax
        mov al, [DISABLED]
        mov [fs:ebx + VARIABLE_DISABLED], al
        ret

; The operating system can't change them any more.
lock_variables:
        cmp byte [DURABLE], 0
        je .out
        call reach_page
        mov byte [fs:ebx + VARIABLES_LOCK], 1
        sti
.out:   ret

; What the page says of each operation; and its first use. EBX and FS are the page afterwards, interrupts off.
prepare_page:
        call reach_page
        call fill_functions
        cmp byte [fs:ebx + PPI_IN], 1
        je .out
        ; Power-on, or what stands there is no page of ours.
        mov byte [fs:ebx + PPI_IN], 1
        mov byte [fs:ebx + PPI_NEXT_STEP], 0
        mov cx, 4
        lea edi, [ebx + PPI_RESULT]     ; result, request, parameter, last request
.clear: mov dword [fs:edi], 0
        add edi, 4
        loop .clear
.out:   ret

fill_functions:
        xor eax, eax
        mov cx, 256 / 4
        mov edi, ebx
.clear: mov [fs:edi], eax               ; not implemented
        add edi, 4
        loop .clear
        mov byte [fs:ebx + PPI_FUNC], FUNC_USER_NOT_REQUIRED    ; of 0, which takes a request back
        mov si, operations
.next:  call is_possible
        jc .skip
        movzx edi, byte [cs:si + OPERATION]
        call is_user_required
        mov al, FUNC_USER_REQUIRED
        jnz .set
        mov al, FUNC_USER_NOT_REQUIRED
.set:   mov [fs:ebx + edi + PPI_FUNC], al
.skip:  add si, OPERATION_SIZE
        cmp si, operations.end
        jb .next
        ret

; CS:SI = an operation. Carry: it needs firmware variables, and there are none.
is_possible:
        test byte [cs:si + TRAITS], VARIABLES_NEEDED
        jz .out
        cmp byte [DURABLE], 1
.out:   ret

; Not zero: a user must be present for it.
is_user_required:
        mov al, [cs:si + USER_REQUIRED]
        test al, ALWAYS
        jnz .out
        test al, [FLAGS]
.out:   ret

; EAX = the request. It is cleared before it is carried out: whatever ends this, nothing is done twice.
carry_out:
        call reach_page
        mov [REQUEST], eax
        mov ecx, [fs:ebx + PPI_PARAMETER]
        mov [PARAMETER], ecx
        mov dword [fs:ebx + PPI_RESULT], BIOS_FAILURE
        mov [fs:ebx + PPI_LAST_REQUEST], eax
        xor ecx, ecx
        mov [fs:ebx + PPI_REQUEST], ecx
        mov [fs:ebx + PPI_PARAMETER], ecx
        sti
        call find_operation
        mov di, text_unknown
        jc .not_done_unasked
        call is_possible
        mov di, text_no_variables
        jc .not_done_unasked
        push si
        call read_banks
        pop si
        jc .not_done_unasked
        test eax, eax
        jnz .tpm_says_unasked
        cmp byte [cs:si + OPERATION], SET_BANKS
        jne .ask
        call are_banks_there
        jc .not_done_unasked
.ask:   call is_user_required
        jz .announce
        call ask
        jc .refused
        jmp .do
.announce:
        call print_request
.do:    call [cs:si + HANDLER]
        jc .not_done
        test eax, eax
        jnz .tpm_says
        mov si, text_done
        call print
        cmp byte [RESTART], 0
        je .result
        mov si, text_restart
        call print
        jmp .result
.not_done_unasked:
        call print_request
.not_done:
        mov si, text_not_done
        call print
        mov si, di
        call print
        mov eax, BIOS_FAILURE
        jmp .result
.tpm_says_unasked:
        call print_request
.tpm_says:
        mov si, text_not_done
        call print
        mov si, text_tpm_code
        call print
        call print_hex
        jmp .result
.refused:
        mov si, text_refused
        call print
        mov eax, USER_ABORT
.result:
        mov si, text_line
        call print
        call wait_tick                  ; the firmware keeps the last character from the serial port until then
        call reach_page
        mov [fs:ebx + PPI_RESULT], eax
        call fill_functions             ; the flags may have changed
        sti
        ret

; EAX = an operation's number: CS:SI = its entry. Carry: there is none.
find_operation:
        mov si, operations
.next:  movzx ecx, byte [cs:si + OPERATION]
        cmp eax, ecx
        je .out
        add si, OPERATION_SIZE
        cmp si, operations.end
        jb .next
        xor si, si
        stc
.out:   ret

; "The operating system asks to ...". SI = the operation, 0: an unknown one. Changes nothing.
print_request:
        pushad
        mov bp, si
        mov si, text_asks
        call print
        test bp, bp
        jz .unknown
        mov si, text_ask_again
        test byte [cs:bp + TRAITS], ASK_AGAIN
        jnz .prefix
        mov si, text_ask_no_more
        test byte [cs:bp + TRAITS], ASK_NO_MORE
        jz .name
.prefix:
        call print
.name:  mov si, [cs:bp + TEXT]
        call print
        cmp byte [cs:bp + OPERATION], SET_BANKS
        jne .end
        call print_banks
        jmp .end
.unknown:
        mov si, text_operation
        call print
        mov eax, [REQUEST]
        call print_decimal
.end:   mov si, text_full_stop
        call print
        popad
        ret

; The question, once nobody types any more what was meant for something else. Carry: the answer is no. SI stays.
ask:
        cmp byte [NO_CONSOLE], 0
        jne .nobody
        mov ecx, [PATIENCE]
        or cl, QUIET                    ; the question is put also where nobody is waited for
.busy:  mov bp, QUIET
.quiet: call next_key
        jnz .typed
        test ecx, ecx
        jz .late
        dec ecx
        call wait_tick
        dec bp
        jnz .quiet
        call print_request
        mov bp, si
        mov si, [cs:bp + CONSEQUENCE]
        call print
        mov si, text_caution_key
        test byte [cs:bp + TRAITS], CAUTION
        jnz .keys
        mov si, text_accept_key
.keys:  call print
        mov si, text_refuse_key
        call print
        mov eax, [SECONDS]
        call print_decimal
        mov si, text_seconds
        call print
        mov si, bp
        mov ecx, [PATIENCE]
.wait:  call next_key
        jnz .key
        test ecx, ecx
        jz .no
        dec ecx
        call wait_tick
        jmp .wait
.key:   cmp al, 0x1B
        je .no
        mov dl, al
        or dl, 0x20
        cmp dl, 'n'
        je .no
        test byte [cs:si + TRAITS], CAUTION
        jz .accept
        cmp al, 'Y'
        je .yes
        cmp ax, 0x8600                  ; F12 on a keyboard
        je .yes
        cmp ax, 0x5800                  ; F12 on the serial console; on a keyboard Shift and F5
        jne .wait
        test byte [fs:KEYBOARD_FLAGS], SHIFT_KEYS
        jz .yes
        jmp .wait
.accept:
        cmp dl, 'y'
        je .yes
        cmp ax, 0x4400                  ; F10
        jne .wait
.yes:   clc
        ret
.typed: jecxz .late
        dec ecx
        jmp .busy
.nobody:
        call print_request
        mov si, text_no_console
        jmp .say
.late:  call print_request
        mov si, text_typing
.say:   call print
.no:    stc
        ret
