/* The shipped rule tables, embedded in the binary, so that an uninstalled build works. */
#ifndef MAILTRAIL_RULES_H
#define MAILTRAIL_RULES_H
#include <stddef.h>

/* One table: its file's name and text. */
struct mailtrail_rule_file {
  const char *name;
  const unsigned char *text;
  size_t length;
};

/* The table at an index; name is NULL behind the last. */
struct mailtrail_rule_file mailtrail_rule_file_at(size_t index);
#endif
