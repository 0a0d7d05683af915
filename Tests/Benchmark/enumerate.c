/* Reads a directory of journal files and enumerates every field of every entry, which is all that a reader of journals
 * cannot do without: enumerate DIRECTORY. Prints how many entries and bytes there were. */
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

int main(int count, char **words) {
  sd_journal *journal;
  const void *data;
  size_t length;
  unsigned long entries = 0, bytes = 0;
  int result;
  if (count != 2) {
    fprintf(stderr, "usage: enumerate DIRECTORY\n");
    return 64;
  }
  result = sd_journal_open_directory(&journal, words[1], 0);
  if (result < 0) {
    fprintf(stderr, "error: %s: %s\n", words[1], strerror(-result));
    return 1;
  }
  sd_journal_set_data_threshold(journal, 0);
  while ((result = sd_journal_next(journal)) > 0) {
    entries++;
    sd_journal_restart_data(journal);
    while ((result = sd_journal_enumerate_available_data(journal, &data, &length)) > 0) bytes += length;
    if (result < 0) break;
  }
  sd_journal_close(journal);
  if (result < 0) {
    fprintf(stderr, "error: %s: %s\n", words[1], strerror(-result));
    return 1;
  }
  printf("%lu %lu\n", entries, bytes);
  return 0;
}
