# shellcheck shell=bash disable=SC2154
# mail.sh: Dovecot, Postfix, Roundcube, fetchmail and getmail as the captures need them. Read by root.sh.
# The users' password is "secret". A mailbox's own settings stand behind its name.
cat >"$R/etc/dovecot/users" <<'USERS'
ann@example.org:{PLAIN}secret:5000:5000::/var/vmail/ann::
bob@example.org:{PLAIN}secret:5000:5000::/var/vmail/bob::
carol@example.org:{PLAIN}secret:5000:5000::/var/vmail/carol::allow_nets=192.0.2.0/24
dan@example.org:{PLAIN}secret:5000:5000::/var/vmail/dan::userdb_quota_rule=*:storage=20K
pat@example.org:{PLAIN}secret:5000:5000::/var/vmail/pat::
gone@example.org:{PLAIN}secret:5000:5000::/var/vmail/gone::
eve@example.org:{PLAIN}secret:5000:5000::/var/vmail/eve::
ann@example.com:{PLAIN}secret:5000:5000::/var/vmail/ann.example.com::
bob@example.com:{PLAIN}secret:5000:5000::/var/vmail/bob.example.com::
USERS
{
  printf 'ret@example.org:{PLAIN}secret:5000:5000::/var/vmail/ret::'
  printf 'userdb_namespace/inbox/mailbox/%s/autoexpunge=1s ' Trash Junk Sent INBOX Lists
  echo
} >>"$R/etc/dovecot/users"
echo 'eve@example.org:' >"$R/etc/dovecot/denied"
echo 'helpdesk:{PLAIN}master' >"$R/etc/dovecot/masters"
grep -q '^vmail:' "$R/etc/passwd" || chroot "$R" sh -c \
  'groupadd --gid 5000 vmail; useradd --uid 5000 --gid 5000 --home-dir /var/vmail vmail'
rm -rf "$R/var/vmail"
mkdir -p "$R/var/vmail/bob" "$R/etc/dovecot/sieve"
install -m 644 "$HERE/etc/dovecot.conf" "$R/etc/dovecot/dovecot.conf"
cat >"$R/etc/dovecot/sieve/spam.sieve" <<'SIEVE'
require ["fileinto", "mailbox"];
if header "X-Spam-Level" "**********" { discard; stop; }
if header "X-Spam-Flag" "YES" { fileinto :create "Junk"; stop; }
SIEVE
cat >"$R/var/vmail/bob/.dovecot.sieve" <<'SIEVE'
require ["fileinto", "mailbox"];
if header :contains "Subject" "lottery" { discard; stop; }
if header :contains "Subject" "newsletter" { fileinto :create "Lists"; stop; }
SIEVE
chroot "$R" sievec /etc/dovecot/sieve/spam.sieve
chroot "$R" chown -R vmail:vmail /var/vmail
# Roundcube's password plugin rewrites the file of the users.
chroot "$R" chown www-data:dovecot /etc/dovecot/users
chroot "$R" chgrp www-data /etc/dovecot
chmod 775 "$R/etc/dovecot"
chmod 664 "$R/etc/dovecot/users"

# Retention by a timer's unit.
cat >"$R/etc/systemd/system/mail-retention.service" <<'UNIT'
[Service]
Type=oneshot
ExecStart=doveadm expunge -u pat@example.org mailbox Trash savedbefore 1s
ExecStart=doveadm expunge -u pat@example.org mailbox Junk savedbefore 1s
ExecStart=doveadm expunge -u pat@example.org mailbox Sent savedbefore 1s
ExecStart=doveadm expunge -u pat@example.org mailbox INBOX savedbefore 1s
ExecStart=doveadm expunge -u pat@example.org mailbox Lists savedbefore 1s
UNIT

cat >"$R/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mx.example.org
myorigin = mx.example.org
mydestination = mx.example.org, localhost
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1, 192.0.2.25
inet_protocols = ipv4
alias_maps = inline:{postmaster=root}
alias_database =
home_mailbox = Maildir/
smtpd_tls_cert_file = /etc/ssl/certs/lab.pem
smtpd_tls_key_file = /etc/ssl/private/lab.key
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
virtual_mailbox_domains = example.org
virtual_mailbox_maps = texthash:/etc/postfix/mailboxes
virtual_alias_maps = texthash:/etc/postfix/aliases
virtual_transport = lmtp:unix:private/dovecot-lmtp
lmtp_destination_recipient_limit = 1
transport_maps = texthash:/etc/postfix/transport
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = permit_mynetworks, reject_unlisted_recipient,
  check_client_access cidr:/etc/postfix/clients, check_sender_access texthash:/etc/postfix/senders,
  reject_rbl_client bl.example.net, reject_rhsbl_sender dbl.example.net
header_checks = regexp:/etc/postfix/headers
smtpd_error_sleep_time = 0
smtpd_tls_loglevel = 0
smtpd_client_auth_rate_limit = 0
postscreen_dnsbl_sites = bl.example.net
postscreen_dnsbl_action = enforce
postscreen_greet_wait = 1s
CONF
install -m 644 "$HERE/etc/master.cf" "$R/etc/postfix/master.cf"
for name in ann bob carol dan pat ret eve gone; do echo "$name@example.org $name"; done >"$R/etc/postfix/mailboxes"
: >"$R/etc/postfix/aliases"
printf 'gone@example.org discard:silently\ndiscarded.example.net discard:no mail there\n' >"$R/etc/postfix/transport"
printf '198.51.100.77/32 REJECT Client is on our block list\n' >"$R/etc/postfix/clients"
printf '%s\n' 'banned@example.net REJECT Sender is blacklisted here' 'quiet@example.net DISCARD unwanted' \
  >"$R/etc/postfix/senders"
printf '%s\n' '/^X-Worm:/ DISCARD worm' >"$R/etc/postfix/headers"

# Roundcube
cat >"$R/etc/roundcube/config.inc.php" <<'PHP'
<?php
$config = [];
$config['db_dsnw'] = 'sqlite:////var/lib/roundcube/lab.sqlite?mode=0640';
$config['imap_host'] = '127.0.0.1:143';
$config['smtp_host'] = '127.0.0.1:587';
$config['des_key'] = 'just-a-key-of-24-letters';
$config['log_driver'] = 'syslog';
$config['syslog_facility'] = LOG_MAIL;
$config['log_logins'] = true;
$config['plugins'] = ['archive', 'password'];
$config['trash_mbox'] = 'Trash';
$config['sent_mbox'] = 'Sent';
$config['archive_mbox'] = 'Archive';
$config['create_default_folders'] = true;
PHP
mkdir -p "$R/etc/roundcube/plugins/password"
cat >"$R/etc/roundcube/plugins/password/config.inc.php" <<'PHP'
<?php
$config['password_driver'] = 'dovecot_passwdfile';
$config['password_dovecot_passwdfile_path'] = '/etc/dovecot/users';
$config['password_algorithm'] = 'clear';
$config['password_algorithm_prefix'] = '{PLAIN}';
$config['password_minimum_length'] = 4;
$config['password_log'] = true;
PHP
cat >"$R/etc/nginx/conf.d/lab.conf" <<'NGINX'
server {
  listen 192.0.2.25:80;
  root /var/lib/roundcube/public_html;
  index index.php;
  access_log off;
  location ~ \.php(/|$) {
    fastcgi_pass unix:/run/php/php8.2-fpm.sock;
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
  }
}
NGINX
rm -f "$R/etc/nginx/sites-enabled/default" "$R/var/lib/roundcube/lab.sqlite"
python3 - "$R/var/lib/roundcube/lab.sqlite" "$R/usr/share/roundcube/SQL/sqlite.initial.sql" <<'PYTHON'
import sqlite3, sys
sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())
PYTHON
chroot "$R" chown -R www-data:www-data /var/lib/roundcube

# fetchmail as Debian runs it, getmail in units of its own.
echo START_DAEMON=yes >"$R/etc/default/fetchmail"
mkdir -p "$R/etc/getmail" "$R/var/lib/getmail"
chroot "$R" chown vmail /var/lib/getmail
cat >"$R/etc/systemd/system/getmail@.service" <<'UNIT'
[Service]
Type=oneshot
User=vmail
ExecStart=getmail --getmaildir /var/lib/getmail --rcfile /etc/getmail/%i
UNIT
cat >"$R/etc/systemd/system/fetchmail-ann.service" <<'UNIT'
[Service]
Type=oneshot
User=fetchmail
ExecStart=fetchmail -N -v -f /etc/fetchmail-ann
UNIT
rm -f "$R"/etc/systemd/system/multi-user.target.wants/fetchmail.service "$R"/etc/rc?.d/S??fetchmail
