#!/bin/sh
# usage: enter.sh ROOT COMMAND ARGUMENT...
#        enter.sh --check
# Runs a command with ROOT's /usr and /etc instead of the host's, and all else of the host in its place; or only says
# whether this machine lets it. A mount namespace and `exec` all the way: signals, exit codes and working directory are
# the command's own. No chroot, for in one Bazel's sandbox could make no user namespaces.
set -eu

stop() {
  echo "bazelw: $*" >&2
  exit 36
}

if [ "$1" != --inside ]; then
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
  if unshare --mount true 2>/dev/null; then
    as=
  elif unshare --user --map-current-user --keep-caps --mount true 2>/dev/null; then
    as="--user --map-current-user --keep-caps"
  elif [ ! -r /proc/self/mountinfo ]; then
    stop "/proc is not mounted, so no namespace can be made; mount it, or install bazelisk, or set BAZEL."
  elif ! cut -d ' ' -f 5 /proc/self/mountinfo | grep -qx /; then
    stop "this is a chroot, in which Linux makes no namespaces; start it as a container, such as with" \
      "systemd-nspawn, or install bazelisk, or set BAZEL."
  else
    stop "this machine forbids user namespaces, which Debian's Bazel needs;" \
      "run as root, or install bazelisk, or set BAZEL."
  fi
  [ "$1" != --check ] || exit 0
  # shellcheck disable=SC2086 # words
  exec unshare $as --mount --propagation private /bin/sh "$0" --inside "$@"
fi
root=$2
shift 2

cwd=$PWD
new=$(dirname "$root")/mount
mkdir -p "$new"
mount -t tmpfs -o mode=755 none "$new"
for name in usr etc; do
  mkdir "$new/$name"
  mount --bind "$root/$name" "$new/$name"
  # Builds can't change it. Where a user may not even ask for that, the sandbox has to do.
  mount -o remount,bind,ro,nosuid,nodev "$new/$name" 2>/dev/null || true
done
for name in hosts resolv.conf passwd group; do
  [ ! -e "/etc/$name" ] || mount --bind "/etc/$name" "$new/etc/$name"
done
# A host without certificates would only hide the root's.
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || mount --rbind /etc/ssl "$new/etc/ssl"
for name in bin sbin lib lib64; do
  ln -s "usr/$name" "$new/$name"
done
for entry in /*; do
  name=${entry#/}
  case $name in
    usr | etc | bin | sbin | lib | lib32 | lib64 | libx32 | boot | lost+found) continue ;;
  esac
  if [ -L "$entry" ]; then
    ln -s "$(readlink "$entry")" "$new/$name"
  elif [ -d "$entry" ]; then
    mkdir "$new/$name"
    mount --rbind "$entry" "$new/$name"
  fi
done
printf '%s\n' "$(readlink -f "$0")" "$root" >"$new/.bazelw" # for scripts that have to come back, see isolation/debian.py
mkdir "$new/.host"
pivot_root "$new" "$new/.host"
umount -l /.host
rmdir /.host
cd "$cwd"

sandbox=/usr/share/bazel/linux-sandbox
# Where its sandbox can't work, Bazel goes on without, and says nothing. (Tried in a folder that nothing is mounted
# below, as it is with those that Bazel takes.)
sandbox_works() {
  [ ! -e "$sandbox" ] || "$sandbox" -W /usr -- /bin/true >/dev/null 2>&1
}
# Twice, for it also fails when somebody unmounts something at that moment.
sandbox_works || { sleep 1 && sandbox_works; } ||
  stop "this machine forbids the namespaces of Bazel's linux-sandbox; run as root, or install bazelisk, or set BAZEL."
if [ "$(id -u)" = 0 ]; then
  exec "$@"
fi
# What an ordinary user's namespace took for mounting is nothing that builds should have.
exec setpriv --inh-caps=-all --ambient-caps=-all -- "$@"
