# completion.bash - what bash offers after `zmirror`
# shellcheck shell=bash disable=SC2207

_zmirror_names() {
    zmirror list --types "$1" --keys id --no-headers --format plain 2>/dev/null |
        sed -n 's/^[^|]*|\(name\|uuid\):\([^|]*\).*/\2/p; s/^[^|]*|pool:\([^|]*\)|name:\([^|]*\).*/\1 \2/p'
}

_zmirror() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]:-}
    local types="all group disk part crypt zpool zvol dataset zdev"
    local commands="daemon startup shutdown reload-config daemon-version online offline scrub trim
        snapshot status list history explain enable disable get set check check-trim enable-trim
        simulate label maintenance scrub-overdue trim-overdue update-overdue scrub-all trim-all
        online-all status-all"

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "$commands --help --version" -- "$cur"))
        return
    fi
    case $cur in
    --*)
        COMPREPLY=($(compgen -W "--help --cancel --no-block --keys --add-columns --remove-columns
            --no-headers --format --sort --types --groups --ids --hierarchy --graph --boundaries
            --color --config-path --socket-path" -- "$cur"))
        return
        ;;
    esac
    case $prev in
    online | offline | scrub | trim | status | snapshot | explain)
        COMPREPLY=($(compgen -W "$types" -- "$cur"))
        return
        ;;
    disk | part | crypt | zpool | zvol | dataset | zdev)
        COMPREPLY=($(compgen -W "$(_zmirror_names "$prev")" -- "$cur"))
        return
        ;;
    --config-path | check-trim | enable-trim | label)
        COMPREPLY=($(compgen -f -- "$cur"))
        return
        ;;
    esac
    case $command in
    enable | disable) COMPREPLY=($(compgen -W "commands event-handlers log-events log-full-events" -- "$cur")) ;;
    get) COMPREPLY=($(compgen -W "commands event-handlers log-events log-full-events log-level timeout" -- "$cur")) ;;
    set) COMPREPLY=($(compgen -W "log-level timeout" -- "$cur")) ;;
    esac
}

complete -F _zmirror zmirror
