#!/bin/sh
# Makes the keys and signatures of these tests anew, with gpg; tests need only gpgv.
set -eu
cd "$(dirname "$0")/signatures"
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -r "$GNUPGHOME"' EXIT
rm -f *.gpg *.asc

gpg_at() { # SECONDS_SINCE_1970 ARGUMENTS: the clock stands there
  at=$1
  shift
  gpg --batch --quiet --pinentry-mode loopback --passphrase '' --faked-system-time "$at!" "$@"
}
for name in release stranger revoked; do
  gpg_at 1600000000 --quick-generate-key "$name@example.com" ed25519 sign never
  gpg_at 1600000100 --armor --local-user "$name@example.com" --output "$name.asc" --detach-sign wheels.sha256
done
gpg_at 1600000000 --quick-generate-key expired@example.com ed25519 sign 30d
gpg_at 1600000100 --armor --local-user expired@example.com --output expired.asc --detach-sign wheels.sha256
gpg_at 1600000100 --armor --local-user release@example.com --default-sig-expire 1d --output old.asc --detach-sign wheels.sha256
revocation=$(ls "$GNUPGHOME"/openpgp-revocs.d/"$(gpg --with-colons --list-keys revoked@example.com | sed -n 's/^fpr:::::::::\(.*\):/\1/p' | head -1)".rev)
sed 's/^:-----/-----/' "$revocation" | gpg_at 1600000200 --import
gpg_at 1600000300 --export release@example.com expired@example.com revoked@example.com > keyring.gpg
gpg_at 1600000300 --armor --export release@example.com > keyring.asc
