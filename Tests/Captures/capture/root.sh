#!/bin/bash
# root.sh NAME PACKAGE…: the root ROOTS/NAME, a copy of the base with these Debian packages, configured by NAME.sh.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
ROOTS=${ROOTS:-/var/tmp/roots}
name=$1
shift
R=$ROOTS/$name
"$HERE/base.sh"
if [ ! -e "$R/.packages" ]; then
  rm -rf "$R"
  cp -a "$ROOTS/base" "$R"
  # The sources of packages, and the way to them, are this machine's.
  rm -f "$R/etc/apt/sources.list" "$R"/etc/apt/sources.list.d/*
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian* /etc/apt/apt.conf /etc/apt/apt.conf.d/*proxy*; do
    [ -e "$file" ] && install -D -m 644 "$file" "$R$file"
  done
  cp --remove-destination /etc/resolv.conf "$R/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$R/usr/sbin/policy-rc.d"
  chmod 755 "$R/usr/sbin/policy-rc.d"
  mount --bind /proc "$R/proc"
  trap 'umount "$R/proc"' EXIT
  chroot "$R" debconf-set-selections <<'SEED'
postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string mx.example.org
roundcube-core roundcube/dbconfig-install boolean true
roundcube-core roundcube/database-type select sqlite3
courier-base courier-base/webadmin-configmode boolean false
courier-base courier-base/certnotice note
SEED
  chroot "$R" apt-get -q update
  DEBIAN_FRONTEND=noninteractive nice chroot "$R" apt-get -q -y --no-install-recommends install "$@"
  chroot "$R" apt-get clean
  rm "$R/usr/sbin/policy-rc.d"
  umount "$R/proc"
  trap - EXIT
  touch "$R/.packages"
fi

# What all roots have in common.
echo mx >"$R/etc/hostname"
echo mx.example.org >"$R/etc/mailname"
cat >"$R/etc/hosts" <<'HOSTS'
127.0.0.1 localhost
::1 localhost
192.0.2.25 mx.example.org mx
192.0.2.26 pop.example.com
192.0.2.27 imap.example.com
HOSTS
rm -f "$R/etc/resolv.conf"
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$R/etc/resolv.conf"
mkdir -p "$R/var/log/journal" "$R/etc/systemd/journald.conf.d" "$R/usr/local/lib/lab"
printf '[Journal]\nStorage=persistent\nRateLimitIntervalSec=0\n' >"$R/etc/systemd/journald.conf.d/lab.conf"
install -m 755 "$HERE"/service/*.py "$R/usr/local/lib/lab/"
unit() { # NAME: an enabled unit with the text from standard input
  cat >"$R/etc/systemd/system/$1"
  mkdir -p "$R/etc/systemd/system/$2.wants"
  ln -sf "/etc/systemd/system/$1" "$R/etc/systemd/system/$2.wants/$1"
}
# The documentation ranges are local: there is no other interface, so that clients can have such addresses.
unit lab-net.service sysinit.target <<'UNIT'
[Unit]
DefaultDependencies=no
Before=basic.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip link set lo up
ExecStart=ip route replace local 192.0.2.0/24 dev lo
ExecStart=ip route replace local 198.51.100.0/24 dev lo
ExecStart=ip route replace local 203.0.113.0/24 dev lo
ExecStart=ip address add 192.0.2.25/32 dev lo
UNIT
for service in "$HERE"/service/*.py; do
  service=$(basename "$service" .py)
  unit "lab-$service.service" multi-user.target <<UNIT
[Unit]
Before=postfix.service exim4.service opensmtpd.service
[Service]
ExecStart=/usr/bin/python3 /usr/local/lib/lab/$service.py
StandardOutput=null
StandardError=file:/run/lab-$service.err
UNIT
done
if [ ! -e "$R/etc/ssl/private/lab.key" ]; then
  chroot "$R" openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=mx.example.org \
    -addext 'subjectAltName=DNS:mx.example.org,DNS:pop.example.com,DNS:imap.example.com,DNS:localhost' \
    -keyout /etc/ssl/private/lab.key -out /etc/ssl/certs/lab.pem 2>/dev/null
fi
rm -rf "${R:?}"/var/log/journal/*
# shellcheck source=/dev/null
. "$HERE/$name.sh"
