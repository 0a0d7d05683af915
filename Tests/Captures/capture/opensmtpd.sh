# shellcheck shell=bash disable=SC2154
# opensmtpd.sh: OpenSMTPD, which delivers to maildirs and to Dovecot. Read by root.sh. No submission: AUTH needs TLS,
# which this version cannot do as a server with OpenSSL 3.
echo 'dan@example.org:{PLAIN}secret:5000:5000::/var/vmail/dan::userdb_quota_rule=*:storage=20K' >"$R/etc/dovecot/users"
: >"$R/etc/dovecot/denied"
: >"$R/etc/dovecot/masters"
chroot "$R" sh -c 'getent passwd vmail >/dev/null ||
  { groupadd --gid 5000 vmail; useradd --uid 5000 --gid 5000 --home-dir /var/vmail vmail; }'
mkdir -p "$R/var/vmail"
chroot "$R" chown vmail:vmail /var/vmail
sed -e 's/ pop3 / /; /sieve_before/d; s/= postfix$/= vmail/; s#/var/spool/postfix/private/dovecot-lmtp#/run/lmtp#' \
  -e 's#/var/spool/postfix/private/auth#/run/sasl#' "$HERE/etc/dovecot.conf" >"$R/etc/dovecot/dovecot.conf"
cat >"$R/etc/smtpd.conf" <<'CONF'
table users { ann@example.org = vmail, bob@example.org = vmail, dan@example.org = vmail }
table domains { example.org }
table banned { banned@example.net }
filter block phase rcpt-to match mail-from <banned> reject "550 5.7.1 Sender is blacklisted here"
listen on 127.0.0.1
listen on 192.0.2.25 filter block
action "maildir" maildir "/var/vmail/%{dest.user}/Maildir" virtual <users>
action "lmtp" lmtp "/run/lmtp" rcpt-to virtual <users>
match from any for rcpt-to "dan@example.org" action "lmtp"
match from any for domain <domains> action "maildir"
CONF
