# zmirror.bash - what bash offers behind `zmirror`: the program itself knows
# shellcheck shell=bash

# The command that was typed takes files: the first word that is no option, nor the path behind one.
_zmirror_takes_files() {
    local i

    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --*-path) [[ ${COMP_WORDS[i + 1]} == '=' ]] && ((i++)); ((i++)) ;;
        -*) ;;
        label | holders | check-trim | enable-trim | power-off | simulate) return 0 ;;
        *) return 1 ;;
        esac
    done
    return 1
}

_zmirror() {
    local word before=${COMP_WORDS[COMP_CWORD - 1]}

    COMPREPLY=()
    # bash makes words of "--config-path", "=" and "/et".
    if [[ $before == '=' ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [[ $before == --*-path ]] || { [[ $2 != -* ]] && _zmirror_takes_files; }; then
        compopt -o default
        return
    fi
    while IFS= read -r word; do
        COMPREPLY+=("$(printf '%q' "$word")")
    done < <("${COMP_WORDS[0]}" complete-words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

complete -F _zmirror zmirror
