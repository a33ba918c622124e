# zmirror.bash - what bash offers behind `zmirror`: the program itself knows
# shellcheck shell=bash

_zmirror() {
    local word

    COMPREPLY=()
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    --*-path | label | holders | check-trim | enable-trim)
        compopt -o default
        return
        ;;
    esac
    while IFS= read -r word; do
        COMPREPLY+=("$(printf '%q' "$word")")
    done < <("${COMP_WORDS[0]}" complete-words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

complete -F _zmirror zmirror
