; At most 78 characters a line.

text_line:         db 13, 10, 0
text_not_measured: db "tabtpm: not measured: ", 0
text_not_logged:   db "tabtpm: measured, but not logged: ", 0
text_firmware:     db ": the firmware says ", 0
text_tpm:          db ": the TPM says ", 0
text_no_log:       db ": there is no event log with these banks", 0
text_full:         db ": the event log is full", 0

text_asks:         db 13, 10, "tabtpm: The operating system asks to ", 0
text_operation:    db "do operation ", 0
text_ask_again:    db 13, 10, "always ask here before it may ", 0
text_ask_no_more:  db 13, 10, "never again ask here before it may ", 0
text_full_stop:    db ".", 13, 10
text_none:         db 0
text_clear:        db "clear the TPM", 0
text_turn_on_and_clear: db "turn on and clear the TPM", 0
text_turn_on:      db "turn on the TPM", 0
text_turn_off:     db "turn off the TPM", 0
text_endorsement_off: db 13, 10, "turn off the TPM's endorsement hierarchy only", 0
text_banks:        db 13, 10, "have the PCR banks", 0
text_change_banks: db "change the PCR banks", 0
text_change_eps:   db "change the TPM's endorsement seed", 0
text_space:        db " ", 0
text_sha1:         db "SHA-1", 0
text_sha256:       db "SHA-256", 0
text_sha384:       db "SHA-384", 0
text_sha512:       db "SHA-512", 0
text_sm3:          db "SM3", 0

text_about_clear:
        db "All its keys, the owner's data and passwords are lost for good; what they", 13, 10
        db "protect, such as an encrypted disk, can't be opened with them any more.", 13, 10, 0
text_about_turn_on:
        db "Its keys can be used again.", 13, 10, 0
text_about_turn_off:
        db "None of its keys can be used until it is turned on again; what they protect,", 13, 10
        db "such as an encrypted disk, can't be opened with them meanwhile.", 13, 10, 0
text_about_endorsement_off:
        db "It can't prove any more whose TPM it is, until it is turned on again. Keys of", 13, 10
        db "the storage hierarchy can be used.", 13, 10, 0
text_about_banks:
        db "What is sealed to PCRs of a bank that goes can't be unsealed any more. The", 13, 10
        db "machine restarts.", 13, 10, 0
text_about_change_eps:
        db "Its endorsement keys are lost for good, and its certificates are worthless: it", 13, 10
        db "becomes a TPM that nobody knows.", 13, 10, 0
text_about_flags:
        db "Any program that rules the operating system can then do so without you.", 13, 10, 0

text_caution_key:  db "F12 or Y: do it. ", 0
text_accept_key:   db "F10 or y: do it. ", 0
text_refuse_key:   db "ESC or n: refuse. No answer within ", 0
text_seconds:      db " seconds refuses.", 13, 10, 0

text_done:         db "Done.", 0
text_restart:      db " Restarting.", 0
text_refused:      db "Refused: nothing has changed.", 0
text_no_console:   db "There is no console, so nobody can be asked. ", 0
text_typing:       db "Somebody keeps typing, so the question can't be put. ", 0
text_not_done:     db "Not done: ", 0
text_unknown:      db "this firmware has no such operation.", 0
text_no_variables: db "this machine has no place to keep it.", 0
text_not_stored:   db "it could not be stored.", 0
text_unreachable:  db "no TPM answers.", 0
text_no_bank:      db "the TPM does not have these banks.", 0
text_no_room:      db "the TPM has no room for these banks.", 0
text_tpm_code:     db "the TPM says ", 0
text_still_on:     db "tabtpm: hierarchies that are turned off could not be disabled: ", 0
