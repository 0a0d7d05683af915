/* Measures liblognorm, fed by `mailtrail-benchmark export lognorm RULES`: lognorm RULES
 *
 * One rule base a scope, as the daemon is known before its lines are read. The tag of a rule is its number. */
#define _GNU_SOURCE
#include <json.h>
#include <liblognorm.h>

#include "matching.h"

static ln_ctx *contexts;
static int refused;

static void count_refused(void *cookie, const char *message, size_t length) {
  (void)cookie;
  (void)message;
  (void)length;
  refused++;
}

static ln_ctx loaded(int scope) {
  ln_ctx context = ln_initCtx();
  size_t size = 1, used = 0;
  if (!context) fail("ln_initCtx", "no memory");
  ln_setErrMsgCB(context, count_refused, NULL);
  for (int index = 0; index < rule_count; index++) size += strlen(rules[index].text) + 8;
  char *text = malloc(size);
  if (!text) fail("malloc", "no memory");
  text[0] = 0;
  for (int index = 0; index < rule_count; index++)
    if (rules[index].scope == scope) used += sprintf(text + used, "rule=%s\n", rules[index].text);
  if (used) ln_loadSamplesFromString(context, text);
  free(text);
  return context;
}

static int match(const struct line *line) {
  struct json_object *found = NULL, *tags, *unparsed;
  int number = -1;
  if (ln_normalize(contexts[line->scope], line->text, line->length, &found)) return -1;
  if (!json_object_object_get_ex(found, "unparsed-data", &unparsed) &&
      json_object_object_get_ex(found, "event.tags", &tags))
    number = atoi(json_object_get_string(json_object_array_get_idx(tags, 0)));
  json_object_put(found);
  return number;
}

int main(int count, char **words) {
  if (count != 2) fail("usage", "lognorm RULES");
  read_input();
  contexts = calloc(scope_count, sizeof *contexts);
  if (!contexts) fail("calloc", "no memory");
  for (int scope = 0; scope < scope_count; scope++) contexts[scope] = loaded(scope);
  if (refused) fprintf(stderr, "liblognorm refused %d of %d rules\n", refused, rule_count);
  measure("liblognorm", words[1], match);
}
