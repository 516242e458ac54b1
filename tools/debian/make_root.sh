#!/usr/bin/env bash
# usage: make_root.sh CACHE [PACKAGE...]
# Makes a root file system with Debian's own Bazel, once, and prints its path; on a second line that of a trust store
# with the host's certificates for Bazel's downloader, if the host has any. With packages: one that has these instead,
# for which no trust store is made; DEBIAN_SUITE is the release that they are of.
set -euo pipefail

cache=$1
packages=("${@:2}")
contents=${packages[*]}
lacking="private Debian with $contents"
cost="about a minute"
suite=${DEBIAN_SUITE:-forky}
instead= # what else a user can do who has no use for the root itself
if ((!${#packages[@]})); then
  packages=(ca-certificates bazel-bootstrap python3-dev python3-venv git libssl-dev libzstd-dev mount)
  suite=forky # older ones have no Bazel that would do
  contents=bazel-bootstrap
  lacking="Bazel 7.4 or newer on PATH"
  cost="about a minute, 1.4 GB of disk"
  instead=", or install bazelisk, or set BAZEL"
fi
enter=$(dirname "$0")/enter.sh
# shellcheck disable=SC2054 # commas within words
recipe=(
  --variant=essential
  # The mirror's Release file may be weeks old.
  --aptopt='Acquire::Check-Valid-Until "false"'
  --aptopt='APT::Install-Recommends "false"'
  --dpkgopt='path-exclude=/usr/share/doc/*'
  --dpkgopt='path-exclude=/usr/share/locale/*'
  # Not man/*: a package's script wants the folders in it.
  --dpkgopt='path-exclude=/usr/share/man/*/*'
  --include="$(IFS=, && echo "${packages[*]}")"
  --format=tar
  "$suite"
)
version=2 # of what is done with it below
root=$cache/debian-$(printf '%s\n' "${recipe[@]}" "$version" "$(uname -m)" | sha256sum | cut -c1-12)
log=$cache/debian.log

# Named after its content: a server that was started with other certificates has to be started anew.
certificates=/etc/ssl/certs/ca-certificates.crt
trust=
if [[ $contents == bazel-bootstrap && -s $certificates ]]; then
  trust=$cache/trust-$(sha256sum <"$certificates" | cut -c1-12).p12
fi

say() {
  echo "bazelw: $*" >&2
}

stop() {
  say "$*"
  exit 36
}

failed() {
  tail -n 15 "$log" >&2
  stop "$1 failed, see $log; mend that and try again$instead."
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

install_tools() {
  local missing=()
  command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
  [[ $(id -u) == 0 ]] || command -v newuidmap >/dev/null || missing+=(uidmap)
  ((${#missing[@]})) || return 0
  as_root true 2>/dev/null || stop "there is no $lacking, and to make one takes ${missing[*]};" \
    "run \`sudo apt-get install ${missing[*]}\`$instead."
  local how=
  [[ $(id -u) == 0 ]] || how=" with sudo"
  say "1/3 installing ${missing[*]}$how, which makes a private Debian ($cost)"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}")
  # Whether an update went well only shows in whether the packages can be had: it reads other people's mirrors, too.
  as_root "${install[@]}" >>"$log" 2>&1 || {
    as_root apt-get update >>"$log" 2>&1 || true
    as_root "${install[@]}" >>"$log" 2>&1 || failed "apt-get install ${missing[*]}"
  }
}

# For an ordinary user mmdebstrap needs user numbers to give to Debian's users.
check_user_numbers() {
  local file user
  user=$(id -un)
  [[ $(id -u) != 0 ]] || return 0
  for file in /etc/subuid /etc/subgid; do
    grep -qs "^$user:" "$file" || stop "$file has no line for $user, which making a private Debian takes;" \
      "run \`sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $user\`$instead."
  done
}

# Says how far it is, until its parent ends.
show_progress() {
  while sleep 15 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null && [[ -d $1 ]]; do
    say "    $(grep '^I: ' "$log" | tail -n 1 | cut -c 4-)" # mmdebstrap's own words; its files come last, all at once
  done
}

make_root() {
  local temporary progress
  rm -rf "$cache"/debian-*.tmp.* # what killed runs left
  : >"$log"
  "$enter" --check
  install_tools
  check_user_numbers
  say "2/3 making a private Debian with $contents in $cache (once; $cost)"
  temporary=$(mktemp -d "$root.tmp.XXXXXX")
  show_progress "$temporary" >/dev/null 9>&- &
  progress=$!
  trap 'kill "$progress" 2>/dev/null; rm -rf "$temporary"' EXIT
  # Through tar, so that the files belong to this user whatever mmdebstrap had to do, and none is setuid.
  mmdebstrap "${recipe[@]}" 2>>"$log" |
    tar -x --no-same-owner --no-same-permissions --exclude='./dev/*' -C "$temporary" 2>>"$log" || failed mmdebstrap
  # What the host's files are mounted over.
  touch "$temporary"/etc/{hosts,resolv.conf,passwd,group}
  mkdir -p "$temporary"/etc/ssl
  chmod 755 "$temporary"
  mv "$temporary" "$root"
  kill "$progress" 2>/dev/null || true
  trap - EXIT
}

# Java can't read the host's PEM bundle, which knows the certificates of a proxy that inspects TLS.
make_trust() {
  say "3/3 handing the host's certificates to Bazel"
  "$enter" "$root" openssl pkcs12 -export -nokeys -jdktrust anyExtendedKeyUsage \
    -in "$certificates" -out "$trust.tmp" -passout pass:changeit >>"$log" 2>&1 || failed openssl
  mv "$trust.tmp" "$trust"
}

made() {
  [[ -d $root && (-z $trust || -f $trust) ]]
}

if ! made; then
  { mkdir -p "$cache" && : >>"$cache/lock"; } 2>/dev/null ||
    stop "can't write to $cache; make it writable, or set RULES_SDIST_CACHE to another folder."
  (
    if ! flock -n 9; then
      say "another bazelw is preparing a private Debian; waiting for it"
      flock 9
    fi
    [[ -d $root ]] || make_root
    made || make_trust
  ) 9>>"$cache/lock"
fi
echo "$root"
[[ -z $trust ]] || echo "$trust"
