# shellcheck shell=bash disable=SC2154
# cyrus.sh: Cyrus IMAP behind Postfix. Read by root.sh. The users' password is "secret"; their mailboxes are made by
# cyrus.py.
cat >"$R/etc/imapd.conf" <<'CONF'
configdirectory: /var/lib/cyrus
proc_path: /run/cyrus/proc
mboxname_lockpath: /run/cyrus/lock
defaultpartition: default
partition-default: /var/spool/cyrus/mail
altnamespace: yes
unixhierarchysep: yes
virtdomains: userid
defaultdomain: example.org
servername: mx.example.org
admins: cyrus
allowplaintext: yes
failedloginpause: 0
sieveusehomedir: false
sievedir: /var/spool/sieve
sendmail: /usr/sbin/sendmail
hashimapspool: true
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_mech_list: PLAIN LOGIN
lmtpsocket: /run/cyrus/socket/lmtp
idlesocket: /run/cyrus/socket/idle
notifysocket: /run/cyrus/socket/notify
syslog_prefix: cyrus
auditlog: yes
CONF
cat >"$R/etc/cyrus.conf" <<'CONF'
START {
	recover		cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
}
SERVICES {
	imap		cmd="imapd -U 30" listen="imap" prefork=0 maxchild=100
	pop3		cmd="pop3d -U 30" listen="pop3" prefork=0 maxchild=50
	lmtpunix	cmd="lmtpd" listen="/run/cyrus/socket/lmtp" prefork=0 maxchild=20
	sieve		cmd="timsieved" listen="sieve" prefork=0 maxchild=100
}
EVENTS {
	checkpoint	cmd="/usr/sbin/cyrus ctl_cyrusdb -c" period=30
}
CONF
printf 'd /run/cyrus 0755 cyrus mail - -\nd /run/cyrus/socket 0755 cyrus mail - -\n' \
  >"$R/etc/tmpfiles.d/cyrus-imapd.conf"
rm -f "$R/etc/sasldb2"
for realm in example.org mx.example.org mx; do
  for name in cyrus ann bob dan pat; do
    printf secret | chroot "$R" saslpasswd2 -p -c -u $realm $name
  done
done
chroot "$R" chown cyrus:sasl /etc/sasldb2
cat >"$R/etc/systemd/system/mail-retention.service" <<'UNIT'
[Service]
Type=oneshot
User=cyrus
ExecStart=/usr/sbin/cyrus ipurge -f -d 0 user/pat/Trash
ExecStart=/usr/sbin/cyrus ipurge -f -d 0 user/pat/Junk
ExecStart=/usr/sbin/cyrus ipurge -f -d 0 user/pat/Sent
ExecStart=/usr/sbin/cyrus ipurge -f -d 0 user/pat
ExecStart=/usr/sbin/cyrus ipurge -f -d 0 user/pat/Lists
UNIT
cat >"$R/etc/systemd/system/mail-expire.service" <<'UNIT'
[Service]
Type=oneshot
User=cyrus
ExecStart=/usr/sbin/cyrus expire -E 1
UNIT
chroot "$R" postconf -e 'myhostname=mx.example.org' 'myorigin=mx.example.org' \
  'mydestination=mx.example.org, localhost' \
  'mynetworks=127.0.0.0/8' 'inet_interfaces=127.0.0.1, 192.0.2.25' 'inet_protocols=ipv4' \
  'alias_maps=inline:{postmaster=root}' 'alias_database=' \
  'virtual_mailbox_domains=example.org' 'virtual_transport=lmtp:unix:/run/cyrus/socket/lmtp' \
  'virtual_mailbox_maps=inline:{ann@example.org=x, bob@example.org=x, dan@example.org=x, pat@example.org=x}' \
  'smtpd_relay_restrictions=permit_mynetworks, reject_unauth_destination' 'smtpd_tls_security_level=none' 2>/dev/null
chroot "$R" postconf -M 'lmtp/unix=lmtp unix - - n - - lmtp' 2>/dev/null
