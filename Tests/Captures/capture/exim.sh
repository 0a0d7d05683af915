# shellcheck shell=bash disable=SC2154
# exim.sh: Exim with Courier's IMAP and POP3 servers. Read by root.sh. The users' password is "secret".
chroot "$R" sh -c 'getent passwd vmail >/dev/null ||
  { groupadd --gid 5000 vmail; useradd --uid 5000 --gid 5000 --home-dir /var/vmail vmail; }'
rm -rf "$R/var/vmail" "$R/etc/courier/userdb"
for name in ann bob dan; do
  for folder in "" .Trash/ .Junk/; do mkdir -p "$R/var/vmail/$name/$folder"{cur,new,tmp}; done
  home=/var/vmail/$name
  printf '%s\tuid=5000|gid=5000|home=%s|mail=%s|systempw=%s\n' "$name@example.org" "$home" "$home" \
    "$(openssl passwd -6 secret)" >>"$R/etc/courier/userdb"
done
chmod 600 "$R/etc/courier/userdb"
chroot "$R" makeuserdb
sed -i 's/^authmodulelist=.*/authmodulelist="authuserdb"/' "$R/etc/courier/authdaemonrc"
sed -i 's/^#\? *IMAP_LOG_DELETIONS=.*/IMAP_LOG_DELETIONS=1/' "$R/etc/courier/imapd"
sed -i 's/^#\? *POP3_LOG_DELETIONS=.*/POP3_LOG_DELETIONS=1/' "$R/etc/courier/pop3d"
rm -f "$R"/etc/systemd/system/multi-user.target.wants/courier-{imap,pop}-ssl.service
ln -sf /dev/null "$R/etc/systemd/system/exim4-base.timer"
mkdir -p "$R/etc/exim4/filters"
printf '%s: %s\n' ann ann bob bob dan dan >"$R/etc/exim4/users"        # a looked-up name is not tainted
echo 'bob: bob' >"$R/etc/exim4/filters/users"
cat >"$R/etc/exim4/filters/bob" <<'FILTER'
# Exim filter
if $h_subject: contains "lottery" then seen finish endif
FILTER
cat >"$R/etc/exim4/system-filter" <<'FILTER'
# Exim filter
if $h_x-worm: is "yes" then seen finish endif
FILTER
cat >"$R/etc/exim4/exim4.conf" <<'CONF'
primary_hostname = mx.example.org
domainlist local_domains = example.org
log_file_path = syslog
log_selector = +subject +received_recipients +smtp_no_mail
local_interfaces = <; 127.0.0.1 ; 192.0.2.25
daemon_smtp_ports = 25 : 587
never_users = root
host_lookup = *
smtp_enforce_sync = false
system_filter = /etc/exim4/system-filter
system_filter_user = Debian-exim
acl_smtp_rcpt = rcpt
acl_smtp_data = data

begin acl
rcpt:
  accept hosts = :
  deny   authenticated = *
         ratelimit = 3 / 1h / strict / per_rcpt / $authenticated_id
         message = Too many messages
         log_message = Sender rate $sender_rate / $sender_rate_period
  accept authenticated = *
         control = submission/sender_retain
  deny   dnslists = bl.example.net
         message = $sender_host_address is listed at $dnslist_domain
  deny   senders = banned@example.net
         message = Sender is blacklisted here
  accept domains = +local_domains
         endpass
         message = unknown user
         verify = recipient
  deny   message = relay not permitted
data:
  discard condition = ${if match{$h_subject:}{unwanted}}
          log_message = unwanted mail
  accept

begin routers
outside:
  driver = dnslookup
  domains = ! +local_domains
  transport = outside
  no_more
aliases:
  driver = redirect
  data = ${if eq{$local_part}{void}{:blackhole:}}
spam_discard:
  driver = redirect
  condition = ${if eq{$h_X-Spam-Level:}{**********}}
  local_parts = lsearch;/etc/exim4/users
  data = :blackhole:
  no_verify
user_filter:
  driver = redirect
  local_parts = lsearch;/etc/exim4/filters/users
  file = /etc/exim4/filters/$local_part_data
  allow_filter
  user = vmail
  no_check_local_user
  no_verify
user_spam:
  driver = accept
  local_parts = lsearch;/etc/exim4/users
  condition = ${if eq{$h_X-Spam-Flag:}{YES}}
  transport = junk
  no_verify
user:
  driver = accept
  local_parts = lsearch;/etc/exim4/users
  transport = inbox

begin transports
outside:
  driver = smtp
  hosts_try_chunking =
  hosts_try_prdr =
inbox:
  driver = appendfile
  directory = /var/vmail/$local_part_data
  maildir_format
  user = vmail
  quota = ${if eq{$local_part}{dan}{20K}{0}}
junk:
  driver = appendfile
  directory = /var/vmail/$local_part_data/.Junk
  maildir_format
  user = vmail

begin retry
* * F,2h,15m

begin authenticators
plain_server:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if eq{$auth3}{secret}}
  server_set_id = $auth2
CONF
chroot "$R" chown -R vmail:vmail /var/vmail
chroot "$R" chown root:Debian-exim /etc/exim4/exim4.conf
