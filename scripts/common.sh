# Sourced by the scripts: packages, steps with times, messages.
# SPDX-License-Identifier: Apache-2.0

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# Names of the packages in scripts/packages that this host needs.
needed_packages() {
    local arch
    arch=$(dpkg --print-architecture)
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1" | while read -r p; do
        case $p in
            "$arch"@*) echo "${p#*@}" ;;
            *@*) ;;
            *) echo "$p" ;;
        esac
    done
}

missing_packages() {
    local p
    needed_packages "$1" | while read -r p; do
        dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null | grep -qx installed || echo "$p"
    done
}

# step TEXT COMMAND...: one line with the time it took; the output goes to $step_log,
# whose end is shown when the command fails.
step_number=0
step() {
    local text=$1 start=$SECONDS status
    shift
    step_number=$((step_number + 1))
    printf '[%2d] %-52s' "$step_number" "$text"
    printf '\n== %s\n' "$text" >> "$step_log"
    "$@" >> "$step_log" 2>&1 < /dev/null
    status=$?
    if [ $status -ne 0 ]; then
        printf ' failed after %ss\n' $((SECONDS - start))
        tail -n 30 "$step_log" >&2
        die "$text: failed with status $status; the whole log is $step_log"
    fi
    printf ' %4ss\n' $((SECONDS - start))
}

# The best version of a source package that is in the cache and acceptable: listed in the
# table (scripts/sources.tab) with this checksum.
source_in_cache() { # TABLE CACHE PACKAGE
    local package file sum _
    while read -r package _ _ _ file sum; do
        if [ "$package" = "$3" ] && [ -f "$2/$file" ] && echo "$sum  $2/$file" | sha256sum --check --status; then
            echo "$2/$file"
            return 0
        fi
    done < "$1"
    return 1
}
