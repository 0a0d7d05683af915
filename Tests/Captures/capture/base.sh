#!/bin/bash
# base.sh: the Debian 12 root that every capture starts from, ROOTS/base. Needs root, debootstrap and apt's own
# configuration of this machine, which says where Debian's packages come from.
set -euo pipefail
ROOTS=${ROOTS:-/var/tmp/roots}
R=$ROOTS/base
[ -e "$R/.done" ] && exit
rm -rf "$R"
mkdir -p "$ROOTS"
# shellcheck disable=SC2016  # $(…) is apt's notation
mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(IDENTIFIER) $(REPO_URI)' |
  awk '$2 == "bookworm" && $3 == "Packages" { print $4; exit }')
debootstrap --variant=minbase \
  --include=systemd,systemd-sysv,dbus,iproute2,python3,openssl,ca-certificates,procps \
  bookworm "$R" "${mirror:?no Debian 12 archive in apt configuration}"
touch "$R/.done"
