#!/usr/bin/env bash
# usage: make_root.sh CACHE
# Makes a root file system with Debian's own Bazel, once, and prints its path. Beside it lies, as PATH.trust, a trust
# store with the host's certificates for Bazel's downloader.
set -euo pipefail

cache=$1
packages=ca-certificates,bazel-bootstrap,python3-dev,python3-venv,git,mount
recipe=(
  --variant=essential
  # The mirror's Release file may be weeks old.
  --aptopt='Acquire::Check-Valid-Until "false"'
  --aptopt='APT::Install-Recommends "false"'
  --dpkgopt='path-exclude=/usr/share/doc/*'
  --dpkgopt='path-exclude=/usr/share/locale/*'
  # Not man/*: a package's script wants the folders in it.
  --dpkgopt='path-exclude=/usr/share/man/*/*'
  --include="$packages"
  --format=tar
  forky
)
root=$cache/debian-$(printf '%s\n' "${recipe[@]}" 1 | sha256sum | cut -c1-12)
log=$cache/debian.log

say() {
  echo "bazelw: $*" >&2
}

stop() {
  say "$*"
  exit 36
}

run_logged() {
  "$@" >>"$log" 2>&1 || {
    tail -n 15 "$log" >&2
    stop "\`$1\` failed, see $log; mend that, or install bazelisk and set BAZEL."
  }
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

install_tools() {
  local needed=(mmdebstrap)
  [[ $(id -u) == 0 ]] || needed+=(uidmap)
  local missing=()
  for package in "${needed[@]}"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  as_root true 2>/dev/null ||
    stop "there is no Bazel on PATH, and ${missing[*]} is needed to make one; run \`sudo apt-get install ${missing[*]}\`, or set BAZEL."
  say "1/3 installing ${missing[*]}"
  run_logged as_root apt-get update
  run_logged as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

make_root() {
  local temporary
  rm -rf "$root".tmp.*
  temporary=$(mktemp -d "$root.tmp.XXXXXX")
  trap 'chmod -R u+w "$temporary" 2>/dev/null; rm -rf "$temporary"' EXIT
  install_tools
  say "2/3 making a private Debian with bazel-bootstrap in $cache (once; about a minute, 1.4 GB)"
  # Through tar, so that the files belong to this user whatever mmdebstrap had to do.
  if ! mmdebstrap "${recipe[@]}" 2>>"$log" | tar -x --no-same-owner --exclude='./dev/*' -C "$temporary" 2>>"$log"; then
    tail -n 15 "$log" >&2
    stop "mmdebstrap failed, see $log; mend that, or install bazelisk and set BAZEL."
  fi
  # What the host's files are mounted over.
  touch "$temporary"/etc/{hosts,resolv.conf,passwd,group}
  mkdir -p "$temporary/etc/ssl"
  chmod 755 "$temporary"
  mv "$temporary" "$root"
  trap - EXIT
}

# Java can't read the host's PEM bundle, which knows the certificates of a proxy that inspects TLS.
make_trust() {
  local bundle=/etc/ssl/certs/ca-certificates.crt
  if [[ -f $bundle && (! -f $root.trust || $bundle -nt $root.trust) ]]; then
    say "3/3 handing the host's certificates to Bazel"
    run_logged "$(dirname "$0")/enter.sh" "$root" \
      openssl pkcs12 -export -nokeys -jdktrust anyExtendedKeyUsage -in "$bundle" -out "$root.trust.tmp" -passout pass:changeit
    mv "$root.trust.tmp" "$root.trust"
  fi
}

done_already() {
  [[ -d $root && (! -f /etc/ssl/certs/ca-certificates.crt || ! /etc/ssl/certs/ca-certificates.crt -nt $root.trust) ]]
}

if ! done_already; then
  mkdir -p "$cache"
  (
    if ! flock -n 9; then
      say "another bazelw is preparing Bazel; waiting for it"
      flock 9
    fi
    [[ -d $root ]] || make_root
    make_trust
  ) 9>"$cache/lock"
fi
echo "$root"
