# shellcheck shell=bash disable=SC2154
# Trees of few and of very many mailboxes: the part fanout of Tests/Benchmark/run.

benchmark_fanout() {
  say "fan-out of $entries entries, median of $runs runs"
  local count run journal
  for count in 100 10000 100000; do
    journal=$work/fanout-$count
    make_journal "fanout-$count" "$entries" "$count" 0
    rm "$journal.export"
    for ((run = 0; run < runs; run++)); do
      time_command "$journal.times" "$binary" replay -D "$journal" --set audit.level=1 --output-dir "$journal.tree-$run" -q
    done
    figure "fan-out/$count mailboxes" "$(column 1 "$journal.times" | median)" s
    figure "fan-out/$count mailboxes/processor" "$(column 2 "$journal.times" | median)" s
    figure "fan-out/$count mailboxes/anonymous memory" \
      "$(mebibytes "$(column 3 "$journal.times" | sort -n | tail -n 1)")" MiB
    # Everything is recorded, but half of the mailboxes do little, and some nothing.
    figure "fan-out/$count mailboxes/trails" \
      "$(find "$journal.tree-0" -mindepth 2 -maxdepth 2 -type d | wc -l)" trails
  done
}
