/* Measures PCRE2 with JIT, fed by `mailtrail-benchmark export pcre2 RULES`: pcre2 (alternation | one-by-one) RULES
 *
 * alternation: the rules of a scope as one expression, cut where it grows past what PCRE2 compiles; (*MARK) tells which
 * of them matched, and the branches share their groups' numbers. one-by-one: each rule's expression in its turn, as
 * log watchers with lists of expressions do. */
#define _GNU_SOURCE
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "matching.h"

struct expression {
  int scope;
  pcre2_code *code;
  pcre2_match_data *captures;
};

static struct expression *expressions;
static int expression_count;
/* By scope where its expressions begin; the entry behind the last scope is their number. */
static int *starts;

static int compile(int scope, const char *text) {
  int code, captured;
  PCRE2_SIZE place;
  struct expression expression = {.scope = scope};
  uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL;
  expression.code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &code, &place, NULL);
  if (!expression.code) {
    PCRE2_UCHAR message[256];
    if (code == PCRE2_ERROR_PATTERN_TOO_LARGE) return 0;
    pcre2_get_error_message(code, message, sizeof message);
    fail((char *)message, text + (place < strlen(text) ? place : 0));
  }
  if (pcre2_jit_compile(expression.code, PCRE2_JIT_COMPLETE)) {
    pcre2_code_free(expression.code);
    return 0;
  }
  captured = pcre2_pattern_info(expression.code, PCRE2_INFO_CAPTURECOUNT, NULL);
  if (captured < 0) fail("pcre2_pattern_info", text);
  expression.captures = pcre2_match_data_create_from_pattern(expression.code, NULL);
  expressions = grown(expressions, expression_count, sizeof *expressions);
  expressions[expression_count++] = expression;
  return 1;
}

/* The rules from first to last, all of one scope, as one expression, or in halves where that is too large. */
static void compile_alternation(int first, int last) {
  size_t size = 8;
  for (int index = first; index < last; index++) size += strlen(rules[index].text) + 32;
  char *text = malloc(size), *end = text;
  if (!text) fail("malloc", "no memory");
  end += sprintf(end, "(?|");
  for (int index = first; index < last; index++)
    end += sprintf(end, "%s%s(*MARK:%d)", index > first ? "|" : "", rules[index].text, rules[index].number);
  sprintf(end, ")");
  int compiled = compile(rules[first].scope, text);
  free(text);
  if (compiled) return;
  if (last - first < 2) fail("an expression is too large", rules[first].text);
  compile_alternation(first, first + (last - first) / 2);
  compile_alternation(first + (last - first) / 2, last);
}

static int match(const struct line *line) {
  for (int index = starts[line->scope]; index < starts[line->scope + 1]; index++) {
    struct expression *expression = &expressions[index];
    if (pcre2_jit_match(expression->code, (PCRE2_SPTR)line->text, line->length, 0, 0, expression->captures, NULL) > 0)
      return atoi((const char *)pcre2_get_mark(expression->captures));
  }
  return -1;
}

int main(int count, char **words) {
  if (count != 3) fail("usage", "pcre2 (alternation | one-by-one) RULES");
  int is_alternation = !strcmp(words[1], "alternation");
  char name[64];
  read_input();
  starts = calloc(scope_count + 1, sizeof *starts);
  if (!starts) fail("calloc", "no memory");
  for (int first = 0, last; first < rule_count; first = last) {
    last = first + 1;
    if (is_alternation)
      while (last < rule_count && rules[last].scope == rules[first].scope) last++;
    compile_alternation(first, last);
  }
  /* Scopes come in order, but not all of them are there. */
  for (int scope = 0, index = 0; scope <= scope_count; scope++) {
    while (index < expression_count && expressions[index].scope < scope) index++;
    starts[scope] = index;
  }
  snprintf(name, sizeof name, "PCRE2 %s", words[1]);
  measure(name, words[2], match);
}
