/* A new table needs its #embed and its row here. */
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "include/mailtrail_rules.h"

static const unsigned char amavis[] = {
#embed "amavis.rules"
};
static const unsigned char clamav[] = {
#embed "clamav.rules"
};
static const unsigned char courier[] = {
#embed "courier.rules"
};
static const unsigned char cpanel[] = {
#embed "cpanel.rules"
};
static const unsigned char cyrus[] = {
#embed "cyrus.rules"
};
static const unsigned char dkim[] = {
#embed "dkim.rules"
};
static const unsigned char dovecot[] = {
#embed "dovecot.rules"
};
static const unsigned char exim[] = {
#embed "exim.rules"
};
static const unsigned char fetchmail[] = {
#embed "fetchmail.rules"
};
static const unsigned char getmail[] = {
#embed "getmail.rules"
};
static const unsigned char greylist[] = {
#embed "greylist.rules"
};
static const unsigned char horde[] = {
#embed "horde.rules"
};
static const unsigned char james[] = {
#embed "james.rules"
};
static const unsigned char maddy[] = {
#embed "maddy.rules"
};
static const unsigned char mailman[] = {
#embed "mailman.rules"
};
static const unsigned char mailscanner[] = {
#embed "mailscanner.rules"
};
static const unsigned char mailutils[] = {
#embed "mailutils.rules"
};
static const unsigned char mox[] = {
#embed "mox.rules"
};
static const unsigned char nextcloud[] = {
#embed "nextcloud.rules"
};
static const unsigned char opensmtpd[] = {
#embed "opensmtpd.rules"
};
static const unsigned char others[] = {
#embed "others.rules"
};
static const unsigned char pmg[] = {
#embed "pmg.rules"
};
static const unsigned char postfix[] = {
#embed "postfix.rules"
};
static const unsigned char record[] = {
#embed "record.rules"
};
static const unsigned char roundcube[] = {
#embed "roundcube.rules"
};
static const unsigned char rspamd[] = {
#embed "rspamd.rules"
};
static const unsigned char saslauthd[] = {
#embed "saslauthd.rules"
};
static const unsigned char sendmail[] = {
#embed "sendmail.rules"
};
static const unsigned char shadow[] = {
#embed "shadow.rules"
};
static const unsigned char snappymail[] = {
#embed "snappymail.rules"
};
static const unsigned char sogo[] = {
#embed "sogo.rules"
};
static const unsigned char spamd[] = {
#embed "spamd.rules"
};
static const unsigned char squirrelmail[] = {
#embed "squirrelmail.rules"
};
static const unsigned char stalwart[] = {
#embed "stalwart.rules"
};
static const unsigned char uwimap[] = {
#embed "uwimap.rules"
};
static const unsigned char zimbra[] = {
#embed "zimbra.rules"
};
static const unsigned char zpush[] = {
#embed "zpush.rules"
};

#define TABLE(name) {#name ".rules", name, sizeof(name)}

static const struct mailtrail_rule_file files[] = {
    TABLE(amavis), TABLE(clamav), TABLE(courier), TABLE(cpanel), TABLE(cyrus), TABLE(dkim),
    TABLE(dovecot), TABLE(exim), TABLE(fetchmail), TABLE(getmail), TABLE(greylist), TABLE(horde),
    TABLE(james), TABLE(maddy), TABLE(mailman), TABLE(mailscanner), TABLE(mailutils), TABLE(mox), TABLE(nextcloud),
    TABLE(opensmtpd), TABLE(others), TABLE(pmg), TABLE(postfix), TABLE(record), TABLE(roundcube),
    TABLE(rspamd),
    TABLE(saslauthd), TABLE(sendmail), TABLE(shadow), TABLE(snappymail), TABLE(sogo), TABLE(spamd),
    TABLE(squirrelmail), TABLE(stalwart), TABLE(uwimap), TABLE(zimbra), TABLE(zpush),
};

struct mailtrail_rule_file mailtrail_rule_file_at(size_t index) {
  const struct mailtrail_rule_file none = {NULL, NULL, 0};
  return index < sizeof(files) / sizeof(files[0]) ? files[index] : none;
}
