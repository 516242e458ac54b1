#!/bin/sh
# usage: enter.sh ROOT COMMAND ARGUMENT...
# Runs a command with ROOT's /usr and /etc instead of the host's, and all else of the host in its place.
# A mount namespace and `exec` all the way: signals, exit codes and working directory are the command's own. No chroot,
# for in one Bazel's sandbox could make no user namespaces.
set -eu

stop() {
  echo "bazelw: $*" >&2
  exit 36
}

if [ "${1:-}" != --inside ]; then
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
  if unshare --mount true 2>/dev/null; then
    exec unshare --mount --propagation private "$0" --inside "$@"
  elif unshare --user --map-current-user --keep-caps --mount true 2>/dev/null; then
    exec unshare --user --map-current-user --keep-caps --mount --propagation private "$0" --inside "$@"
  fi
  stop "this machine forbids user namespaces, which Debian's Bazel needs here; run as root, or install bazelisk and set BAZEL."
fi
shift
root=$1
shift

cwd=$PWD
new=$(dirname "$root")/mount
mkdir -p "$new"
mount -t tmpfs -o mode=755 none "$new"
for name in usr etc; do
  mkdir "$new/$name"
  mount --bind "$root/$name" "$new/$name"
  # Builds can't change it. Where a user's namespace may not remount, file ownership has to do.
  mount -o remount,bind,ro "$new/$name" 2>/dev/null || true
done
for name in hosts resolv.conf passwd group ssl; do
  [ ! -e "/etc/$name" ] || mount --bind "/etc/$name" "$new/etc/$name"
done
for name in bin sbin lib lib64; do
  ln -s "usr/$name" "$new/$name"
done
for entry in /*; do
  name=${entry#/}
  case $name in
    usr | etc | bin | sbin | lib* | boot | lost+found) continue ;;
  esac
  if [ -L "$entry" ]; then
    ln -s "$(readlink "$entry")" "$new/$name"
  elif [ -d "$entry" ]; then
    mkdir "$new/$name"
    mount --rbind "$entry" "$new/$name"
  fi
done
mkdir "$new/.host"
pivot_root "$new" "$new/.host"
umount -l /.host
rmdir /.host
cd "$cwd"
exec "$@"
