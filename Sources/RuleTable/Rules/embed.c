/* A new table needs its #embed and its row here. */
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "include/mailtrail_rules.h"

static const unsigned char courier[] = {
#embed "courier.rules"
};
static const unsigned char cpanel[] = {
#embed "cpanel.rules"
};
static const unsigned char dovecot[] = {
#embed "dovecot.rules"
};
static const unsigned char fetchmail[] = {
#embed "fetchmail.rules"
};
static const unsigned char getmail[] = {
#embed "getmail.rules"
};
static const unsigned char mailutils[] = {
#embed "mailutils.rules"
};
static const unsigned char opensmtpd[] = {
#embed "opensmtpd.rules"
};
static const unsigned char postfix[] = {
#embed "postfix.rules"
};
static const unsigned char roundcube[] = {
#embed "roundcube.rules"
};
static const unsigned char rspamd[] = {
#embed "rspamd.rules"
};
static const unsigned char sendmail[] = {
#embed "sendmail.rules"
};
static const unsigned char shadow[] = {
#embed "shadow.rules"
};
static const unsigned char spamd[] = {
#embed "spamd.rules"
};
static const unsigned char uwimap[] = {
#embed "uwimap.rules"
};

#define TABLE(name) {#name ".rules", name, sizeof(name)}

static const struct mailtrail_rule_file files[] = {
    TABLE(courier), TABLE(cpanel), TABLE(dovecot), TABLE(fetchmail), TABLE(getmail),
    TABLE(mailutils), TABLE(opensmtpd), TABLE(postfix), TABLE(roundcube), TABLE(rspamd),
    TABLE(sendmail), TABLE(shadow), TABLE(spamd), TABLE(uwimap),
};

struct mailtrail_rule_file mailtrail_rule_file_at(size_t index) {
  const struct mailtrail_rule_file none = {NULL, NULL, 0};
  return index < sizeof(files) / sizeof(files[0]) ? files[index] : none;
}
