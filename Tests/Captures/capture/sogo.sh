# shellcheck shell=bash disable=SC2154
# sogo.sh: SOGo with ActiveSync in front of Dovecot and Postfix, and amavis behind Postfix. Read by root.sh. The users'
# password is "secret"; SOGo's database is made by sogo.py.
printf '%s@example.org:{PLAIN}secret:5000:5000::/var/vmail/%s::\n' ann ann bob bob >"$R/etc/dovecot/users"
: >"$R/etc/dovecot/denied"
: >"$R/etc/dovecot/masters"
chroot "$R" sh -c 'getent passwd vmail >/dev/null ||
  { groupadd --gid 5000 vmail; useradd --uid 5000 --gid 5000 --home-dir /var/vmail vmail; }'
mkdir -p "$R/var/vmail"
chroot "$R" chown vmail:vmail /var/vmail
install -m 644 "$HERE/etc/dovecot.conf" "$R/etc/dovecot/dovecot.conf"
sed -i '/sieve_before/d; s/ pop3 / /' "$R/etc/dovecot/dovecot.conf"

install -m 644 "$HERE/etc/master.cf" "$R/etc/postfix/master.cf"
cat >>"$R/etc/postfix/master.cf" <<'CONF'
smtp-amavis unix -      -       n       -       2       smtp
  -o smtp_send_xforward_command=yes
127.0.0.1:10025 inet n  -       n       -       -       smtpd
  -o content_filter=
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
  -o receive_override_options=no_header_body_checks,no_unknown_recipient_checks
CONF
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
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
virtual_mailbox_domains = example.org
virtual_mailbox_maps = inline:{ann@example.org=x, bob@example.org=x}
virtual_transport = lmtp:unix:private/dovecot-lmtp
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
content_filter = smtp-amavis:[127.0.0.1]:10024
CONF

cat >"$R/etc/amavis/conf.d/50-user" <<'CONF'
use strict;
$myhostname = 'mx.example.org';
@local_domains_maps = (['.example.org']);
@bypass_spam_checks_maps = ();
@bypass_virus_checks_maps = ();
@av_scanners = (['pattern', '/usr/local/bin/scan', '{}', [0], [1], qr/FOUND (\S+)/]);
@av_scanners_backup = ();
$virus_admin = undef;
$final_virus_destiny = D_DISCARD;
$final_spam_destiny = D_DISCARD;
$sa_local_tests_only = 1;
$max_servers = 1;
$enable_dkim_verification = 0;
1;
CONF
cat >"$R/usr/local/bin/scan" <<'SCAN'
#!/bin/sh
# A virus scanner that knows one virus: exit status 1 and its name.
grep -rq 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE' "$1" && echo "FOUND Eicar-Test-Signature" && exit 1
exit 0
SCAN
chmod 755 "$R/usr/local/bin/scan"
printf 'use_bayes 0\nskip_rbl_checks 1\ndns_available no\n' >"$R/etc/spamassassin/local.cf"

cat >"$R/etc/sogo/sogo.conf" <<'CONF'
{
  SOGoProfileURL = "postgresql://sogo:sogo@127.0.0.1:5432/sogo/sogo_user_profile";
  OCSFolderInfoURL = "postgresql://sogo:sogo@127.0.0.1:5432/sogo/sogo_folder_info";
  OCSSessionsFolderURL = "postgresql://sogo:sogo@127.0.0.1:5432/sogo/sogo_sessions_folder";
  OCSEMailAlarmsFolderURL = "postgresql://sogo:sogo@127.0.0.1:5432/sogo/sogo_alarms_folder";
  SOGoUserSources = ({
    type = sql;
    id = users;
    viewURL = "postgresql://sogo:sogo@127.0.0.1:5432/sogo/sogo_users";
    userPasswordAlgorithm = plain;
    canAuthenticate = YES;
  });
  SOGoTimeZone = UTC;
  SOGoMailingMechanism = smtp;
  SOGoSMTPServer = "smtp://127.0.0.1:587";
  SOGoSMTPAuthenticationType = PLAIN;
  SOGoSentFolderName = Sent;
  SOGoTrashFolderName = Trash;
  SOGoDraftsFolderName = Drafts;
  SOGoIMAPServer = "imap://127.0.0.1:143";
  NGImap4ConnectionStringSeparator = "/";
  SOGoMemcachedHost = 127.0.0.1;
}
CONF
mkdir -p "$R/etc/systemd/system/sogo.service.d"
cat >"$R/etc/systemd/system/sogo.service.d/journal.conf" <<'UNIT'
[Service]
Type=simple
ExecStart=
ExecStart=/usr/sbin/sogod -WOWorkersCount 1 -WONoDetach YES -WOPidFile /run/sogo/sogo.pid -WOLogFile -
UNIT
rm -f "$R/etc/nginx/sites-enabled/default"
cat >"$R/etc/nginx/conf.d/lab.conf" <<'NGINX'
server {
  listen 192.0.2.25:80;
  access_log off;
  proxy_buffer_size 64k;
  proxy_buffers 8 64k;
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header x-webobjects-server-protocol HTTP/1.0;
  proxy_set_header x-webobjects-remote-host $remote_addr;
  proxy_set_header x-webobjects-server-name $host;
  proxy_set_header x-webobjects-server-url http://$host;
  proxy_set_header x-webobjects-server-port 80;
  location /SOGo {
    proxy_pass http://127.0.0.1:20000;
  }
  location /Microsoft-Server-ActiveSync {
    proxy_pass http://127.0.0.1:20000/SOGo/Microsoft-Server-ActiveSync;
  }
}
NGINX
ln -sf /dev/null "$R/etc/systemd/system/amavis-mc.service"
