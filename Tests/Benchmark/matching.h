/* What the programs that measure other matchers share: the rules and lines that `mailtrail-benchmark export` prints, the
 * clock, and the form of a figure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct rule {
  int scope, number;
  char *text;
};

struct line {
  int scope, rule;
  const char *daemon;
  char *text;
  size_t length;
};

static struct rule *rules;
static struct line *lines;
static int rule_count, line_count, scope_count;

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "error: %s: %s\n", what, detail);
  exit(1);
}

static void *grown(void *array, int count, size_t size) {
  /* Powers of two only, so that this is called seldom. */
  if (count & (count - 1)) return array;
  array = realloc(array, (count ? 2 * (size_t)count : 1) * size);
  if (!array) fail("realloc", "no memory");
  return array;
}

/* Reads the standard input: `rule SCOPE NUMBER TEXT` and `line DAEMON SCOPE RULE TEXT` with tabs between them. */
static void read_input(void) {
  char *text = NULL;
  size_t room = 0;
  ssize_t length;
  while ((length = getline(&text, &room, stdin)) > 0) {
    char *rest = text;
    if (text[length - 1] == '\n') text[length - 1] = 0;
    if (!strcmp(strsep(&rest, "\t"), "rule")) {
      struct rule rule;
      rule.scope = atoi(strsep(&rest, "\t"));
      rule.number = atoi(strsep(&rest, "\t"));
      rule.text = strdup(rest);
      if (rule.scope >= scope_count) scope_count = rule.scope + 1;
      rules = grown(rules, rule_count, sizeof *rules);
      rules[rule_count++] = rule;
    } else {
      struct line line;
      line.daemon = strdup(strsep(&rest, "\t"));
      line.scope = atoi(strsep(&rest, "\t"));
      line.rule = atoi(strsep(&rest, "\t"));
      line.text = strdup(rest);
      line.length = strlen(rest);
      lines = grown(lines, line_count, sizeof *lines);
      lines[line_count++] = line;
    }
  }
  free(text);
}

/* Matches a line; the number of the rule, -1 for none. */
typedef int matcher(const struct line *line);

/* Processor time, as mailtrail-benchmark takes it. */
static double nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static int ascending(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return (difference > 0) - (difference < 0);
}

/* Measures the lines of each daemon: the median of five runs, and the share of lines whose rule is the expected one. */
static void measure(const char *matcher_name, const char *rules_name, matcher *match) {
  for (int first = 0, last; first < line_count; first = last) {
    const char *daemon = lines[first].daemon;
    int agreed = 0;
    double times[5], start = nanoseconds();
    for (last = first; last < line_count && !strcmp(lines[last].daemon, daemon); last++)
      agreed += match(&lines[last]) == lines[last].rule;
    int count = last - first;
    /* A tenth of a second a run. */
    int rounds = 1 + (int)(1e8 / (nanoseconds() - start + 1));
    for (int run = 0; run < 5; run++) {
      start = nanoseconds();
      for (int round = 0; round < rounds; round++)
        for (int index = first; index < last; index++) match(&lines[index]);
      times[run] = (nanoseconds() - start) / rounds / count;
    }
    qsort(times, 5, sizeof *times, ascending);
    printf("{\"name\":\"%s/%s/%s rules\",\"value\":%.1f,\"unit\":\"ns/line\"}\n", matcher_name, daemon, rules_name,
           times[2]);
    printf("{\"name\":\"%s/%s/%s rules/same rule as ours\",\"value\":%.1f,\"unit\":\"%%\"}\n", matcher_name, daemon,
           rules_name, 100.0 * agreed / count);
  }
}
