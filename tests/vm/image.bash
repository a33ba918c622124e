# image.bash - what build-modules and build-image share: the cache, and bootstrapping a Debian
# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts that source this use the variables

cache=${ZMIRROR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zmirror}/vm

say() {
    printf '[%4ds] %s\n' "$SECONDS" "$*" >&2
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# key FILE...: names what is made of these files; their paths and modes count, too.
key() {
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - "$@" | sha256sum | cut -c 1-12
}

# lock NAME: only one process at a time builds NAME; the others wait, and then find it there.
lock() {
    mkdir -p "$cache"
    exec 9>"$cache/$1.lock"
    flock -n 9 || { say "another process builds $1, waiting for it"; flock 9; }
}

need() {
    local package missing=()

    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    apt-get -o DPkg::Lock::Timeout=300 update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null || fail "cannot install ${missing[*]}"
}

# Prints APT sources of the guest: from where this machine gets its own Debian 12, with the parts that ZFS
# lives in (contrib, backports). The machine's own configuration stays as it is.
sources() {
    local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]' uri

    # shellcheck disable=SC2016  # apt's variables, not the shell's
    uri=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        sed -n 's/^bookworm main //p' | head -n 1)
    [ -n "$uri" ] || fail "this machine has no APT source for bookworm main"
    printf 'deb %s %s %s main contrib\n' "$signed" "$uri" bookworm "$signed" "$uri" bookworm-updates
    printf 'deb %s %s %s main contrib\n' "$signed" "$uri" bookworm-backports
}

# bootstrap ZFS FOLDER PACKAGES: a minimal Debian 12, with ZFS from backports where 2.3 is wanted.
bootstrap() {
    local zfs=$1 folder=$2 packages=$3 priority=1

    [ "$zfs" = 2.3 ] && priority=990
    # A mirror may be frozen in time, so that its lists look outdated. mmdebstrap mounts /proc and more; where
    # nobody but it sees them, they are gone with it, even when it is killed.
    # shellcheck disable=SC2016  # $1 is for the hook's shell
    sources | ZFS_PRIORITY=$priority unshare --mount mmdebstrap --quiet --mode=root --variant=apt --include="$packages" \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --setup-hook='mkdir -p "$1/etc/apt/preferences.d" &&
            printf "%s\n" "Package: zfs* libzfs* libzpool* libnvpair* libuutil*" \
                "Pin: release n=bookworm-backports" "Pin-Priority: $ZFS_PRIORITY" \
                >"$1/etc/apt/preferences.d/zfs"' \
        bookworm "$folder" - >"$folder.log" 2>&1 || { tail -n 20 "$folder.log" >&2; fail "cannot bootstrap $folder"; }
    rm -f "$folder.log"
}
